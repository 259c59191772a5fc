//! The identity service: who somebody is, how he proves it, and what he may do where.
//!
//! A user is a log, like everything else: created, granted a role, given a password, logged in.
//! What is known about a user is the fold of that log. A password is kept only as an argon2id
//! verifier, a token, key or secret only as its SHA-256, a second factor not at all: it follows
//! from a key outside the store. None is ever printed.
//!
//! This crate does not know HTTP, subjects or studies beyond their OIDs. Start reading at
//! `authenticate` for a log-in, at `user` for what follows from the log, and at `wire` for the
//! contract.

mod access;
mod access_log;
mod add_user;
mod api_use;
mod authenticate;
mod delegate;
mod enable_user;
mod event;
mod grant_role;
mod holders;
mod invite;
mod key;
mod limit;
mod list_users;
mod mail;
pub mod metrics;
mod oidc;
mod parts;
mod password;
mod rebuild;
mod review;
mod rows;
mod second_factor;
mod service_account;
mod session;
mod set_password;
mod settings;
mod sign;
mod throttle;
mod token;
mod user;
mod users;
mod verify;
mod wire;

pub use add_user::AddUser;
pub use event::DatedGrant;
pub use list_users::{UserPage, UserSummary};
pub use mail::{Mail, MailError, Message, NoMail};
pub use oidc::{Http, HttpError, NoHttp, OidcProvider};
pub use parts::Parts;
pub use password::{Hashing, Password};
pub use rows::LAYOUT_OF_VIEWS;
pub use session::OpenSession;
pub use settings::Settings;
pub use token::Token;

use jiff::Timestamp;
use parts::Inner;
use std::{fmt, ops::Deref, sync::Arc};
use store::Store;

/// Tells the time. The binary passes the real one.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Fills bytes with randomness. The binary passes that of the operating system.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The service. A clone is another handle of the same one.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

impl Identity {
    /// The service over a store, with usual settings and without mail and OpenID.
    pub fn new(store: Arc<dyn Store>, clock: Clock, random: Random, hashing: Hashing) -> Self {
        let settings = Settings { hashing, ..Settings::default() };
        let (mail, http) = (Arc::new(NoMail), Arc::new(NoHttp));
        let mut key = [0; 32];
        random(&mut key);
        Self::of(Parts { store, clock, random, settings, key, mail, http })
    }

    /// The service of these parts.
    pub fn of(parts: Parts) -> Self {
        Self(Arc::new(Inner::of(parts)))
    }

    /// How many passwords were hashed since the start: what log-ins cost.
    pub fn hashes_computed(&self) -> u64 {
        self.hasher.computed()
    }

    fn now_ms(&self) -> i64 {
        (self.clock)().as_millisecond()
    }

    fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

impl Deref for Identity {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
