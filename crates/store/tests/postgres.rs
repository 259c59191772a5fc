#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

mod suite;

use futures::future::join_all;
use journal::{Hash, Head, Sealed};
use std::sync::Arc;
use store::{Postgres, PostgresOptions, Store, StoreError};
use suite::{log, one, put, put_new, row};
use testkit::postgres::Postgres as Server;
use tokio_postgres::{Client, NoTls};

async fn open(database: &str) -> Arc<dyn Store> {
    Arc::new(Postgres::connect(database).await.unwrap())
}

async fn console(database: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(database, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_every_promise_of_a_store() {
    let server = Server::shared();
    for (name, case) in suite::CASES {
        println!("{name}");
        case(open(&server.database()).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_on_one_database_append_without_losing_or_doubling() {
    const PROGRAMS: usize = 3;
    const WINS: usize = 10;
    let server = Server::shared();
    let database = server.database();
    let options = PostgresOptions { pool_size: 2, ..PostgresOptions::default() };
    let opened = join_all((0..PROGRAMS).map(|_| Postgres::connect_with(&database, &options))).await;
    let programs = opened.into_iter().map(|store| {
        let store: Arc<dyn Store> = Arc::new(store.unwrap());
        tokio::spawn(async move {
            let mut head = Head::default();
            let mut wins = 0;
            while wins < WINS {
                match store.append(one("1", head, vec![put("k", &wins.to_string())])).await {
                    Ok(after) => (head, wins) = (after, wins + 1),
                    Err(StoreError::HeadMoved { actual, .. }) => head = actual,
                    Err(other) => panic!("{other:?}"),
                }
            }
        })
    });
    for program in join_all(programs).await {
        program.unwrap();
    }
    let store = open(&database).await;
    let entries = store.read(&log("1"), 1, 1_000).await.unwrap();
    assert_eq!(entries.len(), PROGRAMS * WINS);
    assert_eq!(entries.last().map(Sealed::head), store.head(&log("1")).await.unwrap());
}

#[tokio::test]
async fn entries_cannot_be_changed_deleted_or_truncated_in_the_database() {
    let server = Server::shared();
    let database = server.database();
    let store = open(&database).await;
    store.append(one("1", Head::default(), vec![])).await.unwrap();
    let console = console(&database).await;
    for tampering in ["UPDATE entry SET bytes = ''", "DELETE FROM entry", "TRUNCATE entry"] {
        let refused = console.batch_execute(tampering).await.unwrap_err();
        let why = refused.as_db_error().unwrap().message().to_owned();
        assert!(why.contains("never changed"), "{tampering}: {why}");
    }
    assert_eq!(store.read(&log("1"), 1, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_by_its_schema() {
    let server = Server::shared();
    let database = server.database();
    drop(open(&database).await);
    console(&database).await.batch_execute("UPDATE schema_version SET version = 99").await.unwrap();
    let refused = Postgres::connect(&database).await;
    assert!(matches!(refused, Err(StoreError::NewerSchema { found: 99, .. })));
}

#[tokio::test]
async fn a_store_goes_on_when_its_connections_were_cut() {
    let server = Server::shared();
    let database = server.database();
    let store = open(&database).await;
    let mut head = store.append(one("1", Head::default(), vec![])).await.unwrap();
    let console = console(&database).await;
    let cut = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for turn in 0..3 {
        let ended: i64 = console.query_one(cut, &[]).await.unwrap().get(0);
        assert!(ended > 0);
        head = store.append(one("1", head, vec![put("k", &turn.to_string())])).await.unwrap();
    }
    assert_eq!(store.head(&log("1")).await.unwrap(), Some(head));
    assert_eq!(head.sequence, 4);
    assert_eq!(row(&store, "k").await.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_row_written_behind_the_stores_back_still_takes_its_key() {
    let server = Server::shared();
    let database = server.database();
    let store = open(&database).await;
    let console = console(&database).await;
    console.batch_execute("INSERT INTO view_row VALUES ('S', 7, 'k', '')").await.unwrap();
    let refused = store.append(one("1", Head::default(), vec![put_new("k", "1")])).await;
    assert!(matches!(refused, Err(StoreError::KeyTaken { .. })));
    assert_eq!(store.head(&log("1")).await.unwrap().map(|head| head.hash), None::<Hash>);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_caller_hears_that_the_database_is_gone() {
    let server = Server::start();
    let store = open(&server.database()).await;
    store.append(one("0", Head::default(), vec![])).await.unwrap();
    drop(server);
    let appends = (1..=50).map(|number| {
        let store = Arc::clone(&store);
        let batch = one(&number.to_string(), Head::default(), vec![]);
        tokio::spawn(async move { store.append(batch).await })
    });
    for answer in join_all(appends).await {
        assert!(matches!(answer.unwrap(), Err(StoreError::Unreachable { .. })));
    }
    let head = store.head(&log("0")).await;
    assert!(matches!(head, Err(StoreError::Unreachable { .. })), "{head:?}");
    assert_eq!(store.stats().refused, 50);
}
