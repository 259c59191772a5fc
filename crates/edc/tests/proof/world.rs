//! A small study with saved forms, queries and subjects, in a file that can be tampered with.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use contract::{Caller, Context};
use edc::{
    Edc, RecordEvent, ScreenSubject, SiteAdded,
    import::{ImportOptions, import, table_source},
    proof::{CheckpointFile, Progress, VerifyOptions, VerifyReport, verify},
};
use jiff::Timestamp;
use journal::LogName;
use kernel::{
    DataType, StudyOid, StudyVersion, SubjectKey,
    study::{
        Comparator, Design, FormDef, FormRef, ItemDef, ItemGroupDef, ItemGroupRef, ItemRef,
        RangeCheck, StudyEventDef,
    },
};
use rusqlite::Connection;
use store::{Sqlite, Store};
use tempfile::TempDir;

pub const STUDY: &str = "S1";
pub const SUBJECTS: [&str; 3] = ["01-0001", "01-0002", "01-0003"];
/// The third subject has a pressure above the range at the first visit and one that was corrected at the second.
const FIRST: &str = "STUDY,SUBJECT,VISIT,SBP,DATE
S1,01-0001,E.1,120,2026-03-01
S1,01-0001,E.2,121,2026-04-01
S1,01-0002,E.1,130,2026-03-02
S1,01-0003,E.1,240,2026-03-03
S1,01-0003,E.2,250,2026-04-03
";
const CORRECTED: &str = "STUDY,SUBJECT,VISIT,SBP,DATE
S1,01-0003,E.2,150,2026-04-03
";
const MAPPING: &str = r#"
study = { column = "STUDY", value = "S1" }
subject = { column = "SUBJECT" }
event = { column = "VISIT" }
form = { value = "F.VS" }
group = "IG.VS"
item = [
  { column = "SBP", item = "I.SBP", number = "integer" },
  { column = "DATE", item = "I.DATE" },
]
"#;

pub struct World {
    pub store: Arc<dyn Store>,
    pub edc: Arc<Edc>,
    pub study: StudyOid,
    folder: TempDir,
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&folder.path().join("casebook.db")).unwrap());
        let now_ms = Arc::new(AtomicI64::new(1_770_000_000_000));
        let clock = move || {
            Timestamp::from_millisecond(now_ms.fetch_add(5_000, Ordering::Relaxed)).unwrap()
        };
        let edc = Arc::new(Edc::new(Arc::clone(&store), Arc::new(clock)));
        let world = Self { store, edc, study: StudyOid::new(STUDY), folder };
        world.edc.publish(&caller(), version(), None).await.unwrap();
        let site = SiteAdded {
            site: "01".into(),
            name: [("en".to_owned(), "Site one".to_owned())].into(),
            time_zone: "Europe/Berlin".to_owned(),
            country: None,
        };
        world.edc.add_site(&caller(), &world.study, site).await.unwrap();
        for subject in SUBJECTS {
            world.screen(subject).await;
        }
        world.import("first.csv", FIRST).await;
        world.import("corrected.csv", CORRECTED).await;
        world
    }

    pub async fn screen(&self, subject: &str) {
        let screen = ScreenSubject {
            site: "01".into(),
            subject: Some(SubjectKey::new(subject)),
            consented_on: "2026-02-20".to_owned(),
            screened_on: None,
            took_place: false,
        };
        let context = context(&format!("screen {subject}"));
        self.edc.screen(&context, &self.study, None, &screen).await.unwrap();
    }

    /// Notes an event, which adds an entry to the log of the subject.
    pub async fn note(&self, subject: &str, text: &str) {
        let event = RecordEvent {
            subject: SubjectKey::new(subject),
            on: "2026-05-01".to_owned(),
            text: text.to_owned(),
            event: None,
        };
        let context = context(&format!("note {text}"));
        self.edc.record_event(&context, &self.study, None, &event).await.unwrap();
    }

    pub async fn import(&self, name: &str, rows: &str) {
        let (file, mapping) = (self.folder.path().join(name), self.folder.path().join("map.toml"));
        fs::write(&file, rows).unwrap();
        fs::write(&mapping, MAPPING).unwrap();
        let source = table_source(&file, &mapping, Design::new(Arc::new(version()))).unwrap();
        let options = ImportOptions {
            dry_run: false,
            keep_good: false,
            complete: true,
            reason: "loaded".to_owned(),
        };
        let (context, progress) = (context(name), Arc::new(|_, _| {}));
        let mut said = Vec::new();
        let mut on_row = |_, row: &edc::import::RowReport| said.push(row.reason.clone());
        let report =
            import(&self.edc, &context, &self.study, &source, options, progress, &mut on_row);
        let report = report.await.unwrap();
        assert!(report.applied, "{said:?}");
    }

    /// Changes the database as somebody would who has the file: without the program, and without
    /// what guards the entries.
    pub fn tamper(&self, statements: &str) -> usize {
        let connection = Connection::open(self.folder.path().join("casebook.db")).unwrap();
        connection
            .execute_batch(
                "DROP TRIGGER IF EXISTS entry_is_never_changed;
                 DROP TRIGGER IF EXISTS entry_is_never_deleted;",
            )
            .unwrap();
        statements
            .split(';')
            .filter(|statement| !statement.trim().is_empty())
            .map(|statement| connection.execute(statement, ()).unwrap())
            .sum()
    }

    /// The bytes of one entry, to be replaced by the result of `change` with a hash that fits.
    pub fn forge(&self, subject: &str, sequence: u64, change: impl Fn(&mut [u8])) {
        let connection = Connection::open(self.folder.path().join("casebook.db")).unwrap();
        connection.execute_batch("DROP TRIGGER IF EXISTS entry_is_never_changed").unwrap();
        let place = entry(subject, sequence);
        let select = format!("SELECT bytes FROM entry WHERE {place}");
        let mut bytes: Vec<u8> = connection.query_row(&select, (), |row| row.get(0)).unwrap();
        change(&mut bytes);
        let hash = journal::Hash::of(&bytes);
        let update = format!("UPDATE entry SET bytes = ?1, hash = ?2 WHERE {place}");
        assert_eq!(connection.execute(&update, (&bytes, hash.as_bytes())).unwrap(), 1);
    }

    /// One hash over all rows of the study's views.
    pub fn hash_of_rows(&self) -> String {
        let connection = Connection::open(self.folder.path().join("casebook.db")).unwrap();
        let rows = "SELECT view, key, bytes FROM view_row WHERE study = ?1 ORDER BY view, key";
        let mut rows = connection.prepare(rows).unwrap();
        let mut all = Vec::new();
        let mut rows = rows.query([STUDY]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let (view, key): (u16, String) = (row.get(0).unwrap(), row.get(1).unwrap());
            all.extend_from_slice(&view.to_be_bytes());
            all.extend_from_slice(key.as_bytes());
            all.extend(row.get::<_, Vec<u8>>(2).unwrap());
        }
        assert!(all.len() > 1_000, "{} bytes of rows", all.len());
        journal::Hash::of(&all).to_string()
    }

    pub async fn verify(&self, options: VerifyOptions) -> VerifyReport {
        verify(&self.store, options, Arc::new(|_, _| {})).await.unwrap()
    }

    /// The faults of everything, views included. Reading the chains alone, which goes another way,
    /// must find the same in the logs.
    pub async fn faults(&self) -> Vec<String> {
        let options = VerifyOptions { views: true, ..VerifyOptions::default() };
        let faults = said(&self.verify(options).await);
        let of_logs: Vec<_> = faults.iter().filter(|fault| fault.contains(", entry ")).collect();
        let of_chains = self.faults_of_chains().await;
        assert_eq!(of_logs, of_chains.iter().collect::<Vec<_>>());
        faults
    }

    /// The faults of the chains alone.
    pub async fn faults_of_chains(&self) -> Vec<String> {
        said(&self.verify(VerifyOptions::default()).await)
    }

    /// The faults of the chains and of a checkpoint.
    pub async fn faults_since(&self, file: &CheckpointFile, key: [u8; 32]) -> Vec<String> {
        let checkpoint = Some(file.clone());
        let options =
            VerifyOptions { checkpoint, trusted_key: Some(key), ..VerifyOptions::default() };
        said(&self.verify(options).await)
    }

    pub async fn last(&self, subject: &str) -> u64 {
        let log = LogName::new(STUDY, "casebook", subject);
        self.store.head(&log).await.unwrap().unwrap().sequence
    }
}

pub fn said(report: &VerifyReport) -> Vec<String> {
    report.faults.iter().map(ToString::to_string).collect()
}

/// Counts what it is told.
pub fn counting() -> (Progress, Arc<AtomicU64>) {
    let most = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&most);
    (Arc::new(move |entries, _| _ = counted.fetch_max(entries, Ordering::Relaxed)), most)
}

/// The condition that finds the log of a subject.
pub fn log(subject: &str) -> String {
    format!("(SELECT id FROM log WHERE kind = 'casebook' AND key = '{subject}')")
}

/// The condition that finds an entry of a subject.
pub fn entry(subject: &str, sequence: u64) -> String {
    format!("log = {} AND sequence = {sequence}", log(subject))
}

pub fn caller() -> Caller {
    Caller::system("loader")
}

fn context(request: &str) -> Context {
    Context::new(caller(), "system", request)
}

/// Two visits with one form: a blood pressure that should not be above 180, and its date.
pub fn version() -> StudyVersion {
    let item = |oid: &str, data_type| ItemDef {
        oid: oid.into(),
        name: oid.trim_start_matches("I.").to_owned(),
        data_type,
        ..ItemDef::default()
    };
    let refer = |oid: &str| ItemRef { item: oid.into(), ..ItemRef::default() };
    let event = |oid: &str| StudyEventDef {
        oid: oid.into(),
        name: oid.to_owned(),
        forms: vec![FormRef { form: "F.VS".into(), ..FormRef::default() }],
        ..StudyEventDef::default()
    };
    let at_most_180 = RangeCheck {
        comparator: Some(Comparator::Le),
        values: vec!["180".to_owned()],
        ..RangeCheck::default()
    };
    let pressure = ItemDef { range_checks: vec![at_most_180], ..item("I.SBP", DataType::Integer) };
    StudyVersion {
        study_oid: STUDY.into(),
        study_name: STUDY.to_owned(),
        version_oid: "V1".into(),
        version_name: "1".to_owned(),
        events: vec![event("E.1"), event("E.2")],
        forms: vec![FormDef {
            oid: "F.VS".into(),
            name: "Vital signs".to_owned(),
            groups: vec![ItemGroupRef { group: "IG.VS".into(), ..ItemGroupRef::default() }],
            ..FormDef::default()
        }],
        item_groups: vec![ItemGroupDef {
            oid: "IG.VS".into(),
            name: "Vital signs".to_owned(),
            items: vec![refer("I.SBP"), refer("I.DATE")],
            ..ItemGroupDef::default()
        }],
        items: vec![pressure, item("I.DATE", DataType::Date)],
        visit_dates: vec!["I.DATE".into()],
        ..StudyVersion::default()
    }
}
