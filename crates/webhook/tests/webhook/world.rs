//! A study on a store of its own, a service with a worker, and calls in few words.

use crate::receiver::Receiver;
use contract::{
    Authentication, Caller, Context, Grant, Role,
    webhook::v1::{
        CreateEndpointRequest, Delivery, Endpoint, ListDeliveriesRequest, ListEndpointsRequest,
        Webhook,
    },
};
use futures::FutureExt as _;
use journal::{Draft, LogName};
use kernel::{StudyVersion, casebook::Event};
use std::{sync::Arc, time::Duration};
use store::{Batch, Postgres, Sqlite, Store};
use tempfile::TempDir;
use testkit::{clock::FakeClock, postgres::Postgres as Server, study};
use webhook::{Allowed, Client, Limits, MasterKey, Resolve, Webhooks, Worker};

pub const STUDY: &str = study::STUDY;
pub const BEGIN: &str = "2026-03-02T02:00:00Z";
pub const MASTER: [u8; 32] = [7; 32];

pub struct World {
    pub store: Arc<dyn Store>,
    pub edc: Arc<edc::Edc>,
    pub hooks: Arc<Webhooks>,
    pub worker: Arc<Worker>,
    pub clock: FakeClock,
    pub folder: Option<TempDir>,
    _server: Option<Arc<Server>>,
}

/// Runs a test on SQLite and on PostgreSQL.
pub fn on_every_store(test: impl AsyncFn(World)) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        test(World::on_sqlite().await).await;
        test(World::on_postgres().await).await;
    });
}

/// The study without anything that is blinded.
fn open_version() -> StudyVersion {
    let mut version = study::version();
    version.blinding.items.clear();
    for check in &mut version.checks {
        check.blinded = false;
    }
    version
}

/// Names nobody.
pub fn no_names() -> Resolve {
    Arc::new(|_| async { Ok(Vec::new()) }.boxed())
}

/// This machine over plain HTTP, as an operator may allow it.
pub fn local() -> Allowed {
    Allowed { http: true, networks: vec!["127.0.0.0/8".parse().unwrap()] }
}

pub fn client(allowed: Allowed, resolve: Resolve) -> Client {
    Client::new(allowed, resolve, None).unwrap().with_timeout(Duration::from_millis(500))
}

pub fn hooks(store: &Arc<dyn Store>, clock: &FakeClock, client: Client) -> Arc<Webhooks> {
    let random = Arc::new(|bytes: &mut [u8]| {
        use std::hash::{BuildHasher as _, RandomState};
        for chunk in bytes.chunks_mut(8) {
            let number = RandomState::new().hash_one(0).to_ne_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    });
    let store = Arc::clone(store);
    Arc::new(Webhooks::new(store, clock.as_fn(), random, MasterKey::new(MASTER), client))
}

impl World {
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("casebook.db")).unwrap());
        Self::new(store, Some(folder), None).await
    }

    async fn on_postgres() -> Self {
        let server = Server::shared();
        let store = Arc::new(Postgres::connect(&server.database()).await.unwrap());
        Self::new(store, None, Some(server)).await
    }

    async fn new(
        store: Arc<dyn Store>,
        folder: Option<TempDir>,
        server: Option<Arc<Server>>,
    ) -> Self {
        let clock = FakeClock::at(BEGIN);
        let edc = Arc::new(edc::Edc::new(Arc::clone(&store), clock.as_fn()));
        edc.publish(&Caller::system("casebook"), open_version(), None).await.unwrap();
        let hooks = hooks(&store, &clock, client(local(), no_names()));
        let worker = Arc::new(Worker::new(Arc::clone(&hooks), Limits::default()));
        Self { store, edc, hooks, worker, clock, folder, _server: server }
    }

    /// An endpoint at a receiver, for these kinds of events.
    pub async fn subscribe(&self, receiver: &Receiver, event_types: &[&str]) -> Endpoint {
        let request = CreateEndpointRequest {
            study_oid: STUDY.into(),
            url: receiver.url(),
            event_types: event_types.iter().map(|&name| name.to_owned()).collect(),
            ..CreateEndpointRequest::default()
        };
        let answer = self.hooks.create_endpoint(&manager(), request).await.unwrap();
        answer.endpoint.unwrap()
    }

    /// An endpoint at an address, for all events.
    pub async fn subscribe_url(&self, url: String) -> Endpoint {
        let request = CreateEndpointRequest {
            study_oid: STUDY.into(),
            url,
            ..CreateEndpointRequest::default()
        };
        self.hooks.create_endpoint(&manager(), request).await.unwrap().endpoint.unwrap()
    }

    pub async fn endpoint(&self) -> Endpoint {
        let request = ListEndpointsRequest { study_oid: STUDY.into() };
        let listed = self.hooks.list_endpoints(&manager(), request).await.unwrap();
        listed.endpoints.into_iter().next().unwrap()
    }

    pub async fn deliveries(&self, endpoint: &Endpoint) -> Vec<Delivery> {
        let request = ListDeliveriesRequest {
            study_oid: STUDY.into(),
            endpoint_id: endpoint.endpoint_id.clone(),
        };
        self.hooks.list_deliveries(&manager(), request).await.unwrap().deliveries
    }

    /// Notes something in the casebook of a subject.
    pub async fn note(&self, subject: &str) {
        note(&self.store, &self.clock, STUDY, subject).await;
    }

    pub fn advance_s(&self, seconds: i64) {
        self.clock.advance(jiff::SignedDuration::from_secs(seconds));
    }
}

/// Notes something in the casebook of a subject of a study.
pub async fn note(store: &Arc<dyn Store>, clock: &FakeClock, study: &str, subject: &str) {
    let log = LogName::new(study, "casebook", subject);
    let head = store.head(&log).await.unwrap().unwrap_or_default();
    let event = Event::EventNoted { on: "2026-03-02".into(), text: "planted text".into() };
    let draft = Draft {
        recorded_at_ms: clock.now().as_millisecond(),
        actor: "li.na".into(),
        role: "coordinator".into(),
        reason: Some("planted reason".into()),
        origin: "web".into(),
        kind: event.kind().into(),
        payload: event.to_payload(),
        ..Draft::default()
    };
    store.append(Batch::seal(log, head, &[draft], Vec::new())).await.unwrap();
}

pub fn caller(role: Role, study: &str) -> Context {
    let grant = Grant { role, study: Some(study.into()), site: None };
    let caller = Caller::new("wang.fang", Authentication::Password, vec![grant]);
    Context::new(caller, "api", format!("call-{}", ulid()))
}

pub fn manager() -> Context {
    caller(Role::DataManager, STUDY)
}

fn ulid() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Relaxed)
}
