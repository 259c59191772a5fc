//! A caller proves who he is: find, verify, record, answer.

use crate::{
    Identity, Password, Random, Token,
    access::Decision,
    event::UserEvent,
    limit::Limit,
    second_factor::Taken,
    user::{LOCKED_AFTER_FAILURES, LOCKED_FOR_MS, User},
    users::{Author, Known},
};
use async_trait::async_trait;
use contract::{Authentication, Authenticator, Caller, Credentials, Error};
use hmac::{Hmac, KeyInit, Mac};
use quick_cache::sync::Cache;
use sha2::Sha256;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// The one answer to whoever could not prove who he is.
const REFUSED: &str = "name, password or token do not fit, or log-in is not possible now";
/// A password that was verified this long ago is not computed again.
const PROVEN_FOR_MS: i64 = 5 * 60 * 1000;
const MOST_PROVEN: usize = 10_000;
/// The answer to a failure takes a multiple of this time, so that it does not tell what was written.
const FAILURES_TAKE: Duration = Duration::from_millis(100);

/// Names and passwords that were verified a moment ago, so that a program that sends its password
/// with every call does not cost an argon2id hash each time. Kept in memory only, as HMAC-SHA256
/// under a key that exists as long as the process.
pub(crate) struct Proven {
    key: [u8; 32],
    cache: Cache<[u8; 32], Proof>,
}

/// Which password of the user was verified, and when.
#[derive(Clone)]
struct Proof {
    user_with_password: Arc<Known>,
    at_ms: i64,
}

/// What is asked of whoever has a second factor.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Second<'a> {
    /// The session has proven it already.
    NotAsked,
    /// A code, which may be missing.
    Code(Option<&'a str>),
}

/// A user who has proven who he is.
pub(crate) struct Proved {
    pub known: Arc<Known>,
    /// With what.
    pub method: &'static str,
}

/// How an attempt ends, as the newest entries leave the user.
enum Outcome {
    Proved(&'static str),
    Wrong,
    /// The password fits, the code is missing.
    CodeNeeded,
    /// Locked out, disabled or changed in the meantime.
    NotAdmitted,
}

#[async_trait]
impl Authenticator for Identity {
    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, Error> {
        match credentials {
            Credentials::Password { user, password } => {
                let password = Password::new(password);
                let proved = self.prove(&user, password, Second::Code(None)).await?;
                Ok(self.caller(&user, &proved.known.user, Authentication::Password))
            }
            Credentials::Token(token) => {
                let Some(token) = Token::parse(&token) else {
                    self.note(Decision::TokenRefused).await;
                    return Err(refused());
                };
                match self.of_token(&token).await {
                    Ok(bearer) => Ok(bearer.caller(self)),
                    Err(error) => {
                        if error == refused() {
                            self.note(Decision::TokenRefused).await;
                        }
                        Err(error)
                    }
                }
            }
        }
    }
}

impl Identity {
    /// Verifies name, password and, where it is asked, a code, and records how it went. A user who is
    /// disabled, locked out or not there is refused like one with a wrong password, after the same
    /// work and in the same time. Refuses with `CODE_NEEDED` only whoever has the password.
    pub(crate) async fn prove(
        &self,
        name: &str,
        password: Password,
        second: Second<'_>,
    ) -> Result<Proved, Error> {
        let started = Instant::now();
        let proved = self.prove_now(name, password, second).await;
        if proved.as_ref().is_err_and(|error| *error == refused()) {
            let periods = started.elapsed().as_millis() / FAILURES_TAKE.as_millis() + 1;
            let whole = FAILURES_TAKE * u32::try_from(periods).unwrap_or(u32::MAX);
            tokio::time::sleep_until((started + whole).into()).await;
        }
        proved
    }

    async fn prove_now(
        &self,
        name: &str,
        password: Password,
        second: Second<'_>,
    ) -> Result<Proved, Error> {
        let now_ms = self.now_ms();
        let known = self.users.find(name).await?;
        let username = known.as_ref().map(|_| name.to_owned());
        let slot = self.proven.hmac(name, &Password::new(""));
        if let Err(slowed) = self.throttle.check(&slot, now_ms) {
            self.note(Decision::LogInRefused { username }).await;
            return Err(slowed);
        }
        let proof = self.proven.hmac(name, &password);
        if let Some(known) = &known
            && !known.user.disabled
            && second.is_met_without(&known.user)
            && self.proven.holds(&proof, known, now_ms)
        {
            return Ok(Proved { known: Arc::clone(known), method: "password" });
        }
        let admitted = known.filter(|known| known.user.may_log_in(now_ms));
        let verifier = admitted.as_ref().and_then(|known| known.user.verifier.as_ref());
        let fits = self.hasher.fits(password, verifier).await?;
        let Some(admitted) = admitted else {
            self.throttle.failed(slot, now_ms);
            self.note(Decision::LogInRefused { username }).await;
            return Err(refused());
        };
        let author = Author::oneself(name, now_ms);
        let attempt = Attempt { name, admitted: &admitted.user, fits, second, now_ms };
        match self.users.decide(name, &author, |user| self.decide_attempt(user, attempt)).await? {
            Outcome::Proved(method) => {
                self.throttle.succeeded(&slot);
                self.proven.keep(proof, &admitted, now_ms);
                Ok(Proved { known: admitted, method })
            }
            Outcome::CodeNeeded => Err(code_needed()),
            Outcome::Wrong | Outcome::NotAdmitted => {
                self.throttle.failed(slot, now_ms);
                Err(refused())
            }
        }
    }

    fn decide_attempt(
        &self,
        user: Option<&User>,
        attempt: Attempt<'_>,
    ) -> Result<(Vec<UserEvent>, Outcome), Error> {
        let Attempt { name, admitted, fits, second, now_ms } = attempt;
        let is_as_verified = |user: &&User| user.verifier == admitted.verifier;
        let user = user.filter(|user| user.may_log_in(now_ms)).filter(is_as_verified);
        let Some(user) = user else { return Ok((Vec::new(), Outcome::NotAdmitted)) };
        if !fits {
            return Ok((failure(user, now_ms), Outcome::Wrong));
        }
        let Second::Code(code) = second else {
            return Ok((vec![UserEvent::LogInSucceeded], Outcome::Proved("password")));
        };
        if !user.has_totp() {
            return Ok((vec![UserEvent::LogInSucceeded], Outcome::Proved("password")));
        }
        let Some(code) = code else { return Ok((Vec::new(), Outcome::CodeNeeded)) };
        match self.take_code(name, user, code, now_ms)? {
            None => Ok((failure(user, now_ms), Outcome::Wrong)),
            Some(taken) => {
                let method = Taken::method(&taken);
                Ok((vec![taken.event(), UserEvent::LogInSucceeded], Outcome::Proved(method)))
            }
        }
    }

    pub(crate) fn caller(&self, name: &str, user: &User, authentication: Authentication) -> Caller {
        self.limited_caller(name, user, authentication, &Limit::default())
    }

    pub(crate) fn limited_caller(
        &self,
        name: &str,
        user: &User,
        authentication: Authentication,
        limit: &Limit,
    ) -> Caller {
        let grants = limit.of_grants(user.grants_in_force(self.now_ms()));
        let mut caller = Caller::new(name, authentication, grants);
        caller.acts = limit.limited_acts();
        caller
    }
}

/// An attempt of which the password was compared.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    name: &'a str,
    admitted: &'a User,
    fits: bool,
    second: Second<'a>,
    now_ms: i64,
}

/// What is written about a failure: also that it locks out, if it does.
fn failure(user: &User, now_ms: i64) -> Vec<UserEvent> {
    let mut events = vec![UserEvent::LogInFailed];
    if user.failures + 1 >= LOCKED_AFTER_FAILURES {
        events.push(UserEvent::LockedOut { until_ms: now_ms.saturating_add(LOCKED_FOR_MS) });
    }
    events
}

pub(crate) fn refused() -> Error {
    Error::unauthenticated(REFUSED)
}

fn code_needed() -> Error {
    let message = "the code of the second factor is needed";
    Error::new(contract::Code::Unauthenticated, "CODE_NEEDED", message)
}

impl Second<'_> {
    /// Whether a user needs no code.
    fn is_met_without(self, user: &User) -> bool {
        match self {
            Self::NotAsked => true,
            Self::Code(None) => !user.has_totp(),
            Self::Code(Some(_)) => false,
        }
    }
}

impl User {
    fn may_log_in(&self, now_ms: i64) -> bool {
        !self.disabled && !self.is_locked_out(now_ms)
    }
}

impl Author {
    /// A user in his own log, before any role is known.
    pub(crate) fn oneself(name: &str, at_ms: i64) -> Self {
        Self { actor: name.to_owned(), origin: "api".to_owned(), at_ms, ..Self::default() }
    }
}

impl Proven {
    pub(crate) fn new(random: &Random) -> Self {
        let mut key = [0; 32];
        random(&mut key);
        Self { key, cache: Cache::new(MOST_PROVEN) }
    }

    fn hmac(&self, name: &str, password: &Password) -> [u8; 32] {
        let mut hmac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        hmac.update(name.as_bytes());
        hmac.update(&[0]);
        hmac.update(password.as_bytes());
        hmac.finalize().into_bytes().into()
    }

    fn holds(&self, proof: &[u8; 32], known: &Known, now_ms: i64) -> bool {
        self.cache.get(proof).is_some_and(|kept| {
            let is_recent = (0..PROVEN_FOR_MS).contains(&(now_ms - kept.at_ms));
            is_recent && kept.user_with_password.user.verifier == known.user.verifier
        })
    }

    fn keep(&self, proof: [u8; 32], known: &Arc<Known>, at_ms: i64) {
        let user_with_password = Arc::clone(known);
        self.cache.insert(proof, Proof { user_with_password, at_ms });
    }
}
