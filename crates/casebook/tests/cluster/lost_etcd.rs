//! etcd is held for a minute, killed, and emptied.

use std::time::{Duration, Instant};

use crate::{
    chance::Chance,
    load::Load,
    world::{NEVER, WRITERS, World, await_ready, look_and_repeat, until},
    writer::writers,
};

/// A lease takes ten seconds.
const AWAY: Duration = Duration::from_mins(1);
/// Between the saves that are made meanwhile, so that the other tests have some of the machine.
const QUIET: Duration = Duration::from_secs(3);
const SAVES: u64 = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_etcd_is_away_no_call_fails_and_then_everybody_is_registered_again() {
    let mut chance = Chance::new("lost etcd");
    let mut world = World::new().await;
    let parts = world.start_all().await;
    let mut load = Load::start(parts.gateway.address, writers(WRITERS, &mut chance), NEVER);
    load.await_acknowledged(SAVES).await;
    let held = Instant::now();
    world.etcd.hold();
    while held.elapsed() < AWAY {
        load.await_acknowledged(SAVES).await;
        let writing = load.stop().await;
        tokio::time::sleep(QUIET).await;
        load = Load::start(parts.gateway.address, writing, NEVER);
    }
    world.etcd.go_on();
    is_registered(&world).await;
    load.await_acknowledged(SAVES).await;

    world.etcd.kill();
    load.await_acknowledged(SAVES).await;
    world.etcd.start_empty();
    is_registered(&world).await;
    load.await_acknowledged(SAVES).await;
    await_ready(parts.gateway.address).await;
    look_and_repeat(parts.gateway.address, load.stop().await).await;
}

/// With go-zero's layout: the name of the service, a slash, the lease.
async fn is_registered(world: &World) {
    until("everybody is registered", || async {
        let listed = world.etcd.ctl(&["get", "--prefix", "--keys-only", "casebook."]);
        let is_listed = |service: &str| {
            let name = format!("casebook.{service}/");
            let leases = listed.lines().filter_map(|line| line.strip_prefix(name.as_str()));
            leases.map(str::parse::<i64>).any(|lease| lease.is_ok())
        };
        ["identity", "portfolio", "edc"].into_iter().all(is_listed)
    })
    .await;
}
