//! PostgreSQL is killed under the server, and comes back.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use testkit::postgres::Postgres;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
};

use crate::{
    chance::Chance,
    client::Client,
    program::Place,
    study,
    writer::{Writer, subjects, writers},
};

const ROUNDS: usize = 5;
const WRITERS: usize = 6;
const MOST_ACKNOWLEDGED: u64 = 80;
/// Refusals that are awaited before the database comes back.
const REFUSED: usize = 30;
const BETWEEN_COMMITS: Duration = Duration::from_millis(8);
/// Nobody waits longer to hear that the database is away.
const QUICK: Duration = Duration::from_secs(5);
/// A writer that was refused comes back after this.
const PAUSE: Duration = Duration::from_millis(10);

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
    let mut load = Load::start(server.address, first);
    for _ in 0..ROUNDS {
        load.await_acknowledged(1 + chance.below(MOST_ACKNOWLEDGED)).await;
        tokio::time::sleep(chance.shorter_than(BETWEEN_COMMITS)).await;
        postgres.kill();
        load.await_refused().await;
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

#[derive(Debug)]
enum Told {
    Acknowledged,
    Refused,
}

/// Everybody saves all the time; who is refused sends the same save again.
struct Load {
    told: UnboundedReceiver<Told>,
    ends: Arc<AtomicBool>,
    saving: JoinSet<Writer>,
}

impl Load {
    fn start(address: SocketAddr, writing: Vec<Writer>) -> Self {
        let (tell, told) = unbounded_channel();
        let ends = Arc::new(AtomicBool::new(false));
        let mut saving = JoinSet::new();
        for writer in writing {
            saving.spawn(save(writer, address, tell.clone(), Arc::clone(&ends)));
        }
        Self { told, ends, saving }
    }

    async fn await_acknowledged(&mut self, mut count: u64) {
        while count > 0 {
            if matches!(self.told.recv().await.unwrap(), Told::Acknowledged) {
                count -= 1;
            }
        }
    }

    async fn await_refused(&mut self) {
        let mut refused = 0;
        while refused < REFUSED {
            if matches!(self.told.recv().await.unwrap(), Told::Refused) {
                refused += 1;
            }
        }
    }

    async fn stop(self) -> Vec<Writer> {
        self.ends.store(true, Ordering::Relaxed);
        self.saving.join_all().await
    }
}

async fn save(
    mut writer: Writer,
    address: SocketAddr,
    tell: UnboundedSender<Told>,
    ends: Arc<AtomicBool>,
) -> Writer {
    let mut client = Client::open(address).await.unwrap();
    while !ends.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let answer = if writer.is_open() {
            writer.send_open(&mut client).await.unwrap()
        } else {
            writer.save_next(&mut client).await.unwrap()
        };
        assert!(asked.elapsed() < QUICK, "{:?} until {answer:?}", asked.elapsed());
        if let Some(refused) = answer {
            assert_eq!((refused.status, refused.problem()), (503, "UNAVAILABLE"), "{refused:?}");
            _ = tell.send(Told::Refused);
            tokio::time::sleep(PAUSE).await;
        } else {
            _ = tell.send(Told::Acknowledged);
        }
    }
    writer
}
