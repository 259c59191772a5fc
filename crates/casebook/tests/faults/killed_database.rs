//! PostgreSQL is killed under the server, and comes back.

use std::time::Duration;

use testkit::postgres::Postgres;

use crate::{
    chance::Chance,
    client::Client,
    load::{Bounds, Load},
    program::Place,
    study,
    writer::{subjects, writers},
};

const ROUNDS: usize = 5;
const WRITERS: usize = 6;
const MOST_ACKNOWLEDGED: u64 = 80;
/// Refusals that are awaited before the database comes back.
const REFUSED: usize = 30;
const BETWEEN_COMMITS: Duration = Duration::from_millis(8);
/// Nobody waits long to hear that the database is away.
const BOUNDS: Bounds = Bounds {
    answer_time: Duration::from_secs(5),
    refusals: &[(503, "UNAVAILABLE")],
    may_lose: false,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_database_loses_nothing_and_the_server_goes_on_when_it_is_back() {
    let mut chance = Chance::new("killed database");
    let folder = tempfile::tempdir().unwrap();
    let mut postgres = Postgres::start_durable();
    let place = Place { data: folder.path().join("data"), database: Some(postgres.database()) };
    study::fill(&place, subjects(WRITERS)).await;
    let server = place.serve();
    let mut client = Client::open(server.address).await.unwrap();
    let mut first = writers(WRITERS, &mut chance);
    assert!(first[0].save_next(&mut client).await.unwrap().is_none());
    let mut load = Load::start(server.address, first, BOUNDS);
    for _ in 0..ROUNDS {
        load.await_acknowledged(1 + chance.below(MOST_ACKNOWLEDGED)).await;
        tokio::time::sleep(chance.shorter_than(BETWEEN_COMMITS)).await;
        postgres.kill();
        load.await_not_done(REFUSED).await;
        postgres.start_again();
    }
    load.await_acknowledged(MOST_ACKNOWLEDGED).await;
    let mut client = Client::open(server.address).await.unwrap();
    for mut writer in load.stop().await {
        writer.check(&mut client, true).await;
        assert!(writer.send_open(&mut client).await.unwrap().is_none());
        writer.check(&mut client, false).await;
    }
    place.verify();
}
