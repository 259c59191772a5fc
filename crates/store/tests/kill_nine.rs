//! What was acknowledged survives the sudden death of the program, and every batch is whole.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use journal::{Chain, Draft, Hash, Head, LogName};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use store::{Batch, Effect, LogPart, Range, Sqlite, Store, View};
use tempfile::TempDir;

const FILE: &str = "CASEBOOK_TEST_FILE";
const WRITERS: usize = 8;
const ROUNDS: usize = 20;
const PAGE: u32 = 100_000;
const ROWS: View = View(1);
/// Entries of a batch in the writer's log; one more goes to its counter.
const ENTRIES: u64 = 2;

fn casebook(writer: usize) -> LogName {
    LogName::new("S", "casebook", writer.to_string())
}

fn counter(writer: usize) -> LogName {
    LogName::new("S", "counter", writer.to_string())
}

fn row_key(writer: usize, sequence: u64) -> String {
    format!("{writer}/{sequence:08}")
}

async fn head(store: &Arc<dyn Store>, log: &LogName) -> Head {
    store.head(log).await.unwrap().unwrap_or_default()
}

/// Appends until it is killed, or `limit` times, and prints what was acknowledged.
async fn write(store: Arc<dyn Store>, writer: usize, limit: usize) {
    let mut casebook_head = head(&store, &casebook(writer)).await;
    let mut counter_head = head(&store, &counter(writer)).await;
    for _ in 0..limit {
        let draft = Draft { payload: vec![7; 300], ..Draft::default() };
        let drafts = [draft.clone(), draft.clone()];
        let key = row_key(writer, casebook_head.sequence + ENTRIES);
        let row = Effect::PutNew { view: ROWS, key, bytes: vec![8; 200] };
        let part = LogPart::seal(counter(writer), counter_head, &[draft], vec![]);
        counter_head = part.head();
        let batch = Batch::seal(casebook(writer), casebook_head, &drafts, vec![row]).and(part);
        casebook_head = store.append(batch).await.unwrap();
        let Head { sequence, hash } = casebook_head;
        println!("\nacknowledged {writer} {sequence} {hash} .");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_appends_and_says_what_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let (file, limit) = match std::env::var_os(FILE) {
        Some(file) => (file.into(), usize::MAX),
        None => (folder.path().join("casebook.db"), 3),
    };
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&file).unwrap());
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write(Arc::clone(&store), writer, limit)));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(check(&store).await, WRITERS * 3);
}

/// One acknowledgement; `None` for a line that was cut short, or is about something else.
fn acknowledgement(line: &str) -> Option<(usize, u64, Hash)> {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["acknowledged", writer, sequence, hash, "."] => {
            Some((writer.parse().ok()?, sequence.parse().ok()?, hash.parse().ok()?))
        }
        _ => None,
    }
}

/// Lets a program write until it has acknowledged so many appends, kills it, and returns
/// everything that it had acknowledged by then.
fn write_and_kill(file: &Path, after: usize) -> Vec<(usize, u64, Hash)> {
    let mut program = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_writer_appends_and_says_what_was_acknowledged", "--nocapture"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut acknowledged = Vec::new();
    for line in lines {
        acknowledged.extend(acknowledgement(&line));
        if acknowledged.len() == after {
            program.kill().unwrap();
        }
    }
    assert!(!program.wait().unwrap().success());
    assert!(acknowledged.len() >= after, "the writer ended before it was killed");
    acknowledged
}

/// Checks every chain and that entries, counters and rows agree; returns the number of batches.
async fn check(store: &Arc<dyn Store>) -> usize {
    let mut batches = 0;
    for writer in 0..WRITERS {
        for log in [casebook(writer), counter(writer)] {
            let mut chain = Chain::new(log.clone());
            for entry in store.read(&log, 1, PAGE).await.unwrap() {
                chain.accept(&entry).unwrap();
            }
            chain.finish(head(store, &log).await).unwrap();
        }
        let end = head(store, &casebook(writer)).await.sequence;
        let expected: Vec<String> =
            (1..=end / ENTRIES).map(|batch| row_key(writer, batch * ENTRIES)).collect();
        let range = Range::all(ROWS, "S", PAGE).prefix(format!("{writer}/"));
        let rows = store.list(range).await.unwrap();
        let keys: Vec<String> = rows.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, expected);
        assert_eq!(head(store, &counter(writer)).await.sequence * ENTRIES, end);
        batches += expected.len();
    }
    batches
}

#[tokio::test]
async fn everything_acknowledged_survives_a_killed_program() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("casebook.db");
    let mut acknowledged: HashMap<(usize, u64), Hash> = HashMap::new();
    for round in 0..ROUNDS {
        let after = 1 + round * 7_919 % 211;
        for (writer, sequence, hash) in write_and_kill(&file, after) {
            acknowledged.insert((writer, sequence), hash);
        }
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&file).unwrap());
        for ((writer, sequence), hash) in &acknowledged {
            let entry = store.entry(&casebook(*writer), *sequence).await.unwrap();
            assert_eq!(entry.map(|entry| entry.hash), Some(*hash));
        }
        assert!(check(&store).await >= acknowledged.len());
    }
    assert!(acknowledged.len() > ROUNDS);
}
