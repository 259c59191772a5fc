//! Discovery with a real etcd: go-zero's layout, and what happens when leases, keys or etcd are lost.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use mesh::{Channel, Discovery, discovery::Publisher};
use std::time::{Duration, Instant};
use support::{
    echo::{Echo, Running, call},
    etcd::{Discovers, RealEtcd},
    options, safe, until,
};

async fn registered(publisher: &Publisher) -> String {
    let mut key = publisher.key();
    let waiting = tokio::time::timeout(Duration::from_secs(30), key.wait_for(Option::is_some));
    waiting.await.unwrap().unwrap().clone().unwrap()
}

fn lease_of(key: &str) -> i64 {
    key.strip_prefix("user.rpc/").unwrap().parse().unwrap()
}

/// The lines of `etcdctl get --prefix`: key, value, key, value.
fn listed(etcd: &RealEtcd) -> Vec<String> {
    etcd.ctl(&["get", "--prefix", "user.rpc"]).lines().map(str::to_owned).collect()
}

async fn until_endpoints(discovery: &dyn Discovery, wanted: &[&str]) {
    let mut endpoints = discovery.endpoints("user.rpc");
    let known = endpoints.wait_for(|known| {
        known.as_ref().is_some_and(|known| known.iter().eq(wanted.iter().copied()))
    });
    tokio::time::timeout(Duration::from_secs(30), known).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_layout_is_go_zeros_byte_for_byte() {
    let etcd = RealEtcd::start();
    let publisher = etcd.discovery().publish("user.rpc", "127.0.0.1:9101").unwrap();
    let key = registered(&publisher).await;
    let lease = lease_of(&key);
    assert_eq!(listed(&etcd), [format!("user.rpc/{lease}"), "127.0.0.1:9101".to_owned()]);
    let told = etcd.ctl(&["lease", "timetolive", &format!("{lease:x}"), "--keys"]);
    assert!(told.contains("granted with TTL(10s)"), "{told}");
    assert!(told.contains(&format!("attached keys([{key}])")), "{told}");
}

#[tokio::test]
async fn entries_of_others_are_found_whatever_their_suffix() {
    let etcd = RealEtcd::start();
    let discovery = etcd.discovery();
    for (key, value) in [
        ("user.rpc/7587870000000001", "10.0.0.1:1"),
        ("user.rpc/custom", "10.0.0.2:1"),
        ("user.rpc/again", "10.0.0.2:1"),
        ("user.rpc2/1", "10.0.0.9:1"),
        ("user.rpc", "10.0.0.8:1"),
    ] {
        etcd.ctl(&["put", key, value]);
    }
    until_endpoints(&discovery, &["10.0.0.1:1", "10.0.0.2:1"]).await;
    let mut endpoints = discovery.endpoints("user.rpc");
    endpoints.wait_for(Option::is_some).await.unwrap();
    etcd.ctl(&["del", "user.rpc/custom"]);
    etcd.ctl(&["del", "user.rpc/7587870000000001"]);
    let left = ["10.0.0.2:1".to_owned()];
    endpoints.wait_for(|known| known.as_deref() == Some(&left)).await.unwrap();
}

#[tokio::test]
async fn a_deleted_key_comes_back_with_its_lease() {
    let etcd = RealEtcd::start();
    let publisher = etcd.discovery().publish("user.rpc", "127.0.0.1:9101").unwrap();
    let key = registered(&publisher).await;
    etcd.ctl(&["del", &key]);
    until("the key is back", || async { listed(&etcd) == [&*key, "127.0.0.1:9101"] }).await;
    assert_eq!(registered(&publisher).await, key);
}

#[tokio::test]
async fn a_lost_lease_is_replaced() {
    let etcd = RealEtcd::start();
    let publisher = etcd.discovery().publish("user.rpc", "127.0.0.1:9101").unwrap();
    let first = registered(&publisher).await;
    etcd.ctl(&["lease", "revoke", &format!("{:x}", lease_of(&first))]);
    let mut key = publisher.key();
    let second = key.wait_for(|key| key.as_ref().is_some_and(|key| *key != first)).await;
    let second = second.unwrap().clone().unwrap();
    assert_eq!(listed(&etcd), [&*second, "127.0.0.1:9101"]);
}

#[tokio::test]
async fn a_service_that_leaves_is_off_the_list_at_once() {
    let etcd = RealEtcd::start();
    let discovery = etcd.discovery();
    let publisher = discovery.publish("user.rpc", "127.0.0.1:9101").unwrap();
    registered(&publisher).await;
    let mut endpoints = discovery.endpoints("user.rpc");
    endpoints.wait_for(|known| known.as_ref().is_some_and(|all| all.len() == 1)).await.unwrap();
    let started = Instant::now();
    publisher.deregister().await;
    endpoints.wait_for(|known| known.as_ref().is_some_and(|all| all.is_empty())).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(listed(&etcd).is_empty());
}

#[tokio::test]
async fn a_dead_member_of_etcd_is_passed_over() {
    let etcd = RealEtcd::start();
    let discovery = etcd.discovery_with(&["127.0.0.1:1"]);
    let publisher = discovery.publish("user.rpc", "127.0.0.1:9101").unwrap();
    registered(&publisher).await;
    until_endpoints(&discovery, &["127.0.0.1:9101"]).await;
}

#[tokio::test]
async fn the_lease_is_kept_alive() {
    let etcd = RealEtcd::start();
    let publisher = etcd.discovery().publish("user.rpc", "127.0.0.1:9101").unwrap();
    let key = registered(&publisher).await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert_eq!(listed(&etcd), [&*key, "127.0.0.1:9101"], "for longer than a lease");
}

/// A service, its registration, and a channel that finds it.
struct Found {
    _server: Running,
    address: String,
    publisher: Publisher,
    channel: Channel,
}

async fn found(etcd: &RealEtcd) -> Found {
    let server = Running::start(Echo::prompt("found"));
    let address = server.address.clone();
    let discovery = etcd.discovery();
    let publisher = discovery.publish("user.rpc", &address).unwrap();
    registered(&publisher).await;
    let channel = Channel::new("user.rpc", &discovery, options().with_policy(safe)).unwrap();
    assert_eq!(call(&channel, "hello").await.unwrap().0, "found");
    Found { _server: server, address, publisher, channel }
}

/// Calls without a failure until the service is registered again.
async fn call_until_registered(found: &Found, etcd: &RealEtcd, old: &str) {
    until("it is registered again", || async {
        assert_eq!(call(&found.channel, "hello").await.unwrap().0, "found");
        let key = found.publisher.key().borrow().clone();
        key.is_some_and(|key| key != old && listed(etcd) == [&*key, &*found.address])
    })
    .await;
}

#[tokio::test]
async fn while_etcd_is_away_calls_go_on_and_then_all_register_again() {
    let mut etcd = RealEtcd::start();
    let found = found(&etcd).await;
    let old = registered(&found.publisher).await;
    etcd.kill();
    for _ in 0..300 {
        assert_eq!(call(&found.channel, "hello").await.unwrap().0, "found");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(found.channel.endpoints(), std::slice::from_ref(&found.address));
    etcd.start_again();
    call_until_registered(&found, &etcd, &old).await;
}

#[tokio::test]
async fn an_etcd_that_lost_everything_does_not_take_the_services_with_it() {
    let mut etcd = RealEtcd::start();
    let found = found(&etcd).await;
    let old = registered(&found.publisher).await;
    etcd.kill();
    etcd.start_empty();
    call_until_registered(&found, &etcd, &old).await;
}
