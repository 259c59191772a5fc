//! A caller proves who he is: find, verify, record, answer.

use crate::{
    Identity, Password, Random, Token,
    event::UserEvent,
    user::User,
    users::{Author, Known},
};
use async_trait::async_trait;
use contract::{Authentication, Authenticator, Caller, Credentials, Error};
use hmac::{Hmac, KeyInit, Mac};
use quick_cache::sync::Cache;
use sha2::Sha256;
use std::sync::Arc;

/// The one answer to whoever could not prove who he is.
const REFUSED: &str = "name, password or token do not fit, or log-in is not possible now";
/// A password that was verified this long ago is not computed again.
const PROVEN_FOR_MS: i64 = 5 * 60 * 1000;
const MOST_PROVEN: usize = 10_000;

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

#[async_trait]
impl Authenticator for Identity {
    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, Error> {
        match credentials {
            Credentials::Password { user, password } => {
                let password = Password::new(password);
                let known = self.prove(&user, password).await?;
                Ok(self.caller(&user, &known.user, Authentication::Password))
            }
            Credentials::Token(token) => {
                let token = Token::parse(&token).ok_or_else(refused)?;
                let (name, known) = self.of_token(&token).await?;
                Ok(self.caller(&name, &known.user, Authentication::Token))
            }
        }
    }
}

impl Identity {
    /// Verifies name and password, and records how it went. A user who is disabled, locked out or
    /// not there is refused like one with a wrong password, after the same work.
    pub(crate) async fn prove(&self, name: &str, password: Password) -> Result<Arc<Known>, Error> {
        let now_ms = self.now_ms();
        let known = self.users.find(name).await?;
        let proof = self.proven.hmac(name, &password);
        if let Some(known) = &known
            && !known.user.disabled
            && self.proven.holds(&proof, known, now_ms)
        {
            return Ok(Arc::clone(known));
        }
        let admitted = known.filter(|known| known.user.may_log_in(now_ms));
        let verifier = admitted.as_ref().and_then(|known| known.user.verifier.as_ref());
        let fits = self.hasher.fits(password, verifier).await?;
        let Some(admitted) = admitted else { return Err(refused()) };
        let outcome = if fits { UserEvent::LogInSucceeded } else { UserEvent::LogInFailed };
        let author = Author::oneself(name, now_ms);
        self.users.change(name, &author, |_| Ok(vec![outcome.clone()])).await?;
        if !fits {
            return Err(refused());
        }
        self.proven.keep(proof, &admitted, now_ms);
        Ok(admitted)
    }

    fn caller(&self, name: &str, user: &User, authentication: Authentication) -> Caller {
        Caller::new(name, authentication, user.grants_in_force(self.now_ms()))
    }
}

pub(crate) fn refused() -> Error {
    Error::unauthenticated(REFUSED)
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
