//! Webhooks of the program: what other systems get, also when it is killed meanwhile.

mod doors;
mod killed;
mod python;
mod refused;
mod verified;

use serde_json::{Value, json};

use crate::{
    client::Client,
    program::{Place, SERVE, Server},
    study::{MANAGER, STUDY},
};

/// Starts the server; it may send to this machine, without TLS.
fn serve_to_this_machine(place: &Place) -> Server {
    let mut command = place.command(&SERVE);
    command.env("CASEBOOK_WEBHOOKS_ALLOW_HTTP", "true");
    command.env("CASEBOOK_WEBHOOKS_ALLOW_NETWORKS", "127.0.0.0/8, ::1/128");
    Server::start(&mut command, &place.data.with_extension("log"))
}

/// Whoever manages webhooks.
async fn manager(server: &Server) -> Client {
    Client::open_as(server.address, MANAGER).await.unwrap()
}

/// Where the endpoints of the study are, with what is behind.
fn path(rest: &str) -> String {
    format!("/v1/studies/{STUDY}/webhooks{rest}")
}

/// Subscribes an address to some events; the endpoint.
async fn subscribe(manager: &mut Client, url: &str, event_types: &[&str]) -> Value {
    let body = json!({ "url": url, "eventTypes": event_types });
    let mut answer = manager.post(&path(""), &body).await.unwrap().expect_success();
    answer["endpoint"].take()
}
