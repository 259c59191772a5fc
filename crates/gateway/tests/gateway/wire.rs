//! What goes over a real socket: streams that end, streams that break, draining.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::world::{BASIC, FORM, ask, gateway, request};
use axum::body::Body;
use bytes::Bytes;
use contract::rest::{Answer, Route, Verb};
use futures::{FutureExt as _, StreamExt as _, stream};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

struct Running {
    client: TcpStream,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

/// A server, and a connection to it.
async fn running() -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap_or_default() };
    let server = tokio::spawn(gateway::serve(listener, gateway().into_router(), shutdown));
    Running { client: TcpStream::connect(address).await.unwrap(), stop, server }
}

async fn send(client: &mut TcpStream, text: &str) {
    client.write_all(text.as_bytes()).await.unwrap();
}

/// Reads until `end` has come, or the connection ends.
async fn read_until(client: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let mut byte = [0];
        match client.read(&mut byte).await {
            Ok(1) => read.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8(read).unwrap()
}

async fn export(client: &mut TcpStream, format: &str) -> String {
    let uri = format!("/v1/studies/S/export?format={format}");
    let head = format!("GET {uri} HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\n\r\n");
    send(client, &head).await;
    read_until(client, "0\r\n\r\n").await
}

#[tokio::test]
async fn a_stream_that_ends_is_told_from_one_that_breaks() {
    let mut running = running().await;
    let whole = export(&mut running.client, "csv").await;
    assert!(whole.contains("content-type: text/csv"), "{whole}");
    assert!(whole.contains("one\n") && whole.contains("two\n"), "{whole}");
    assert!(whole.ends_with("0\r\n\r\n"), "{whole}");

    let broken = export(&mut running.client, "ndjson").await;
    assert!(broken.starts_with("HTTP/1.1 200"), "{broken}");
    assert!(!broken.ends_with("0\r\n\r\n"), "{broken}");
}

#[tokio::test]
async fn a_stream_that_breaks_at_once_is_an_ordinary_problem() {
    let mut running = running().await;
    let uri = "/v1/studies/S/export?format=json";
    let head = format!("GET {uri} HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\n\r\n");
    send(&mut running.client, &head).await;
    let answer = read_until(&mut running.client, "}").await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
}

#[tokio::test]
async fn a_stream_is_produced_only_as_fast_as_it_is_read() {
    let route = Route::<AtomicUsize> {
        verb: Verb::Get,
        template: "/v1/endless",
        method: "test.Endless/Get",
        call: |produced, _, _| {
            let pieces = stream::repeat_with(move || {
                produced.fetch_add(1, Ordering::SeqCst);
                Ok(Bytes::from(vec![b'x'; 65_536]))
            });
            let content_type = "text/plain".to_owned();
            async { Ok(Answer::Stream { content_type, pieces: pieces.boxed() }) }.boxed()
        },
    };
    let produced = Arc::new(AtomicUsize::new(0));
    let router = gateway().mount("Endless", vec![route], &produced).into_router();
    let response = ask(router, request("GET", "/v1/endless").body(Body::empty()).unwrap()).await;
    let read = response.into_body().into_data_stream().take(3).collect::<Vec<_>>().await;
    assert_eq!(read.len(), 3);
    assert_eq!(produced.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn draining_lets_a_request_in_hand_finish() {
    let Running { mut client, stop, server } = running().await;
    let body = r#"{"seenVersion": 7}"#;
    let head = format!(
        "PUT {FORM} HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\nExpect: 100-continue\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    send(&mut client, &head).await;
    let asked = read_until(&mut client, "\r\n\r\n").await;
    assert!(asked.starts_with("HTTP/1.1 100"), "{asked}");

    stop.send(()).unwrap();
    send(&mut client, body).await;
    let answer = read_until(&mut client, "}").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""version":8"#), "{answer}");
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn draining_closes_connections_that_are_idle() {
    let Running { mut client, stop, server } = running().await;
    send(&mut client, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = read_until(&mut client, "ok\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert_eq!(read_until(&mut client, "never").await, "");
}
