use crate::{
    receiver::{Answer, Received, Receiver},
    world::{MASTER, STUDY, World, client, hooks, local, no_names, on_every_store},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use webhook::{Limits, Worker};

const SUBJECTS: u64 = 20;
const EVENTS: u64 = 1_000;

/// Every entry came, in order within its log when what came again is left out, and nothing else.
fn assert_complete(accepted: &[Received]) {
    let mut ids: HashMap<String, (String, u64)> = HashMap::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut of_log: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for one in accepted {
        let entry = one.entry();
        let known = ids.entry(one.id().to_owned()).or_insert_with(|| entry.clone());
        assert_eq!(*known, entry, "an id means one entry");
        if seen.insert(one.id().to_owned()) {
            of_log.entry(entry.0).or_default().push(entry.1);
        }
    }
    assert_eq!(of_log.len() as u64, SUBJECTS);
    for (log, sequences) in of_log {
        let expected: Vec<u64> = (1..=EVENTS / SUBJECTS).collect();
        assert_eq!(sequences, expected, "{log}");
    }
}

async fn note_thousand(world: &World) {
    for number in 0..EVENTS {
        world.note(&format!("S-{:02}", number % SUBJECTS)).await;
    }
}

/// Runs a worker until it has had so many requests answered, then ends it like a power cut: tasks
/// stop where they are, nothing is noted.
async fn run_until_killed(world: &World, receiver: &Receiver, more: usize) {
    let hooks = hooks(&world.store, &world.clock, client(local(), no_names()));
    let limits = Limits { poll: Duration::from_millis(5), ..Limits::default() };
    let worker = Arc::new(Worker::new(hooks, limits));
    let until = receiver.received().len() + more;
    let running = tokio::spawn(worker.run(std::future::pending()));
    while receiver.received().len() < until {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    // Its lease ends.
    world.advance_s(61);
}

#[test]
fn a_thousand_events_survive_workers_that_die_and_a_receiver_that_fails() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        receiver.behave(|_, before| Answer::status(if before % 37 == 5 { 500 } else { 200 }));
        note_thousand(&world).await;
        for more in [60, 1, 150, 230] {
            run_until_killed(&world, &receiver, more).await;
        }
        receiver.answer(200);
        for _ in 0..12 {
            world.worker.run_until_idle().await;
            world.advance_s(400);
        }
        assert_complete(&receiver.accepted());
        assert_eq!(world.endpoint().await.held_back, 0);
    });
}

#[test]
fn a_receiver_that_was_away_gets_everything_with_little_memory_meanwhile() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        receiver.answer(500);
        note_thousand(&world).await;
        world.worker.run_until_idle().await;
        let endpoint = world.endpoint().await;
        assert_eq!(u64::from(endpoint.held_back.unsigned_abs()), SUBJECTS);
        let noted = world.store.noted(STUDY, "webhook", &endpoint.endpoint_id).await.unwrap();
        assert!(noted.unwrap().len() < 20_000);
        receiver.answer(200);
        world.advance_s(6);
        world.worker.run_until_idle().await;
        assert_complete(&receiver.accepted());
    });
}

const FILE: &str = "CASEBOOK_TEST_WEBHOOK_FILE";

/// Runs in a process of its own, which is killed.
#[test]
fn a_program_sends_events_until_it_is_killed() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store: Arc<dyn store::Store> = Arc::new(store::Sqlite::open(file.as_ref()).unwrap());
        let clock = testkit::clock::FakeClock::at(&std::env::var("NOW").unwrap());
        let hooks = hooks(&store, &clock, client(local(), no_names()));
        let worker = Arc::new(Worker::new(hooks, Limits::default()));
        worker.run(std::future::pending()).await;
    });
}

#[test]
fn a_thousand_events_survive_a_program_that_is_killed() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::on_sqlite().await;
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        note_thousand(&world).await;
        let file = world.folder.as_ref().unwrap().path().join("casebook.db");
        for more in [90, 3, 310] {
            let until = receiver.received().len() + more;
            let mut program = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "restarting::a_program_sends_events_until_it_is_killed"])
                .env(FILE, &file)
                .env("NOW", world.clock.now().to_string())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap();
            while receiver.received().len() < until {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            program.kill().unwrap();
            program.wait().unwrap();
            world.advance_s(61);
        }
        world.worker.run_until_idle().await;
        assert_complete(&receiver.accepted());
    });
}

#[test]
fn an_endpoint_belongs_to_one_worker_at_a_time() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        note_thousand(&world).await;
        let other = hooks(&world.store, &world.clock, client(local(), no_names()));
        let other = Worker::new(other, Limits::default());
        tokio::join!(world.worker.run_until_idle(), other.run_until_idle());
        world.worker.run_until_idle().await;
        assert_eq!(receiver.received().len() as u64, EVENTS, "nothing came twice");
        assert_complete(&receiver.accepted());
    });
}

#[test]
fn another_secret_sends_nothing_rather_than_what_cannot_be_verified() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        world.note("A").await;
        let random = Arc::new(|bytes: &mut [u8]| bytes.fill(1));
        let mut secret = MASTER;
        secret[0] ^= 1;
        let other = webhook::Webhooks::new(
            Arc::clone(&world.store),
            world.clock.as_fn(),
            random,
            webhook::MasterKey::new(secret),
            client(local(), no_names()),
        );
        Worker::new(Arc::new(other), Limits::default()).run_until_idle().await;
        assert!(receiver.received().is_empty());
        world.advance_s(61);
        world.worker.run_until_idle().await;
        assert_eq!(receiver.received().len(), 1);
    });
}
