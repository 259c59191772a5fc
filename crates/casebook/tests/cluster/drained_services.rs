//! Services are asked to end while they work.

use crate::{
    chance::Chance,
    load::{Bounds, Load},
    world::{NEVER, WRITERS, World, await_ready, look_and_repeat},
    writer::writers,
};

const SAVES: u64 = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_asked_to_end_answers_what_it_was_asked_and_nobody_notices() {
    let mut chance = Chance::new("drained services");
    let world = World::new().await;
    let mut parts = world.start_all().await;
    let gateway = parts.gateway.address;
    let mut load = Load::start(gateway, writers(WRITERS, &mut chance), NEVER);
    load.await_acknowledged(SAVES).await;
    // One after the other is replaced, as an operator does it: the new one first.
    for part in ["edc", "identity", "edc"] {
        let next = world.start(part);
        await_ready(next.address).await;
        let last = if part == "edc" { &mut parts.edc } else { &mut parts.identity };
        let last = std::mem::replace(last, next);
        load.await_acknowledged(SAVES).await;
        let ended = tokio::task::spawn_blocking(|| last.terminate()).await.unwrap();
        assert!(ended.success(), "{ended}");
        load.await_acknowledged(SAVES).await;
    }
    look_and_repeat(gateway, load.stop().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_asked_to_end_leaves_no_save_half_done() {
    let mut chance = Chance::new("drained gateway");
    let world = World::new().await;
    let mut parts = world.start_all().await;
    let gateway = parts.gateway.address;
    let bounds = Bounds { may_lose: true, ..NEVER };
    let mut load = Load::start(gateway, writers(WRITERS, &mut chance), bounds);
    load.await_acknowledged(SAVES).await;
    let ended = tokio::task::spawn_blocking(|| parts.gateway.terminate()).await.unwrap();
    assert!(ended.success(), "{ended}");
    parts.gateway = world.start_at("gateway", &gateway.to_string());
    await_ready(gateway).await;
    load.forget();
    load.await_acknowledged(SAVES).await;
    look_and_repeat(gateway, load.stop().await).await;
    world.place("setup").verify();
}
