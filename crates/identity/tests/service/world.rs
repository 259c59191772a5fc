//! One service on a store of its own, and calls in few words.

use async_trait::async_trait;
use contract::{
    Authenticator as _, Caller, Context, Credentials, Error, Grant, Role,
    identity::v1::{self as p, Identity as Contract},
};
use identity::{
    AddUser, DatedGrant, Hashing, Http, Identity, Mail, MailError, Message, NoHttp, Parts,
    Password, Settings,
};
use std::sync::{Arc, Mutex};
use store::{LogName, Postgres, Sqlite, Store};
use tempfile::TempDir;
use testkit::{clock::FakeClock, postgres::Postgres as Server};
use tokio::sync::watch;

pub const PASSWORD: &str = "correct horse battery";
pub const OTHER_PASSWORD: &str = "staple the blue heron";
pub const STUDY: &str = "S1";
pub const SITE: &str = "101";
pub const BEGIN: &str = "2026-03-02T02:00:00Z";

pub struct World {
    pub store: Arc<dyn Store>,
    pub identity: Identity,
    pub service: Arc<dyn Contract>,
    pub clock: FakeClock,
    pub mail: Outbox,
    _folder: Option<TempDir>,
    _server: Option<Arc<Server>>,
}

/// Keeps what was sent.
#[derive(Clone)]
pub struct Outbox {
    sent: Arc<Mutex<Vec<Message>>>,
    count: watch::Sender<usize>,
}

#[async_trait]
impl Mail for Outbox {
    async fn send(&self, message: Message) -> Result<(), MailError> {
        self.sent.lock().unwrap().push(message);
        self.count.send_modify(|count| *count += 1);
        Ok(())
    }
}

impl Outbox {
    fn new() -> Self {
        Self { sent: Arc::default(), count: watch::Sender::new(0) }
    }

    pub fn messages(&self) -> Vec<Message> {
        self.sent.lock().unwrap().clone()
    }

    /// Waits until there are this many messages, and answers the token of the last.
    pub async fn token(&self, count: usize) -> String {
        self.count.subscribe().wait_for(|sent| *sent >= count).await.unwrap();
        let messages = self.messages();
        let body = &messages.last().unwrap().body;
        let token = body.split("#token=").nth(1).unwrap().lines().next().unwrap();
        token.to_owned()
    }
}

/// Runs a test on SQLite and on PostgreSQL.
pub fn on_every_store(test: impl AsyncFn(World)) {
    with(Settings::default, test);
}

/// The same with settings; hashing is quick.
pub fn with(settings: impl Fn() -> Settings, test: impl AsyncFn(World)) {
    let quick = || {
        let hashing = Hashing { memory_kib: 8, passes: 1, lanes: 1 };
        Settings { hashing, ..settings() }
    };
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        test(World::on_sqlite(quick()).await).await;
        let server = Server::shared();
        let store = Arc::new(Postgres::connect(&server.database()).await.unwrap());
        let parts = (None, Some(server));
        test(World::new(store, quick(), Arc::new(NoHttp), parts).await).await;
    });
}

impl World {
    pub async fn on_sqlite(settings: Settings) -> Self {
        Self::on_sqlite_with(settings, Arc::new(NoHttp)).await
    }

    pub async fn on_sqlite_with(settings: Settings, http: Arc<dyn Http>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("casebook.db")).unwrap());
        Self::new(store, settings, http, (Some(folder), None)).await
    }

    async fn new(
        store: Arc<dyn Store>,
        settings: Settings,
        http: Arc<dyn Http>,
        (folder, server): (Option<TempDir>, Option<Arc<Server>>),
    ) -> Self {
        let clock = FakeClock::at(BEGIN);
        let mail = Outbox::new();
        let identity = Identity::of(Parts {
            store: Arc::clone(&store),
            clock: clock.as_fn(),
            random: Arc::new(|bytes| getrandom::fill(bytes).unwrap()),
            settings,
            key: [7; 32],
            mail: Arc::new(mail.clone()),
            http,
        });
        let service = Arc::new(identity.clone());
        let world =
            Self { store, identity, service, clock, mail, _folder: folder, _server: server };
        world.add("admin", &[grant(Role::Administrator, None, None)]).await;
        world
    }

    /// Adds a user with the usual password.
    pub async fn add(&self, name: &str, grants: &[Grant]) {
        let dated = |grant: &Grant| DatedGrant { grant: grant.clone(), from_ms: 0, until_ms: None };
        let request = AddUser {
            name: name.to_owned(),
            full_name: format!("The {name}"),
            password: Password::new(PASSWORD),
            grants: grants.iter().map(dated).collect(),
        };
        self.identity.add_user(&system(), request).await.unwrap();
    }

    /// Adds a user and logs in.
    pub async fn somebody(&self, name: &str, grants: &[Grant]) -> Context {
        self.add(name, grants).await;
        self.session(name).await
    }

    /// Logs in with the usual password.
    pub async fn session(&self, name: &str) -> Context {
        let answer = self.log_in(name, PASSWORD, None).await.unwrap();
        self.bearer(&answer.token).await.unwrap()
    }

    pub async fn log_in(
        &self,
        name: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<p::LogInResponse, Error> {
        let (username, password) = (name.to_owned(), password.to_owned());
        let request = p::LogInRequest { username, password, code: code.map(str::to_owned) };
        self.service.log_in(&anonymous(), request).await
    }

    /// The context of whoever shows a token.
    pub async fn bearer(&self, token: &str) -> Result<Context, Error> {
        let caller = self.identity.authenticate(Credentials::Token(token.to_owned())).await?;
        Ok(Context::new(caller, "web", "call-1"))
    }

    pub fn wait(&self, seconds: i64) {
        self.clock.advance(jiff::SignedDuration::from_secs(seconds));
    }

    /// The kinds of the entries of a log, in order.
    pub async fn kinds(&self, kind: &str, key: &str) -> Vec<String> {
        let entries = self.store.read(&LogName::new("", kind, key), 1, 10_000).await.unwrap();
        entries.iter().map(|entry| entry.view().unwrap().kind.to_owned()).collect()
    }

    /// Everything that is in the journal and in the rows, as text.
    pub async fn everything(&self) -> String {
        let followed = self.store.follow(store::Position::default(), 10_000).await.unwrap();
        let entries = followed.iter().map(|(_, _, entry)| entry.bytes.clone());
        let mut text = entries.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
        for view in 40..48 {
            let range = store::Range::all(store::View(view), "", 10_000);
            for (key, bytes) in self.store.list(range).await.unwrap() {
                text = format!("{text}\n{key} {}", String::from_utf8_lossy(&bytes));
            }
        }
        text
    }
}

pub fn grant(role: Role, study: Option<&str>, site: Option<&str>) -> Grant {
    Grant { role, study: study.map(str::to_owned), site: site.map(str::to_owned) }
}

/// A role at the usual site.
pub fn here(role: Role) -> Grant {
    grant(role, Some(STUDY), Some(SITE))
}

pub fn system() -> Context {
    Context::new(Caller::system("casebook"), "system", "call-0")
}

pub fn anonymous() -> Context {
    Context::new(Caller::anonymous(), "web", "call-2")
}

pub fn reason<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    answer.unwrap_err().reason().to_owned()
}
