//! Interoperation with the real go-zero, which is built from the Go modules beside this file. Where
//! there is no Go, these tests say so and pass; the layout itself is tested in `etcd.rs` as well.

mod support;

use mesh::Channel;
use support::{
    echo::{Echo, Running, call, call_whole},
    etcd::{Discovers, RealEtcd},
    options, until,
};
use testkit::{
    etcd::free_address,
    gozero::{Peer, program},
};

const KEY: &str = "casebook.echo.rpc";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_zero_client_finds_our_server_in_etcd() {
    let Some(program) = program() else { return };
    let etcd = RealEtcd::start();
    let first = Running::start(Echo::prompt("first"));
    let publisher = etcd.discovery().publish(KEY, &first.address).unwrap();
    publisher.key().wait_for(Option::is_some).await.unwrap();
    let mut client = Peer::start(program, &["client", &etcd.address, KEY]);
    until("it finds us", || {
        let answer = client.ask("hello");
        async move { answer == "ok first hello" }
    })
    .await;
    let second = Running::start(Echo::prompt("second"));
    let replacing = etcd.discovery().publish(KEY, &second.address).unwrap();
    replacing.key().wait_for(Option::is_some).await.unwrap();
    publisher.deregister().await;
    until("it follows us", || {
        let answer = client.ask("again");
        assert!(answer.starts_with("ok "), "no call fails: {answer}");
        async move { answer == "ok second again" }
    })
    .await;
    first.kill();
    for _ in 0..20 {
        assert_eq!(client.ask("hello"), "ok second hello");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_channel_calls_a_go_zero_server_found_in_etcd() {
    let Some(program) = program() else { return };
    let etcd = RealEtcd::start();
    let (one, other) = (free_address(), free_address());
    let leaving = Peer::start(program, &["server", &etcd.address, KEY, &one]);
    let channel = Channel::new(KEY, &etcd.discovery(), options()).unwrap();
    until("it is found", || async { channel.endpoints() == [one.clone()] }).await;
    until("it answers", || async { call(&channel, "hello").await.is_ok() }).await;
    assert_eq!(call(&channel, "hello").await.unwrap(), ("go-zero".to_owned(), "hello".to_owned()));
    let left_ms: u64 = call_whole(&channel, "").await.unwrap().hostname.parse().unwrap();
    assert!((1000..=1980).contains(&left_ms), "our deadline is its deadline: {left_ms}");

    let _staying = Peer::start(program, &["server", &etcd.address, KEY, &other]);
    until("both are found", || async { channel.endpoints().len() == 2 }).await;
    leaving.terminate();
    until("one has left", || async {
        assert!(call(&channel, "hello").await.is_ok(), "no call fails");
        channel.endpoints() == [other.clone()]
    })
    .await;
    assert_eq!(call(&channel, "hello").await.unwrap().0, "go-zero");
}
