//! A portfolio on a store of its own, and calls in few words.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use contract::{
    Authentication, Caller, Context, Error, Grant, Role, Timestamp,
    portfolio::v1::{
        AddSiteRequest, AssignStaffRequest, CreateStudyRequest, ListMyStudiesRequest,
        ListStaffRequest, ListStudiesRequest, Portfolio, RemoveStaffRequest, Site, StaffFunction,
        StaffMember, Study, UpdateStudyRequest,
        grpc::{PortfolioRemote, doors},
    },
};
use store::{LogName, Postgres, Sqlite, Store};
use tempfile::TempDir;
use testkit::{clock::FakeClock, postgres::Postgres as Server, wire::Wire};

pub const BEGIN: &str = "2026-03-02T02:00:00Z";

pub struct World {
    pub store: Arc<dyn Store>,
    pub service: Arc<portfolio::Portfolio>,
    pub portfolio: Arc<dyn Portfolio>,
    pub clock: FakeClock,
    wire: Option<Wire>,
    _folder: Option<TempDir>,
    _server: Option<Arc<Server>>,
}

/// Runs a test on SQLite and on PostgreSQL, directly, and over the wire.
pub fn on_every_store(test: impl AsyncFn(World)) {
    runtime().block_on(async {
        test(World::on_sqlite()).await;
        test(World::on_postgres().await).await;
        test(World::over_the_wire().await).await;
    });
}

pub fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

impl World {
    pub fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("casebook.db")).unwrap());
        Self::new(store, Some(folder), None)
    }

    /// With SQLite, and with each call over gRPC through a real socket.
    pub async fn over_the_wire() -> Self {
        let mut world = Self::on_sqlite();
        let service = Arc::clone(&world.portfolio);
        let wire = Wire::serving(|server| server.mount(doors(), &service)).await;
        world.portfolio = Arc::new(PortfolioRemote::new(wire.channel(), wire.tokens()));
        world.wire = Some(wire);
        world
    }

    async fn on_postgres() -> Self {
        let server = Server::shared();
        let store = Arc::new(Postgres::connect(&server.database()).await.unwrap());
        Self::new(store, None, Some(server))
    }

    fn new(store: Arc<dyn Store>, folder: Option<TempDir>, server: Option<Arc<Server>>) -> Self {
        let clock = FakeClock::at(BEGIN);
        let service = Arc::new(portfolio::Portfolio::new(Arc::clone(&store), clock.as_fn()));
        let portfolio = Arc::clone(&service) as Arc<dyn Portfolio>;
        Self { store, service, portfolio, clock, wire: None, _folder: folder, _server: server }
    }

    /// Another service on the same store, as in another process.
    pub fn another(&self) -> Arc<dyn Portfolio> {
        self.over(Arc::clone(&self.store))
    }

    pub fn over(&self, store: Arc<dyn Store>) -> Arc<dyn Portfolio> {
        Arc::new(portfolio::Portfolio::new(store, self.clock.as_fn()))
    }

    pub async fn create(&self, oid: &str) -> Study {
        let answer = self.portfolio.create_study(&manager(), create(oid)).await.unwrap();
        answer.study.unwrap()
    }

    pub async fn update(&self, request: UpdateStudyRequest) -> Result<Study, Error> {
        let answer = self.portfolio.update_study(&manager(), request).await?;
        Ok(answer.study.unwrap())
    }

    pub async fn add_site(&self, study: &str, site: &str) -> Site {
        let answer = self.portfolio.add_site(&manager(), add_site(study, site)).await.unwrap();
        answer.site.unwrap()
    }

    pub async fn assign(&self, request: AssignStaffRequest) -> Result<StaffMember, Error> {
        let answer = self.portfolio.assign_staff(&manager(), request).await?;
        Ok(answer.staff_member.unwrap())
    }

    pub async fn remove(&self, study: &str, user: &str) -> Result<Option<StaffMember>, Error> {
        let request = RemoveStaffRequest {
            study_oid: study.into(),
            user: user.into(),
            function: StaffFunction::Monitor.into(),
            reason: "left the company".into(),
            ..RemoveStaffRequest::default()
        };
        Ok(self.portfolio.remove_staff(&manager(), request).await?.staff_member)
    }

    pub async fn staff(&self, study: &str, include_ended: bool) -> Vec<StaffMember> {
        let request = ListStaffRequest {
            study_oid: study.into(),
            include_ended: Some(include_ended),
            ..ListStaffRequest::default()
        };
        self.portfolio.list_staff(&manager(), request).await.unwrap().staff
    }

    /// The OIDs that a caller is shown.
    pub async fn listed(&self, context: &Context) -> Vec<String> {
        self.listed_as(context, ListStudiesRequest::default()).await
    }

    pub async fn listed_as(&self, context: &Context, request: ListStudiesRequest) -> Vec<String> {
        let answer = self.portfolio.list_studies(context, request).await.unwrap();
        answer.studies.into_iter().map(|study| study.study_oid).collect()
    }

    /// The OIDs of the studies on which a caller works.
    pub async fn own(&self, context: &Context) -> Vec<String> {
        let request = ListMyStudiesRequest::default();
        let answer = self.portfolio.list_my_studies(context, request).await.unwrap();
        answer.studies.into_iter().map(|mine| mine.study.unwrap().study_oid).collect()
    }

    /// The entries of a study's log: kind, actor, reason.
    pub async fn entries(&self, study: &str) -> Vec<(String, String, Option<String>)> {
        let log = LogName::new("", "portfolio", study);
        let entries = self.store.read(&log, 1, 10_000).await.unwrap();
        let told = entries.iter().map(|sealed| {
            let entry = sealed.view().unwrap();
            let reason = entry.reason.map(str::to_owned);
            (entry.kind.to_owned(), entry.actor.to_owned(), reason)
        });
        told.collect()
    }

    pub async fn kinds(&self, study: &str) -> Vec<String> {
        self.entries(study).await.into_iter().map(|(kind, ..)| kind).collect()
    }
}

pub fn create(oid: &str) -> CreateStudyRequest {
    CreateStudyRequest {
        study_oid: Some(oid.to_owned()),
        study_name: format!("Study {oid}"),
        ..CreateStudyRequest::default()
    }
}

pub fn update(oid: &str, seen_version: i32) -> UpdateStudyRequest {
    UpdateStudyRequest {
        study_oid: oid.into(),
        seen_version,
        reason: Some("as agreed with the sponsor".into()),
        ..UpdateStudyRequest::default()
    }
}

pub fn add_site(study: &str, site: &str) -> AddSiteRequest {
    AddSiteRequest {
        study_oid: study.into(),
        site_oid: site.into(),
        institution: format!("Hospital {site}"),
        ..AddSiteRequest::default()
    }
}

/// A monitor of the study as a whole, from now on.
pub fn assign(study: &str, user: &str) -> AssignStaffRequest {
    AssignStaffRequest {
        study_oid: study.into(),
        user: user.into(),
        function: StaffFunction::Monitor.into(),
        ..AssignStaffRequest::default()
    }
}

pub fn assign_at(study: &str, user: &str, site: &str) -> AssignStaffRequest {
    AssignStaffRequest { site_oid: Some(site.to_owned()), ..assign(study, user) }
}

pub fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Keeps the portfolio of the institution.
pub fn manager() -> Context {
    somebody("manager", vec![grant(Role::InstitutionManager, None, None)])
}

/// Somebody without any role.
pub fn nobody(user: &str) -> Context {
    somebody(user, Vec::new())
}

pub fn somebody(user: &str, grants: Vec<Grant>) -> Context {
    Context::new(Caller::new(user, Authentication::Token, grants), "web", unique("call"))
}

pub fn grant(role: Role, study: Option<&str>, site: Option<&str>) -> Grant {
    Grant { role, study: study.map(str::to_owned), site: site.map(str::to_owned) }
}

/// An id that no other call has.
pub fn unique(what: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{what}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
