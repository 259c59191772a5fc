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
