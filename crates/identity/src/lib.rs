//! The identity service: users, and how they prove who they are.
//!
//! A user is a log, like everything else: created, granted a role, given a password, logged in.
//! What is known about a user is the fold of that log. A password is kept only as an argon2id
//! verifier, a session token only as its SHA-256; neither is ever printed.
//!
//! This crate does not know HTTP, subjects or studies beyond their OIDs. Start reading at
//! `authenticate` for a log-in, and at `user` for what follows from the log.

mod add_user;
mod authenticate;
mod enable_user;
mod event;
mod grant_role;
mod list_users;
mod password;
mod rebuild;
mod session;
mod set_password;
mod token;
mod user;
mod users;

pub use add_user::AddUser;
pub use event::DatedGrant;
pub use list_users::{UserPage, UserSummary};
pub use password::{Hashing, Password};
pub use session::OpenSession;
pub use token::Token;

use authenticate::Proven;
use jiff::Timestamp;
use password::Hasher;
use std::{fmt, sync::Arc};
use store::Store;
use users::Users;

/// Tells the time. The binary passes the real one.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Fills bytes with randomness. The binary passes that of the operating system.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The service.
pub struct Identity {
    users: Users,
    clock: Clock,
    random: Random,
    hasher: Hasher,
    proven: Proven,
    used: session::LastUse,
}

impl Identity {
    /// The service over a store.
    pub fn new(store: Arc<dyn Store>, clock: Clock, random: Random, hashing: Hashing) -> Self {
        Self {
            users: Users::new(store, Arc::clone(&random)),
            hasher: Hasher::new(hashing, &random),
            proven: Proven::new(&random),
            used: session::LastUse::default(),
            clock,
            random,
        }
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

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
