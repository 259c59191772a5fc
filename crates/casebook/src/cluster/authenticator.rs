//! Asks the identity service, in another process, who somebody is, and tells it who was refused.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use contract::{
    AccessJournal, Act, Authentication, Authenticator, Caller, Code, Context, Credentials, Error,
    Grant, Role,
    identity::v1::{
        AccessDecision, AuthenticateTokenRequest, AuthenticateTokenResponse, Identity,
        RecordAccessRequest, RoleGrant,
    },
};
use mesh::{
    Chance, Clock,
    cache::{Cache, CacheOptions},
};
use sha2::{Digest as _, Sha256};

use crate::assembly::new_id;

/// The name under which a door asks.
const OURSELVES: &str = "casebook.gateway";
/// How long a token that was revoked may still be believed here.
const BELIEVED_FOR: Duration = Duration::from_secs(2);
const MOST_REMEMBERED: usize = 10_000;
/// A password takes a while, behind others.
const ANSWER_TIME: Duration = Duration::from_secs(10);
const NOTE_TIME: Duration = Duration::from_secs(2);

/// Remembers for two seconds whose a token is, and asks once for many who ask together. Passwords are
/// not remembered: each attempt counts.
pub struct RemoteAuthenticator {
    identity: Arc<dyn Identity>,
    /// By the SHA-256 of the token.
    known: Cache<[u8; 32], Caller, Error>,
}

impl RemoteAuthenticator {
    pub fn new(
        identity: Arc<dyn Identity>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Self {
        let options = CacheOptions::new(MOST_REMEMBERED, BELIEVED_FOR);
        Self { identity, known: Cache::new(options, clock, chance) }
    }
}

#[async_trait]
impl Authenticator for RemoteAuthenticator {
    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, Error> {
        let identity = Arc::clone(&self.identity);
        match credentials {
            Credentials::Password { user, password } => {
                let shown = AuthenticateTokenRequest {
                    username: Some(user),
                    password: Some(password),
                    ..AuthenticateTokenRequest::default()
                };
                read(identity.authenticate_token(&ours(ANSWER_TIME), shown).await?)
            }
            Credentials::Token(token) => {
                let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
                let found = self.known.get_or_load(&key, || ask(identity, token)).await;
                found.map_err(|error| Error::clone(&error))?.ok_or_else(refused)
            }
        }
    }
}

#[async_trait]
impl AccessJournal for RemoteAuthenticator {
    async fn refused(&self, user: &str, error: &Error) {
        let said = |key: &str| error.metadata().get(key).cloned();
        let request = RecordAccessRequest {
            username: user.to_owned(),
            decision: AccessDecision::Refused.into(),
            act: said("act").unwrap_or_default(),
            study_oid: said("study"),
            site_oid: said("site"),
            what: None,
        };
        if let Err(error) = self.identity.record_access(&ours(NOTE_TIME), request).await {
            tracing::error!(reason = error.reason(), "a refusal is not in the journal of access");
        }
    }
}

/// Whose a token is; `None` if the service does not know it.
async fn ask(identity: Arc<dyn Identity>, token: String) -> Result<Option<Caller>, Error> {
    let shown = AuthenticateTokenRequest { token: Some(token), ..Default::default() };
    match identity.authenticate_token(&ours(ANSWER_TIME), shown).await {
        Ok(answer) => read(answer).map(Some),
        Err(error) if error.reason() == "UNAUTHENTICATED" => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the identity service says to whoever could not prove who he is.
fn refused() -> Error {
    Error::unauthenticated("name, password or token do not fit, or log-in is not possible now")
}

fn ours(time: Duration) -> Context {
    let context = Context::new(Caller::system(OURSELVES), "system", new_id());
    context.with_deadline(Instant::now() + time)
}

fn read(answer: AuthenticateTokenResponse) -> Result<Caller, Error> {
    let authentication = match answer.authentication.as_str() {
        "password" => Authentication::Password,
        "token" => Authentication::Token,
        _ => return Err(unreadable()),
    };
    let grants = answer.grants.iter().map(grant).collect::<Result<_, _>>()?;
    let acts = answer.limited_to_acts.iter().map(|act| act.parse::<Act>());
    let acts = acts.collect::<Result<_, _>>()?;
    let mut caller = Caller::new(answer.username, authentication, grants);
    caller.session = answer.session_id;
    caller.key = answer.key_id;
    caller.acts = answer.is_limited.then_some(acts);
    Ok(caller)
}

fn grant(grant: &RoleGrant) -> Result<Grant, Error> {
    let role = grant.role().as_str_name().to_ascii_lowercase().parse::<Role>()?;
    Ok(Grant { role, study: grant.study_oid.clone(), site: grant.site_oid.clone() })
}

fn unreadable() -> Error {
    Error::new(Code::Internal, "ANSWER_NOT_READABLE", "it is not said how a caller was proven")
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::identity::v1 as proto;

    #[test]
    fn every_role_is_read_as_it_was_written() {
        for role in Role::ALL {
            let name = role.name().to_ascii_uppercase();
            let number = proto::Role::from_str_name(&name).expect("the contract has every role");
            let answer = AuthenticateTokenResponse {
                authentication: "token".to_owned(),
                grants: vec![RoleGrant { role: number.into(), ..RoleGrant::default() }],
                ..AuthenticateTokenResponse::default()
            };
            assert_eq!(read(answer).expect("it is whole").grants[0].role, role);
        }
    }

    #[test]
    fn a_key_that_is_good_for_nothing_stays_good_for_nothing() {
        let answer = AuthenticateTokenResponse {
            authentication: "token".to_owned(),
            is_limited: true,
            ..AuthenticateTokenResponse::default()
        };
        let caller = read(answer).expect("it is whole");
        assert_eq!(caller.acts.map(|acts| acts.len()), Some(0));
        assert!(read(AuthenticateTokenResponse::default()).is_err());
    }
}
