//! A go-zero client finds our identity service in etcd and calls it.

use serde_json::{Value, json};
use testkit::gozero::{Peer, program};

use crate::{
    study::{PASSWORD, STUDY, USER},
    world::{World, await_ready, until},
};

const IDENTITY: &str = "/casebook.identity.v1.Identity";

/// A client in Go, and the token with which it calls.
struct Caller {
    peer: Peer,
    token: String,
}

impl Caller {
    fn call(&mut self, method: &str, message: &Value) -> Result<Value, String> {
        let answer = self.peer.ask(&format!("{IDENTITY}/{method}\t{}\t{message}", self.token));
        match answer.split_once(' ') {
            Some(("ok", message)) => Ok(serde_json::from_str(message).unwrap()),
            _ => Err(answer),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_zero_client_logs_in_at_our_identity_service_and_looks_a_user_up() {
    let Some(program) = program() else { return };
    let world = World::new().await;
    let descriptors = world.folder.path().join("casebook.binpb");
    std::fs::write(&descriptors, contract::DESCRIPTORS).unwrap();
    let start = || {
        let place = world.place("identity");
        let listen = "127.0.0.1:0";
        let words = ["serve", "--only", "identity", "--listen", listen, "--config", world.config()];
        let mut command = place.command(&words);
        command.env("CASEBOOK_CLUSTER_ADMIT_CLIENTS", "true");
        crate::program::Server::start(&mut command, &place.data.with_extension("log"))
    };
    let first = start();
    await_ready(first.address).await;
    let told = descriptors.to_str().unwrap();
    let args = ["call", &world.etcd.address, "casebook.identity", told];
    let mut client = Caller { peer: Peer::start(program, &args), token: String::new() };

    let known = json!({"username": USER, "password": PASSWORD});
    let mut opened = Err(String::new());
    until("it finds us", || {
        opened = client.call("LogIn", &known);
        let is_found = opened.is_ok();
        async move { is_found }
    })
    .await;
    let asked = json!({"username": USER});
    assert_eq!(client.call("GetUser", &asked), Err("error Unauthenticated".to_owned()));
    opened.unwrap()["token"].as_str().unwrap().clone_into(&mut client.token);
    let caller = client.call("GetCaller", &json!({})).unwrap();
    assert!(caller.to_string().contains(STUDY), "{caller}");
    let user = client.call("GetUser", &asked).unwrap();
    assert_eq!(user["user"]["username"], USER, "{user}");
    let nobody = json!({"username": "nobody"});
    assert_eq!(client.call("GetUser", &nobody), Err("error NotFound".to_owned()));

    // Another process takes over; the client follows, and the session is as good there.
    let second = start();
    await_ready(second.address).await;
    let ended = tokio::task::spawn_blocking(|| first.terminate()).await.unwrap();
    assert!(ended.success(), "{ended}");
    until("it follows us", || {
        let is_found = client.call("GetCaller", &json!({})).is_ok();
        async move { is_found }
    })
    .await;
}
