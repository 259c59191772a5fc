//! Each service is killed while it works, and started again.

use crate::{
    chance::Chance,
    client::Client,
    load::{Bounds, Load},
    world::{AWAY, WRITERS, World, await_ready, look_and_repeat, readyz},
    writer::writers,
};

const SAVES: u64 = 30;
const REFUSED: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_services_lose_nothing_that_was_acknowledged_and_are_used_again_by_themselves() {
    let mut chance = Chance::new("killed services");
    let world = World::new().await;
    let mut parts = world.start_all().await;
    let gateway = parts.gateway.address;
    let bounds = Bounds { may_lose: true, ..AWAY };
    let mut load = Load::start(gateway, writers(WRITERS, &mut chance), bounds);
    load.await_acknowledged(SAVES).await;

    parts.edc.kill();
    load.await_not_done(REFUSED).await;
    let (status, told) = readyz(gateway).await;
    assert_eq!((status, told.as_str()), (503, "not ready: edc\n"));
    parts.edc = world.start("edc");
    load.await_acknowledged(1).await;
    load.await_acknowledged(SAVES).await;

    parts.identity.kill();
    load.await_not_done(REFUSED).await;
    let told = readyz(parts.edc.address).await;
    assert_eq!(told, (200, "ok, without identity\n".to_owned()));
    parts.identity = world.start("identity");
    load.await_acknowledged(SAVES).await;

    // Nobody who saves misses the portfolio.
    let mut client = Client::open(gateway).await.unwrap();
    client.get("/api/trial/list").await.unwrap().expect_success();
    load.forget();
    parts.portfolio.kill();
    assert_eq!(load.await_acknowledged(SAVES).await, 0);
    let refused = client.get("/api/trial/list").await.unwrap();
    assert_eq!((refused.status, refused.problem()), (503, "UNAVAILABLE"));
    parts.portfolio = world.start("portfolio");
    await_ready(gateway).await;

    parts.gateway.kill();
    load.await_not_done(WRITERS).await;
    parts.gateway = world.start_at("gateway", &gateway.to_string());
    await_ready(gateway).await;
    load.forget();
    load.await_acknowledged(SAVES).await;
    look_and_repeat(gateway, load.stop().await).await;
    let mut client = Client::open(gateway).await.unwrap();
    client.get("/api/trial/list").await.unwrap().expect_success();
    world.place("setup").verify();
}
