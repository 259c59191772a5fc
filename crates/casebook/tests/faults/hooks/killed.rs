//! `casebook serve` is killed while it sends events.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    time::Duration,
};

use journal::LogName;
use store::{Sqlite, Store as _};
use tokio::task::JoinSet;

use super::{manager, serve_to_this_machine, subscribe};
use crate::{
    chance::Chance,
    client::Client,
    program::{Place, Server},
    receiver::{Received, Receiver},
    study::{self, STUDY, subject},
    writer::{Writer, subjects, writers},
};

const WRITERS: usize = 6;
/// How often each writer saves in a round.
const SAVES: usize = 12;
const KILLS: usize = 2;
/// The receiver works so long that most events are on their way when the server is killed.
const WORKS_FOR: Duration = Duration::from_millis(15);

/// The casebook, the number and the hash of an entry.
type Entry = (String, u64, String);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_killed_while_it_sends_misses_no_change_and_invents_none() {
    let mut chance = Chance::new("killed sender");
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, subjects(WRITERS)).await;
    let before = journal(&place.data).await;
    let receiver = Receiver::start(WORKS_FOR).await;
    let mut writing = writers(WRITERS, &mut chance);
    let mut server = serve_to_this_machine(&place);
    let url = format!("http://{}/hook", receiver.address);
    subscribe(&mut manager(&server).await, &url, &[]).await;
    for _ in 0..KILLS {
        let seen = receiver.received().len();
        writing = save(&server, writing).await;
        let more = usize::try_from(5 + chance.below(40)).unwrap();
        receiver.wait_until(|came| came.len() >= seen + more).await;
        server.kill();
        server = serve_to_this_machine(&place);
    }
    save(&server, writing).await;

    let wanted: HashSet<Entry> = &journal(&place.data).await - &before;
    let came = receiver
        .wait_until(|came| {
            let came: HashSet<Entry> = came.iter().map(Received::entry).collect();
            wanted.is_subset(&came)
        })
        .await;
    assert_none_invented(&came, &wanted);
    assert_in_order(&came);
    drop(server);
    place.verify();
    place.succeed(&["rebuild-views"]);
    place.verify();
}

/// Every writer saves some records; all are acknowledged.
async fn save(server: &Server, writing: Vec<Writer>) -> Vec<Writer> {
    let mut saving = JoinSet::new();
    for mut writer in writing {
        let address = server.address;
        saving.spawn(async move {
            let mut client = Client::open(address).await.unwrap();
            for _ in 0..SAVES {
                let refused = writer.save_next(&mut client).await.unwrap();
                assert!(refused.is_none(), "{refused:?}");
            }
            writer
        });
    }
    saving.join_all().await
}

/// All entries of casebooks.
async fn journal(data: &Path) -> HashSet<Entry> {
    let store = Sqlite::open(&data.join("casebook.db")).unwrap();
    let mut entries = HashSet::new();
    for number in 0..subjects(WRITERS) {
        let log = LogName::new(STUDY, "casebook", subject(number));
        for sealed in store.read(&log, 1, 100_000).await.unwrap() {
            entries.insert((log.key.clone(), sealed.sequence, sealed.hash.to_string()));
        }
    }
    entries
}

/// What came is in the journal; what came twice came under the same id.
fn assert_none_invented(came: &[Received], wanted: &HashSet<Entry>) {
    let mut by_id: HashMap<&str, Entry> = HashMap::new();
    for one in came {
        let entry = one.entry();
        assert!(wanted.contains(&entry), "{entry:?} is not in the journal");
        let known = by_id.entry(one.id()).or_insert_with(|| entry.clone());
        assert_eq!(*known, entry, "an id means one entry");
    }
    assert_eq!(by_id.len(), wanted.len(), "an entry has one id");
}

/// Within a casebook, what comes for the first time comes in the order of the journal.
fn assert_in_order(came: &[Received]) {
    let (mut seen, mut of_log) = (HashSet::new(), BTreeMap::<String, Vec<u64>>::new());
    for one in came.iter().filter(|one| seen.insert(one.id().to_owned())) {
        let (log, sequence, _) = one.entry();
        of_log.entry(log).or_default().push(sequence);
    }
    for (log, sequences) in of_log {
        assert!(sequences.is_sorted(), "{log}: {sequences:?}");
    }
}
