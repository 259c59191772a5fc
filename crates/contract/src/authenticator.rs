//! How a caller proves who he is.

use std::fmt;

use async_trait::async_trait;

use crate::{Caller, Error};

/// Decides who a caller is.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// The caller to whom the credentials belong, with the grants in force now.
    ///
    /// Refuses with `UNAUTHENTICATED`, without saying which part was wrong.
    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, Error>;
}

/// Makes and reads the short-lived signed text by which one service tells another who calls, so
/// that the password or token of the caller does not travel and is not proven again.
pub trait CallerTokens: Send + Sync + 'static {
    /// A token, in ASCII, that says to `service` (such as `casebook.edc.v1.Edc`) that `caller` calls, as a
    /// part of the request with this id.
    fn mint(&self, caller: &Caller, service: &str, request_id: &str) -> Result<String, Error>;

    /// The caller that a token names to `service`.
    ///
    /// Refuses with `UNAUTHENTICATED` what is forged, expired or meant for another service, without
    /// saying which.
    fn verify(&self, token: &str, service: &str) -> Result<Caller, Error>;
}

/// Keeps what was decided about access.
#[async_trait]
pub trait AccessJournal: Send + Sync + 'static {
    /// A caller was refused with `NOT_PERMITTED`; the error names the act and where.
    async fn refused(&self, user: &str, error: &Error);
}

/// What a caller shows to prove who he is. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    Password {
        user: String,
        password: String,
    },
    /// A token that was issued earlier.
    Token(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { .. } => f.write_str("Password"),
            Self::Token(_) => f.write_str("Token"),
        }
    }
}
