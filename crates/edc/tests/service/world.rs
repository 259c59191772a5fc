//! One study with two sites on a store of its own, and calls in few words.

use std::{collections::BTreeMap, sync::Arc};

use contract::{
    Authentication, Caller, Context, Error, Grant, Role,
    build::v1::{Build, grpc},
    edc::v1::{
        Edc, EnrolSubjectRequest, FormRecord, GetFormRecordRequest, GetItemHistoryRequest,
        HistoryEntry, ItemData, ItemEntry, ItemPlace, ItemValue, ListQueriesRequest, Query,
        SaveFormRequest, SaveFormResponse, ScreenSubjectRequest, Subject,
        grpc::{EdcRemote, doors},
        item_entry::Entry,
        item_value::Content,
    },
};
use edc::{
    SiteAdded,
    proof::{VerifyOptions, verify},
};
use serde::de::DeserializeOwned;
use store::{Postgres, Sqlite, Store};
use tempfile::TempDir;
use testkit::{clock::FakeClock, postgres::Postgres as Server, study, wire::Wire};

pub const STUDY: &str = study::STUDY;
/// A site in Shanghai and one in Auckland, where it is later.
pub const HERE: &str = "101";
pub const THERE: &str = "202";
/// When every test begins: 10 o'clock in Shanghai.
pub const BEGIN: &str = "2026-03-02T02:00:00Z";

pub struct World {
    pub store: Arc<dyn Store>,
    pub service: Arc<edc::Edc>,
    pub edc: Arc<dyn Edc>,
    pub build: Arc<dyn Build>,
    pub clock: FakeClock,
    wire: Option<Wire>,
    folder: Option<TempDir>,
    _server: Option<Arc<Server>>,
}

/// Runs a test on SQLite and on PostgreSQL, directly, and over the wire.
pub fn on_every_store(test: impl AsyncFn(World)) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        test(World::on_sqlite().await).await;
        test(World::on_postgres().await).await;
        test(World::over_the_wire().await).await;
    });
}

impl World {
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("casebook.db")).unwrap());
        Self::new(store, Some(folder), None).await
    }

    /// With SQLite, and with each call over gRPC through a real socket.
    pub async fn over_the_wire() -> Self {
        let mut world = Self::on_sqlite().await;
        let service = Arc::clone(&world.edc);
        let build = Arc::clone(&world.build);
        let wire =
            Wire::serving(|server| server.mount(doors(), &service).mount(grpc::doors(), &build))
                .await;
        world.edc = Arc::new(EdcRemote::new(wire.channel(), wire.tokens()));
        world.build = Arc::new(grpc::BuildRemote::new(wire.channel(), wire.tokens()));
        world.wire = Some(wire);
        world
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
        let service = Arc::new(edc::Edc::new(Arc::clone(&store), clock.as_fn()));
        let admin = Caller::system("casebook");
        service.publish(&admin, study::version(), None).await.unwrap();
        for (oid, zone) in [(HERE, "Asia/Shanghai"), (THERE, "Pacific/Auckland")] {
            let site = SiteAdded {
                site: oid.into(),
                name: BTreeMap::from([("en".to_owned(), format!("Site {oid}"))]),
                time_zone: zone.to_owned(),
                country: None,
            };
            service.add_site(&admin, &STUDY.into(), site).await.unwrap();
        }
        let edc = Arc::clone(&service) as Arc<dyn Edc>;
        let build = Arc::clone(&service) as Arc<dyn Build>;
        Self { store, service, edc, build, clock, wire: None, folder, _server: server }
    }

    /// Changes the file of the store behind its back; how many rows.
    pub fn tamper(&self, statement: &str) -> usize {
        let folder = self.folder.as_ref().unwrap();
        let database = rusqlite::Connection::open(folder.path().join("casebook.db")).unwrap();
        database.execute(statement, ()).unwrap()
    }

    /// Whether calls go through a socket.
    pub fn is_over_the_wire(&self) -> bool {
        self.wire.is_some()
    }

    /// Chains hold, and the rows that lists read are those that the logs tell.
    pub async fn verifies(&self) {
        let options = VerifyOptions { views: true, ..VerifyOptions::default() };
        let report = verify(&self.store, options, Arc::new(|_, _| {})).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.faults);
    }

    /// Another service on the same store, as in another process.
    pub fn another(&self) -> Arc<dyn Edc> {
        Arc::new(edc::Edc::new(Arc::clone(&self.store), self.clock.as_fn()))
    }

    pub async fn screen(&self, subject: &str) -> Subject {
        self.screen_at(HERE, subject).await.unwrap()
    }

    pub async fn screen_at(&self, site: &str, subject: &str) -> Result<Subject, Error> {
        let request = ScreenSubjectRequest {
            study_oid: STUDY.into(),
            site_oid: site.into(),
            subject_key: Some(subject.to_owned()).filter(|key| !key.is_empty()),
            consent_date: "2026-03-01".into(),
            ..ScreenSubjectRequest::default()
        };
        let answer = self.edc.screen_subject(&coordinator(), request).await?;
        Ok(answer.subject.unwrap())
    }

    /// Enrols a subject who is born in time and can follow the protocol.
    pub async fn enrol(&self, subject: &str) -> Subject {
        self.save(subject, "SE.SCR/F.DM", 0, &[value("IG.DM/I.BIRTHYR", "1980")]).await.unwrap();
        let request = EnrolSubjectRequest {
            study_oid: STUDY.into(),
            subject_key: subject.into(),
            enrolment_date: "2026-03-02".into(),
            attested_criteria: BTreeMap::from([("EX.1".to_owned(), false)]),
            ..EnrolSubjectRequest::default()
        };
        self.edc.enrol_subject(&investigator(), request).await.unwrap().subject.unwrap()
    }

    /// Saves values on a form, named as `event/form`, on top of a version.
    pub async fn save(
        &self,
        subject: &str,
        form: &str,
        seen_version: i32,
        values: &[ItemEntry],
    ) -> Result<SaveFormResponse, Error> {
        self.send(save(subject, form, seen_version, values)).await
    }

    pub async fn send(&self, request: SaveFormRequest) -> Result<SaveFormResponse, Error> {
        self.edc.save_form(&coordinator(), request).await
    }

    pub async fn record(&self, subject: &str, form: &str) -> FormRecord {
        self.record_as(&monitor(), subject, form).await.unwrap()
    }

    pub async fn record_as(
        &self,
        context: &Context,
        subject: &str,
        form: &str,
    ) -> Result<FormRecord, Error> {
        let (event, form) = form.split_once('/').unwrap();
        let request = GetFormRecordRequest {
            study_oid: STUDY.into(),
            subject_key: subject.into(),
            study_event_oid: event.into(),
            study_event_repeat_key: "1".into(),
            form_oid: form.into(),
            form_repeat_key: "1".into(),
        };
        self.edc.get_form_record(context, request).await
    }

    /// The history of an item, named as `group/item`.
    pub async fn history(&self, subject: &str, form: &str, item: &str) -> Vec<HistoryEntry> {
        self.history_as(&monitor(), subject, form, item).await.unwrap()
    }

    pub async fn history_as(
        &self,
        context: &Context,
        subject: &str,
        form: &str,
        item: &str,
    ) -> Result<Vec<HistoryEntry>, Error> {
        let (event, form) = form.split_once('/').unwrap();
        let item = place(item);
        let request = GetItemHistoryRequest {
            study_oid: STUDY.into(),
            subject_key: subject.into(),
            study_event_oid: event.into(),
            study_event_repeat_key: "1".into(),
            form_oid: form.into(),
            form_repeat_key: "1".into(),
            item_group_oid: item.item_group_oid,
            item_group_repeat_key: item.item_group_repeat_key,
            item_oid: item.item_oid,
        };
        Ok(self.edc.get_item_history(context, request).await?.entries)
    }

    pub async fn queries(&self, context: &Context) -> Vec<Query> {
        let request =
            ListQueriesRequest { study_oid: STUDY.into(), ..ListQueriesRequest::default() };
        self.edc.list_queries(context, request).await.unwrap().queries
    }
}

pub fn save(subject: &str, form: &str, seen_version: i32, values: &[ItemEntry]) -> SaveFormRequest {
    let (event, form) = form.split_once('/').unwrap();
    SaveFormRequest {
        study_oid: STUDY.into(),
        subject_key: subject.into(),
        study_event_oid: event.into(),
        study_event_repeat_key: "1".into(),
        form_oid: form.into(),
        form_repeat_key: "1".into(),
        request_id: Some(unique("request")),
        seen_version: Some(seen_version),
        reason: None,
        values: values.to_vec(),
        complete: None,
    }
}

/// A value for an item, named as `group/item` or `group[row]/item`.
pub fn value(item: &str, text: &str) -> ItemEntry {
    entry(item, Entry::Value(text.to_owned()))
}

pub fn entry(item: &str, entry: Entry) -> ItemEntry {
    let place = place(item);
    ItemEntry {
        item_group_oid: place.item_group_oid,
        item_group_repeat_key: place.item_group_repeat_key,
        item_oid: place.item_oid,
        unit_oid: None,
        entry: Some(entry),
    }
}

pub fn place(item: &str) -> ItemPlace {
    let (group, item) = item.split_once('/').unwrap();
    let (group, repeat) = group.split_once('[').unwrap_or((group, "1]"));
    ItemPlace {
        item_group_oid: group.into(),
        item_group_repeat_key: repeat.trim_end_matches(']').into(),
        item_oid: item.into(),
    }
}

/// What an item of a record holds, in words; `None` when it is blank or not shown.
pub fn held(record: &FormRecord, item: &str) -> Option<String> {
    words(item_of(record, item)?.value.as_ref())
}

pub fn item_of<'a>(record: &'a FormRecord, item: &str) -> Option<&'a ItemData> {
    let place = place(item);
    let row = record.item_groups.iter().find(|row| {
        row.item_group_oid == place.item_group_oid
            && row.item_group_repeat_key == place.item_group_repeat_key
    })?;
    row.items.iter().find(|item| item.item_oid == place.item_oid)
}

pub fn words(value: Option<&ItemValue>) -> Option<String> {
    match value?.content.as_ref()? {
        Content::Value(text) => Some(text.clone()),
        Content::MissingReason(reason) => {
            let reason = contract::edc::v1::missing::Reason::try_from(*reason).unwrap();
            Some(reason.as_str_name().to_owned())
        }
    }
}

/// The message that says more about an error.
pub fn detail<M: DeserializeOwned>(error: &Error) -> M {
    serde_json::from_value(error.detail().unwrap().json.clone()).unwrap()
}

pub fn coordinator() -> Context {
    in_role(Role::Coordinator, None)
}

/// With the password in this very call, as a signature needs it.
pub fn investigator() -> Context {
    let mut context = in_role(Role::Investigator, None);
    context.caller.authentication = Authentication::Password;
    context
}

pub fn monitor() -> Context {
    in_role(Role::Monitor, None)
}

pub fn data_manager() -> Context {
    in_role(Role::DataManager, None)
}

pub fn designer() -> Context {
    in_role(Role::StudyDesigner, None)
}

/// Somebody in a role in the study, at one site or all. The user is called like the role.
pub fn in_role(role: Role, site: Option<&str>) -> Context {
    let grant = Grant { role, study: Some(STUDY.to_owned()), site: site.map(ToOwned::to_owned) };
    let caller = Caller::new(role.name(), Authentication::Token, vec![grant]);
    Context::new(caller, "web", unique("call"))
}

/// An id that no other call has.
pub fn unique(what: &str) -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{what}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
