//! Services that hang, are slow, or are not what discovery says they are.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::{
    chance::Chance,
    client::Client,
    load::Load,
    world::{AWAY, NEVER, WRITERS, World, await_ready, look_and_repeat, readyz},
    writer::writers,
};

const SAVES: u64 = 30;
const DELAY: Duration = Duration::from_millis(100);
/// A connection that does not answer is given up after six seconds.
const LONGEST_ANSWER: Duration = Duration::from_secs(12);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_hangs_is_told_of_in_time_and_used_again_when_it_goes_on() {
    let mut chance = Chance::new("hanging services");
    let world = World::new().await;
    let parts = world.start_all().await;
    let gateway = parts.gateway.address;
    let mut load = Load::start(gateway, writers(WRITERS, &mut chance), AWAY);
    load.await_acknowledged(SAVES).await;
    let mut client = Client::open(gateway).await.unwrap();
    client.get("/api/trial/list").await.unwrap().expect_success();

    parts.edc.signal("-STOP");
    load.await_not_done(WRITERS).await;
    // The others are not kept from their work.
    let asked = Instant::now();
    client.get("/api/trial/list").await.unwrap().expect_success();
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(readyz(gateway).await, (503, "not ready: edc\n".to_owned()));
    parts.edc.signal("-CONT");
    load.forget();
    load.await_acknowledged(SAVES).await;

    parts.identity.signal("-STOP");
    let asked = Instant::now();
    let refused = client.get("/api/trial/list").await.unwrap();
    assert!(asked.elapsed() < LONGEST_ANSWER, "{:?}", asked.elapsed());
    assert!([503, 504].contains(&refused.status), "{refused:?}");
    parts.identity.signal("-CONT");
    load.forget();
    load.await_acknowledged(SAVES).await;
    await_ready(gateway).await;
    look_and_repeat(gateway, load.stop().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_garbage_nor_slowness_behind_a_name_in_etcd_makes_a_save_fail() {
    let mut chance = Chance::new("garbage");
    let world = World::new().await;
    let parts = world.start_all().await;
    let gateway = parts.gateway.address;
    let mut load = Load::start(gateway, writers(WRITERS, &mut chance), NEVER);
    load.await_acknowledged(SAVES).await;
    for (name, text) in [
        ("http", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        ("noise", "\u{1}\u{2}not a frame of anything that is known"),
        ("silence", ""),
    ] {
        let garbage = speaking(text).await;
        world.etcd.ctl(&["put", &format!("casebook.edc/{name}"), &garbage.to_string()]);
        load.forget();
        load.await_acknowledged(SAVES).await;
        world.etcd.ctl(&["del", &format!("casebook.edc/{name}")]);
    }
    let slow = slow_way_to(parts.edc.address).await;
    world.etcd.ctl(&["put", "casebook.edc/slow", &slow.to_string()]);
    load.forget();
    load.await_acknowledged(SAVES).await;
    look_and_repeat(gateway, load.stop().await).await;
}

/// Takes every connection, says something that is not HTTP/2, and ends it.
async fn speaking(text: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // Whoever is called may have gone again.
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(text.as_bytes()).await;
            });
        }
    });
    address
}

/// Hands everything on, each piece later than it came.
async fn slow_way_to(address: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((caller, _)) = listener.accept().await {
            let Ok(called) = TcpStream::connect(address).await else { continue };
            let ((asked, asking), (answered, answering)) =
                (caller.into_split(), called.into_split());
            tokio::spawn(hand_on(asked, answering));
            tokio::spawn(hand_on(answered, asking));
        }
    });
    own
}

async fn hand_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(size @ 1..) = from.read(&mut piece).await {
        tokio::time::sleep(DELAY).await;
        if to.write_all(&piece[..size]).await.is_err() {
            return;
        }
    }
}
