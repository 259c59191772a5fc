//! `casebook serve` is killed while it is saving.

use std::time::Duration;

use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    chance::Chance,
    client::Client,
    program::{Place, Server},
    study,
    writer::{Stop, Writer, subjects, writers},
};

const ROUNDS: u64 = 24;
const WRITERS: usize = 8;
/// A round is killed at the latest after so many acknowledgements.
const MOST_ACKNOWLEDGED: u64 = 120;
/// About the time of a few commits.
const BETWEEN_COMMITS: Duration = Duration::from_millis(8);
/// Every how many rounds the server is also killed while it starts.
const KILLED_AT_START: u64 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_save_survives_a_killed_server_and_none_is_half_there() {
    let mut chance = Chance::new("killed server");
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, subjects(WRITERS)).await;
    let mut writing = writers(WRITERS, &mut chance);
    for round in 0..ROUNDS {
        if round % KILLED_AT_START == 1 {
            place.serve_and_kill_at_once(&mut chance);
        }
        let server = place.serve();
        look_and_repeat(&server, &mut writing).await;
        writing = save_and_kill(server, writing, &mut chance).await;
        place.verify();
    }
    let server = place.serve();
    look_and_repeat(&server, &mut writing).await;
    let acknowledged: u64 = writing.iter().map(Writer::acknowledged).sum();
    assert!(acknowledged > ROUNDS, "{acknowledged}");
}

/// What was acknowledged is there; what was under way is sent again under its old id, and then
/// it is there too, once.
async fn look_and_repeat(server: &Server, writing: &mut [Writer]) {
    let mut client = Client::open(server.address).await.unwrap();
    for writer in writing {
        writer.check(&mut client, true).await;
        let refused = writer.send_open(&mut client).await.unwrap();
        assert!(refused.is_none(), "{refused:?}");
        writer.check(&mut client, false).await;
    }
}

/// Lets everybody save, and kills the server at a random moment.
async fn save_and_kill(server: Server, writing: Vec<Writer>, chance: &mut Chance) -> Vec<Writer> {
    let (told, mut acknowledgements) = mpsc::unbounded_channel();
    let mut saving = JoinSet::new();
    for mut writer in writing {
        let (address, told) = (server.address, told.clone());
        saving.spawn(async move {
            let stop = writer.save_until_stopped(address, told).await;
            assert!(matches!(stop, Stop::Lost), "{stop:?}");
            writer
        });
    }
    for _ in 0..=chance.below(MOST_ACKNOWLEDGED) {
        acknowledgements.recv().await.unwrap();
    }
    tokio::time::sleep(chance.shorter_than(BETWEEN_COMMITS)).await;
    server.kill();
    saving.join_all().await
}
