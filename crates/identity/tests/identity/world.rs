use contract::{Authenticator, Caller, Context, Credentials, Error, Grant, Role};
use identity::{AddUser, DatedGrant, Hashing, Identity, Password};
use jiff::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use store::{LogName, Sqlite, Store};

pub const MINUTE_MS: i64 = 60_000;
pub const PASSWORD: &str = "correct horse battery";

/// One store, and a clock that goes when it is told.
pub struct World {
    _folder: tempfile::TempDir,
    pub store: Arc<dyn Store>,
    now_ms: Arc<AtomicI64>,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("casebook.db")).unwrap());
        Self { _folder: folder, store, now_ms: Arc::new(AtomicI64::new(1_700_000_000_000)) }
    }

    /// The service as a fresh process would have it.
    pub fn identity(&self) -> Identity {
        let now_ms = Arc::clone(&self.now_ms);
        let clock =
            Arc::new(move || Timestamp::from_millisecond(now_ms.load(Ordering::Relaxed)).unwrap());
        let random = Arc::new(|bytes: &mut [u8]| getrandom::fill(bytes).unwrap());
        let quick = Hashing { memory_kib: 8, passes: 1, lanes: 1 };
        Identity::new(Arc::clone(&self.store), clock, random, quick)
    }

    pub fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    pub fn wait_ms(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// When a user's entries were recorded, in their order.
    pub async fn times(&self, name: &str) -> Vec<i64> {
        let log = LogName::new("", "user", name);
        let entries = self.store.read(&log, 1, 1_000).await.unwrap();
        entries.iter().map(|entry| entry.view().unwrap().recorded_at_ms).collect()
    }

    /// The kinds of a user's entries, in order.
    pub async fn kinds(&self, name: &str) -> Vec<String> {
        let log = LogName::new("", "user", name);
        let entries = self.store.read(&log, 1, 1_000).await.unwrap();
        entries.iter().map(|entry| entry.view().unwrap().kind.to_owned()).collect()
    }
}

pub fn system() -> Context {
    Context::new(Caller::system("casebook user"), "system", "req-1")
}

pub fn context_of(caller: Caller) -> Context {
    Context::new(caller, "web", "req-2")
}

pub fn monitor() -> Grant {
    Grant { role: Role::Monitor, study: Some("S".into()), site: Some("701".into()) }
}

pub fn for_ever(grant: Grant) -> DatedGrant {
    DatedGrant { grant, from_ms: 0, until_ms: None }
}

pub fn user(name: &str, grants: Vec<DatedGrant>) -> AddUser {
    AddUser {
        name: name.into(),
        full_name: "Wang Fang".into(),
        password: Password::new(PASSWORD),
        grants,
    }
}

pub async fn log_in(identity: &Identity, name: &str, password: &str) -> Result<Caller, Error> {
    let credentials = Credentials::Password { user: name.into(), password: password.into() };
    identity.authenticate(credentials).await
}

pub async fn show(identity: &Identity, token: &str) -> Result<Caller, Error> {
    identity.authenticate(Credentials::Token(token.into())).await
}
