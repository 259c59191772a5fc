#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

mod suite;

use journal::{Chain, Head};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use store::{Sqlite, SqliteOptions, Store, StoreError};
use suite::{drop_row, log, one, put, put_new, row};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("casebook.db")
    }

    fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(&self.file()).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_every_promise_of_a_store() {
    for (name, case) in suite::CASES {
        let folder = Folder::new();
        println!("{name}");
        case(folder.open()).await;
    }
}

#[tokio::test]
async fn a_file_is_opened_again_with_everything_in_it() {
    let folder = Folder::new();
    let store = folder.open();
    let head = store.append(one("1", Head::default(), vec![put("k", "1")])).await.unwrap();
    drop(store);
    let store = folder.open();
    assert_eq!(store.head(&log("1")).await.unwrap(), Some(head));
    store.append(one("1", head, vec![])).await.unwrap();
    assert_eq!(store.last_position().await.unwrap().0, 2);
}

#[tokio::test]
async fn two_programs_on_one_file_see_each_others_writes() {
    let folder = Folder::new();
    let (one_program, other_program) = (folder.open(), folder.open());
    let mut head = Head::default();
    for turn in 0..6 {
        let (writes, reads) = match turn % 2 {
            0 => (&one_program, &other_program),
            _ => (&other_program, &one_program),
        };
        let stale = head;
        head = writes.append(one("1", head, vec![])).await.unwrap();
        assert_eq!(reads.head(&log("1")).await.unwrap(), Some(head));
        let refused = reads.append(one("1", stale, vec![])).await;
        assert!(matches!(refused, Err(StoreError::HeadMoved { actual, .. }) if actual == head));
    }
    one_program.append(one("2", Head::default(), vec![put_new("k", "1")])).await.unwrap();
    let refused = other_program.append(one("3", Head::default(), vec![put_new("k", "2")])).await;
    assert!(matches!(refused, Err(StoreError::KeyTaken { .. })));
}

#[tokio::test]
async fn a_full_disk_refuses_whole_batches_and_works_again_with_room() {
    let folder = Folder::new();
    let options = SqliteOptions { max_pages: Some(60), ..SqliteOptions::default() };
    let store: Arc<dyn Store> = Arc::new(Sqlite::open_with(&folder.file(), &options).unwrap());
    let kilobytes = "x".repeat(5_000);
    let mut head = Head::default();
    let refused = loop {
        let key = format!("row {}", head.sequence + 1);
        match store.append(one("1", head, vec![put(&key, &kilobytes)])).await {
            Ok(after) => head = after,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, StoreError::Full), "{refused:?}");
    assert!(head.sequence > 5);
    assert_eq!(store.head(&log("1")).await.unwrap(), Some(head));
    assert_eq!(row(&store, &format!("row {}", head.sequence)).await, Some(kilobytes.clone()));
    assert_eq!(row(&store, &format!("row {}", head.sequence + 1)).await, None);
    let room = (1..=5).map(|number| drop_row(&format!("row {number}"))).collect();
    head = store.append(one("1", head, room)).await.unwrap();
    let next = format!("row {}", head.sequence + 1);
    store.append(one("1", head, vec![put(&next, &kilobytes)])).await.unwrap();
    assert_eq!(row(&store, &next).await, Some(kilobytes));
    let mut chain = Chain::new(log("1"));
    for entry in store.read(&log("1"), 1, 1_000).await.unwrap() {
        chain.accept(&entry).unwrap();
    }
    assert_eq!(chain.head().sequence, head.sequence + 1);
}

#[tokio::test]
async fn entries_cannot_be_changed_or_deleted_in_the_file() {
    let folder = Folder::new();
    let store = folder.open();
    store.append(one("1", Head::default(), vec![])).await.unwrap();
    let console = Connection::open(folder.file()).unwrap();
    let changed = console.execute("UPDATE entry SET bytes = x'00'", ());
    assert!(changed.unwrap_err().to_string().contains("never changed"));
    let deleted = console.execute("DELETE FROM entry", ());
    assert!(deleted.unwrap_err().to_string().contains("never deleted"));
    assert_eq!(store.read(&log("1"), 1, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_refused_by_its_schema() {
    let folder = Folder::new();
    drop(folder.open());
    let console = Connection::open(folder.file()).unwrap();
    console.execute("INSERT INTO schema_version VALUES (99)", ()).unwrap();
    let refused = Sqlite::open(&folder.file());
    assert!(matches!(refused, Err(StoreError::NewerSchema { found: 99, .. })));
}

#[tokio::test]
async fn a_damaged_head_is_an_error_and_not_a_default() {
    let folder = Folder::new();
    drop(folder.open());
    let store = folder.open();
    store.append(one("1", Head::default(), vec![])).await.unwrap();
    let console = Connection::open(folder.file()).unwrap();
    console.execute("UPDATE log SET hash = x'00'", ()).unwrap();
    assert!(matches!(store.head(&log("1")).await, Err(StoreError::Failed { .. })));
}

#[tokio::test]
async fn a_backup_of_a_store_in_use_is_a_whole_store() {
    let folder = Folder::new();
    let store = Sqlite::open(&folder.file()).unwrap();
    let head = store.append(one("1", Head::default(), vec![put("k", "1")])).await.unwrap();
    let copy = folder.0.path().join("copy.db");
    store.backup(&copy).unwrap();
    assert!(matches!(store.backup(&copy), Err(StoreError::Unacceptable { .. })));
    store.append(one("1", head, vec![])).await.unwrap();
    let copied: Arc<dyn Store> = Arc::new(Sqlite::open(&copy).unwrap());
    assert_eq!(copied.head(&log("1")).await.unwrap(), Some(head));
    assert_eq!(row(&copied, "k").await.as_deref(), Some("1"));
}
