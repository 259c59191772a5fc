//! Measures durable appends: `append_rate [sqlite|postgres] [callers] [appends per caller]`.
//!
//! Each append is one entry of about 500 bytes and two view rows of about 400 bytes; each caller
//! writes to its own fifty logs, one append after the other. Then all chains are verified.

#![expect(clippy::unwrap_used, reason = "a measurement stops at the first error")]

use journal::{Chain, Draft, Head, LogName};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Batch, Effect, Postgres, PostgresOptions, Sqlite, Store, View};
use tempfile::TempDir;
use testkit::postgres::Postgres as Server;

const LOGS_PER_CALLER: usize = 50;
const RECORDS: View = View(1);
const STATUS: View = View(2);

fn batch(log: LogName, head: Head) -> Batch {
    let draft = Draft {
        recorded_at_ms: 1_400_000_000_000,
        actor: "usr_01HZX3".into(),
        role: "coordinator".into(),
        origin: "web".into(),
        request_id: "req_01HZX3M9Q4".into(),
        kind: "FormSaved".into(),
        payload: vec![7; 350],
        ..Draft::default()
    };
    let record = format!("{}/visit {}/vital signs", log.key, head.sequence % 20);
    let effects = vec![
        Effect::Put { view: RECORDS, key: record, bytes: vec![8; 400] },
        Effect::Put { view: STATUS, key: log.key.clone(), bytes: vec![9; 400] },
    ];
    Batch::seal(log, head, &[draft], effects)
}

async fn call(store: Arc<dyn Store>, caller: usize, appends: usize) -> Vec<Duration> {
    let mut heads = [Head::default(); LOGS_PER_CALLER];
    let mut waits = Vec::with_capacity(appends);
    for append in 0..appends {
        let subject = append % LOGS_PER_CALLER;
        let log = LogName::new("STUDY", "casebook", format!("{caller:03}-{subject:04}"));
        let started = Instant::now();
        heads[subject] = store.append(batch(log, heads[subject])).await.unwrap();
        waits.push(started.elapsed());
    }
    waits
}

async fn measure(store: Arc<dyn Store>, callers: usize, appends: usize) {
    let started = Instant::now();
    let calls = (0..callers).map(|caller| tokio::spawn(call(Arc::clone(&store), caller, appends)));
    let mut waits = Vec::new();
    for caller in calls.collect::<Vec<_>>() {
        waits.extend(caller.await.unwrap());
    }
    let seconds = started.elapsed().as_secs_f64();
    waits.sort_unstable();
    let stats = store.stats();
    println!("{:.0} appends/s, {stats:?}", rate(waits.len(), seconds));
    let (median, late) = (waits[waits.len() / 2], waits[waits.len() * 99 / 100]);
    println!("p50 {median:?}, p99 {late:?}");
    verify(store).await;
}

async fn verify(store: Arc<dyn Store>) {
    let logs = store.logs(None, None, u32::MAX).await.unwrap();
    let (mut entries, mut reading, mut verifying) = (0, Duration::ZERO, Duration::ZERO);
    for (log, head) in logs {
        let started = Instant::now();
        let read = store.read(&log, 1, u32::MAX).await.unwrap();
        reading += started.elapsed();
        let started = Instant::now();
        let mut chain = Chain::new(log);
        for entry in &read {
            chain.accept(entry).unwrap();
        }
        chain.finish(head).unwrap();
        verifying += started.elapsed();
        entries += read.len();
    }
    let (verified, read) = (verifying.as_secs_f64(), reading.as_secs_f64());
    println!(
        "{entries} entries: read {:.0}/s, verified {:.0}/s",
        rate(entries, read),
        rate(entries, verified)
    );
}

fn rate(count: usize, seconds: f64) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / seconds
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |index: usize, or: usize| words.get(index).map_or(or, |word| word.parse().unwrap());
    let (callers, appends) = (number(1, 64), number(2, 2_000));
    if words.first().is_some_and(|engine| engine == "postgres") {
        let server = Server::start_durable();
        for writers in [1, 2] {
            let options = PostgresOptions { writers, ..PostgresOptions::default() };
            let store = Postgres::connect_with(&server.database(), &options).await.unwrap();
            println!("PostgreSQL, {callers} callers, {writers} writers");
            measure(Arc::new(store), callers, appends).await;
        }
    } else {
        let folder = TempDir::new().unwrap();
        let store = Sqlite::open(&folder.path().join("casebook.db")).unwrap();
        println!("SQLite, {callers} callers");
        measure(Arc::new(store), callers, appends).await;
    }
}
