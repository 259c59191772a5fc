//! Sessions: opened with a password, used with a token, closed or run out.

use crate::{
    Identity, Password, Token,
    authenticate::refused,
    event::UserEvent,
    user::SESSION_LASTS_MS,
    users::{Author, Known},
};
use contract::Error;
use quick_cache::sync::Cache;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// A session that nobody uses for this long is over.
const IDLE_FOR_MS: i64 = 30 * 60 * 1000;
const MOST_REMEMBERED: usize = 100_000;

/// When sessions were last used, by the hash of their token. In memory only: after a restart a
/// session counts as last used when it was opened.
pub(crate) struct LastUse(Cache<String, i64>);

/// A session that was opened just now.
#[derive(Debug, Clone)]
pub struct OpenSession {
    pub token: Token,
    /// UTC milliseconds since 1970 when it ends at the latest.
    pub ends_at_ms: i64,
}

impl Identity {
    /// Verifies name and password and opens a session. Refuses with `UNAUTHENTICATED`.
    pub async fn open_session(&self, name: &str, password: Password) -> Result<OpenSession, Error> {
        self.prove(name, password).await?;
        let now_ms = self.now_ms();
        let token = Token::new(self.random_bytes());
        let opened = UserEvent::SessionOpened { token_sha256: token.sha256() };
        let author = Author::oneself(name, now_ms);
        self.users.change(name, &author, |_| Ok(vec![opened.clone()])).await?;
        Ok(OpenSession { token, ends_at_ms: now_ms + SESSION_LASTS_MS })
    }

    /// Ends the session of a token; ending one that is over does nothing.
    pub async fn close_session(&self, token: &str) -> Result<(), Error> {
        let Some(token) = Token::parse(token) else { return Ok(()) };
        let token_sha256 = token.sha256();
        let Some(name) = self.users.of_session(&token_sha256).await? else { return Ok(()) };
        let author = Author::oneself(&name, self.now_ms());
        let closed = UserEvent::SessionClosed { token_sha256: token_sha256.clone() };
        let is_open = |user: &crate::user::User| {
            user.sessions.iter().any(|session| session.token_sha256 == token_sha256)
        };
        self.users
            .change(&name, &author, |user| {
                Ok(user.filter(|user| is_open(user)).map(|_| closed.clone()).into_iter().collect())
            })
            .await
    }

    /// The user whose open session this is; using it keeps it from running out.
    pub(crate) async fn of_token(&self, token: &Token) -> Result<(String, Arc<Known>), Error> {
        let now_ms = self.now_ms();
        let token_sha256 = token.sha256();
        let name = self.users.of_session(&token_sha256).await?.ok_or_else(refused)?;
        let known = self.users.find(&name).await?.ok_or_else(refused)?;
        let is_this = |hash: &str| bool::from(hash.as_bytes().ct_eq(token_sha256.as_bytes()));
        let mut sessions = known.user.sessions.iter();
        let session = sessions.find(|one| is_this(&one.token_sha256)).ok_or_else(refused)?;
        let used_ms = self.used.0.get(&token_sha256).unwrap_or(session.opened_at_ms);
        if !session.is_open(now_ms) || now_ms - used_ms >= IDLE_FOR_MS {
            return Err(refused());
        }
        self.used.0.insert(token_sha256, now_ms);
        Ok((name, known))
    }
}

impl Default for LastUse {
    fn default() -> Self {
        Self(Cache::new(MOST_REMEMBERED))
    }
}
