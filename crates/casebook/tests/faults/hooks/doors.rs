//! The service by gRPC, and a program that is told to stop.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::net::TcpStream;

use super::{manager, serve_to_this_machine, subscribe};
use crate::{
    client::Client,
    program::{Place, Server},
    receiver::Receiver,
    study::{self, MANAGER, PASSWORD, STUDY, subject},
    writer::{record_path, save},
};

/// Shorter than an endpoint belongs to a process that says nothing.
const AT_ONCE: Duration = Duration::from_secs(12);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_are_listed_by_grpc_as_well_for_those_who_may() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, 0).await;
    let server = serve_to_this_machine(&place);
    let mut manager = manager(&server).await;
    let endpoint = subscribe(&mut manager, "https://hooks.example/", &[]).await;
    let listed = list_by_grpc(&server, &token(&server, MANAGER).await).await;
    let id = endpoint["endpointId"].as_str().unwrap();
    assert!(listed.0.is_none_or(|status| status == "0"));
    assert!(String::from_utf8_lossy(&listed.1).contains(id));
    let refused = list_by_grpc(&server, &token(&server, study::USER).await).await;
    assert_eq!((refused.0.as_deref(), refused.1.len()), (Some("7"), 0), "PERMISSION_DENIED");
}

/// A session's token.
async fn token(server: &Server, user: &str) -> String {
    let mut client = Client::open_as(server.address, user).await.unwrap();
    let who = json!({ "username": user, "password": PASSWORD });
    let answer = client.post("/v1/sessions", &who).await.unwrap().expect_success();
    answer["token"].as_str().unwrap().to_owned()
}

/// The status and the bytes of the answer.
async fn list_by_grpc(server: &Server, token: &str) -> (Option<String>, Bytes) {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.unwrap();
    tokio::spawn(connection);
    // A message that is not compressed: its length, then field 1 with the OID of the study.
    let length = u8::try_from(STUDY.len()).unwrap();
    let message = [&[0, 0, 0, 0, length + 2, 0x0a, length], STUDY.as_bytes()].concat();
    let request = Request::post(format!(
        "http://{}/casebook.webhook.v1.Webhook/ListEndpoints",
        server.address
    ))
    .header(header::CONTENT_TYPE, "application/grpc")
    .header(header::TE, "trailers")
    .header(header::AUTHORIZATION, format!("Bearer {token}"))
    .body(Full::new(Bytes::from(message)))
    .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let of = |headers: &http::HeaderMap| {
        headers.get("grpc-status").map(|status| status.to_str().unwrap().to_owned())
    };
    let status = of(answer.headers());
    let body = answer.into_body().collect().await.unwrap();
    let status = body.trailers().and_then(of).or(status);
    (status, body.to_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_told_to_stop_lets_another_go_on_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path().join("data"));
    study::fill(&place, 1).await;
    let receiver = Receiver::start(Duration::ZERO).await;
    let server = serve_to_this_machine(&place);
    let url = format!("http://{}/hook", receiver.address);
    subscribe(&mut manager(&server).await, &url, &["form.saved"]).await;
    save_one(&server, 1).await;
    receiver.wait_until(|came| !came.is_empty()).await;
    let stopped = Command::new("kill").arg(server.id().to_string()).status().unwrap();
    assert!(stopped.success());
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let next = serve_to_this_machine(&place);
    let began = Instant::now();
    save_one(&next, 2).await;
    let came = receiver.wait_until(|came| came.len() >= 2).await;
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_eq!(came.len(), 2, "nothing came twice");
    drop(server);
}

async fn save_one(server: &Server, version: u64) {
    let mut coordinator = Client::open(server.address).await.unwrap();
    let body = save(&format!("s-{version}"), version - 1, version);
    coordinator.put(&record_path(&subject(0), 3), &body).await.unwrap().expect_success();
}
