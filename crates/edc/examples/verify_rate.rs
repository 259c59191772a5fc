//! Measures verification: `verify_rate [casebooks] [entries of each]`.
//!
//! Each entry saves six items of one of twenty form records; the logs grow in turn, ten entries at a
//! time, as they would in a running trial. The views are rebuilt from them, then all is verified.

#![expect(clippy::unwrap_used, reason = "a measurement stops at the first error")]

use std::{sync::Arc, time::Instant};

use contract::Caller;
use edc::{
    Edc,
    proof::{Progress, VerifyOptions, checkpoint, rebuild_views, verify},
};
use jiff::Timestamp;
use journal::{Draft, Head, LogName, SigningKey};
use kernel::{
    Datum, StudyVersion,
    casebook::{Event, FormSaved, ItemChange, RecordKey, RowChanges, RowKey, SubjectScreened},
};
use store::{Batch, Sqlite, Store};

const STUDY: &str = "S1";
const AT_A_TIME: usize = 10;
const RECORDS: usize = 20;
const ITEMS: usize = 6;
const NOW_MS: i64 = 1_770_000_000_000;

fn event(at: usize) -> Event {
    if at == 0 {
        return Event::SubjectScreened(SubjectScreened {
            site: "01".into(),
            screening_number: "01-S001".to_owned(),
            consented_on: Some("2026-02-01".to_owned()),
            screened_on: "2026-02-01".to_owned(),
        });
    }
    let record = RecordKey {
        event: format!("SE.VISIT{}", at % RECORDS).into(),
        event_repeat: "1".into(),
        form: format!("F.FORM{}", at % 4).into(),
        form_repeat: "1".into(),
    };
    let value = |item: usize| Some(Datum::value(format!("{}", 100 + (at + item) % 90)));
    let change =
        |item: usize| ItemChange(format!("I.VS.ITEM{item}").into(), None, value(item), None);
    let row = RowKey { group: "IG.VS".into(), repeat: "1".into() };
    let rows = vec![RowChanges(row, (0..ITEMS).map(change).collect())];
    let version = (at / RECORDS) as u64 + 1;
    Event::FormSaved(FormSaved { record, version, previous_entry: 0, complete: None, rows })
}

fn draft(at: usize) -> Draft {
    let event = event(at);
    Draft {
        recorded_at_ms: NOW_MS + i64::try_from(at).unwrap(),
        actor: "usr_01HZX3".to_owned(),
        role: "coordinator".to_owned(),
        origin: "web".to_owned(),
        request_id: format!("req_01HZX3M9Q4{at:06}"),
        kind: event.kind().to_owned(),
        payload: event.to_payload(),
        ..Draft::default()
    }
}

async fn fill(store: &Arc<dyn Store>, casebooks: usize, entries: usize) {
    let edc =
        Edc::new(Arc::clone(store), Arc::new(|| Timestamp::from_millisecond(NOW_MS).unwrap()));
    let version = StudyVersion { study_oid: STUDY.into(), ..StudyVersion::default() };
    edc.publish(&Caller::system("bench"), version, None).await.unwrap();
    let mut heads = vec![Head::default(); casebooks];
    for from in (0..entries).step_by(AT_A_TIME) {
        let drafts: Vec<Draft> = (from..(from + AT_A_TIME).min(entries)).map(draft).collect();
        let mut appends = tokio::task::JoinSet::new();
        for (at, head) in heads.iter_mut().enumerate() {
            let log = LogName::new(STUDY, "casebook", format!("01-{at:06}"));
            let batch = Batch::seal(log, *head, &drafts, Vec::new());
            *head = batch.head();
            let store = Arc::clone(store);
            appends.spawn(async move { store.append(batch).await.unwrap() });
            while appends.len() > 500 {
                appends.join_next().await.unwrap().unwrap();
            }
        }
        while let Some(done) = appends.join_next().await {
            done.unwrap();
        }
    }
}

/// A stretch of time, and of time on processors: others may be using the machine.
struct Watch {
    started: Instant,
    on_processors: f64,
}

impl Watch {
    fn start() -> Self {
        Self { started: Instant::now(), on_processors: seconds_on_processors() }
    }

    #[expect(clippy::cast_precision_loss, reason = "rates for people")]
    fn tell(&self, what: &str, entries: u64, bytes: u64) {
        let seconds = self.started.elapsed().as_secs_f64();
        let busy = seconds_on_processors() - self.on_processors;
        let (rate, megabytes) = (entries as f64 / seconds, bytes as f64 / 1e6);
        println!(
            "{what:24} {seconds:6.2} s, {rate:8.0} entries/s; one processor {busy:6.2} s, \
             {:8.0} entries/s, {:4.0} MB/s",
            entries as f64 / busy,
            megabytes / busy,
        );
    }
}

/// What the process has used so far, where the system is Linux: user and system time, in hundredths.
fn seconds_on_processors() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().unwrap());
    let casebooks = arguments.next().unwrap_or(2_000);
    let entries = arguments.next().unwrap_or(500);
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&folder.path().join("rate.db")).unwrap());
    fill(&store, casebooks, entries).await;
    let quiet: Progress = Arc::new(|_, _| {});
    let total = store.last_position().await.unwrap().0;

    let watch = Watch::start();
    rebuild_views(&store, None, Arc::clone(&quiet)).await.unwrap();
    watch.tell("rebuild views", total, 0);
    let started = Instant::now();
    let file = checkpoint(&store, &SigningKey::from_bytes(&[7; 32]), NOW_MS, None).await.unwrap();
    println!(
        "checkpoint of {} logs in {:.2} s",
        file.leaves.len(),
        started.elapsed().as_secs_f64()
    );
    for (what, views, checkpoint) in [
        ("chains", false, None),
        ("chains and checkpoint", false, Some(file)),
        ("chains and views", true, None),
    ] {
        let options = VerifyOptions { views, checkpoint, ..VerifyOptions::default() };
        let watch = Watch::start();
        let report = verify(&store, options, Arc::clone(&quiet)).await.unwrap();
        watch.tell(what, report.entries, report.bytes);
        assert!(report.is_clean(), "{:?}", report.faults);
    }
}
