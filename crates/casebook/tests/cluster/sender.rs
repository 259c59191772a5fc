//! Processes that send webhooks: none, one, and another that goes on for one that was killed.

use std::{collections::HashSet, time::Duration};

use serde_json::json;

use crate::{
    client::Client,
    program::Server,
    receiver::{Received, Receiver},
    study::{MANAGER, STUDY, subject},
    world::{World, until},
    writer::{record_path, save},
};

const SAVES: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_wait_for_a_process_that_sends_and_another_goes_on_for_one_that_was_killed() {
    let world = World::new().await;
    let parts = world.start_all().await;
    let gateway = parts.gateway.address;
    let receiver = Receiver::start(Duration::ZERO).await;
    let mut manager = Client::open_as(gateway, MANAGER).await.unwrap();
    let path = format!("/v1/studies/{STUDY}/webhooks");
    let nobody = manager.get(&path).await.unwrap();
    assert_eq!((nobody.status, nobody.problem()), (503, "UNAVAILABLE"));

    let one = sender(&world);
    until("somebody answers", || async {
        let mut client = Client::open_as(gateway, MANAGER).await.unwrap();
        client.get(&path).await.unwrap().status == 200
    })
    .await;
    let url = format!("http://{}/hook", receiver.address);
    let endpoint = json!({ "url": url, "eventTypes": ["form.saved"] });
    manager.post(&path, &endpoint).await.unwrap().expect_success();
    let mut coordinator = Client::open(gateway).await.unwrap();
    for version in 1..=SAVES {
        save_version(&mut coordinator, version).await;
    }
    receiver.wait_until(|came| came.len() as u64 >= SAVES).await;
    one.kill();
    let _other = sender(&world);
    for version in SAVES + 1..=2 * SAVES {
        save_version(&mut coordinator, version).await;
    }
    let came = receiver
        .wait_until(|came| {
            let ids: HashSet<&str> = came.iter().map(Received::id).collect();
            ids.len() as u64 >= 2 * SAVES
        })
        .await;
    let mut seen = HashSet::new();
    let first = came.iter().filter(|one| seen.insert(one.id().to_owned()));
    let sequences: Vec<u64> = first.map(|one| one.entry().1).collect();
    assert!(sequences.is_sorted(), "{sequences:?}");
    assert_eq!(sequences.len() as u64, 2 * SAVES);
}

/// A process that sends, also to this machine.
fn sender(world: &World) -> Server {
    let usual = std::fs::read_to_string(world.config()).unwrap();
    let text = format!("{usual}[webhooks]\nallow_http = true\nallow_networks = ['127.0.0.0/8']\n");
    let file = world.folder.path().join("sender.toml");
    std::fs::write(&file, text).unwrap();
    world.start_with("webhook", "127.0.0.1:0", file.to_str().unwrap())
}

async fn save_version(coordinator: &mut Client, version: u64) {
    let body = save(&format!("s-{version}"), version - 1, version);
    coordinator.put(&record_path(&subject(0), 3), &body).await.unwrap().expect_success();
}
