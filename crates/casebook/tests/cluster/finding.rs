//! Which parts a process can have, and how it finds the others without etcd.

use std::net::TcpListener;

use crate::{
    chance::Chance,
    client::Client,
    load::Load,
    program::said,
    world::{NEVER, WRITERS, World, await_ready, look_and_repeat},
    writer::writers,
};

const SAVES: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_are_found_by_list_and_by_name() {
    let world = World::new().await;
    let mut chance = Chance::new("found services");
    let text = |discovery: &str, services: &str| {
        let key = world.folder.path().join("cluster.key");
        let text = format!(
            "[cluster]\ndiscovery = '{discovery}'\nkey = '{}'\n[cluster.services]\n{services}",
            key.display()
        );
        let file = world.folder.path().join(format!("{discovery}.toml"));
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    // Two parts in one process call each other without the network.
    let both = world.start("identity,portfolio");
    let port = both.address.port();
    let listed = text("static", &format!("identity = ['{}']\n", both.address));
    let edc = world.start_with("edc", "127.0.0.1:0", &listed);
    let named = text(
        "dns",
        &format!(
            "identity = ['localhost:{port}']\nportfolio = ['localhost:{port}']\n\
             edc = ['localhost:{}']\n",
            edc.address.port()
        ),
    );
    let gateway = world.start_with("gateway", "127.0.0.1:0", &named);
    await_ready(gateway.address).await;
    let mut load = Load::start(gateway.address, writers(WRITERS, &mut chance), NEVER);
    load.await_acknowledged(SAVES).await;
    look_and_repeat(gateway.address, load.stop().await).await;

    // With all parts in one process nothing needs to be found.
    let whole = world.start_with("gateway,identity,portfolio,edc", "127.0.0.1:0", &listed);
    await_ready(whole.address).await;
    let mut client = Client::open(whole.address).await.unwrap();
    client.get("/api/trial/list").await.unwrap().expect_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_cannot_work_says_why_and_does_not_start() {
    let world = World::new().await;
    let nowhere = world.folder.path().join("nowhere.toml");
    std::fs::write(&nowhere, "[cluster]\ndiscovery = 'static'\n").unwrap();
    let nowhere = nowhere.to_str().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let place = world.place("wrong");
    for (words, why) in [
        (vec!["--only", "edc,epro"], "possible values: identity, portfolio, edc, webhook, gateway"),
        (vec!["--only", "gateway", "--config", nowhere], "cluster.services.identity"),
        (vec!["--only", "identity", "--config", world.config(), "--listen", &taken], &taken),
    ] {
        let output = place.run(&[&["serve"], words.as_slice()].concat());
        assert!(!output.status.success());
        assert!(said(&output).contains(why), "{words:?}: {}", said(&output));
    }
    let alone = crate::program::Place { database: None, ..place };
    let output = alone.run(&["serve", "--only", "edc", "--config", world.config()]);
    assert!(said(&output).contains("--database"), "{}", said(&output));
}
