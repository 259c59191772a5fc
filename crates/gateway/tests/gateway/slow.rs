//! Whoever is slow, says nothing, or says nonsense, does not keep others out; and what flows is told
//! when the server is being stopped.

use std::{net::SocketAddr, time::Duration};

use crate::{
    limits::with_grpc,
    world::{BASIC, FORM, ask, gateway, request, text},
};
use axum::{Router, body::Body};
use bytes::Bytes;
use contract::rest::{Answer, Route, Verb};
use futures::{FutureExt as _, StreamExt as _, stream};
use gateway::{Drain, Gateway, Limits, Serving};
use http::StatusCode;
use http_body_util::BodyExt as _;
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

const SOON: Duration = Duration::from_millis(200);

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn serve(router: Router, serving: Serving) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap_or_default() };
    let server = tokio::spawn(gateway::serve_with(listener, router, stopped, serving));
    Running { address, stop, server }
}

async fn say(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// What the server says until it closes the connection.
async fn heard(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset has ended as well.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn whoever_does_not_finish_the_head_of_a_request_is_cut_off() {
    let serving = Serving { header_time: SOON, ..Serving::default() };
    let running = serve(gateway().into_router(), serving).await;
    for beginning in ["", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A: b", "PRI * HTTP"]
    {
        let answer = heard(say(running.address, beginning).await).await;
        assert!(!answer.contains("200 OK"), "{beginning:?}: {answer}");
    }
    let healthy =
        say(running.address, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(heard(healthy.await).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits { request_time: SOON, ..Limits::default() };
    let running = serve(gateway().with_limits(limits).into_router(), Serving::default()).await;
    let head = format!(
        "PUT {FORM} HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"seen"
    );
    let answer = heard(say(running.address, &head).await).await;
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_closed() {
    let running = serve(gateway().into_router(), Serving::default()).await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X-A: b\r\n".repeat(200));
    let large = format!("GET / HTTP/1.1\r\nX-A: {}\r\n\r\n", "b".repeat(100_000));
    let twice = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab";
    for wrong in ["\0\0\0\0\r\n\r\n", "HELLO\r\n\r\n", twice, &long, &many, &large] {
        let answer = heard(say(running.address, wrong).await).await;
        let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(is_refused, "{}: {answer}", &wrong[..20.min(wrong.len())]);
    }
    let healthy =
        say(running.address, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(heard(healthy.await).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let serving = Serving { connections: 1, ..Serving::default() };
    let running = serve(gateway().into_router(), serving).await;
    let ask = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut first = say(running.address, ask).await;
    let mut byte = [0];
    first.read_exact(&mut byte).await.unwrap();
    let mut second = say(running.address, ask).await;
    let early = tokio::time::timeout(SOON, second.read_exact(&mut byte)).await;
    assert!(early.is_err(), "the first is still there");
    drop(first);
    second.read_exact(&mut byte).await.unwrap();
}

/// A gateway with an export that never ends; what is sent to says when it was given up.
fn endless(piece: Bytes, pause: bool) -> (Gateway, mpsc::UnboundedReceiver<()>) {
    let (gone, is_gone) = mpsc::unbounded_channel();
    let source = Arc::new(Source { piece, pause, _gone: gone });
    let route = Route::<Source> {
        verb: Verb::Get,
        template: "/v1/endless",
        method: "casebook.edc.v1.Edc/ExportStudy",
        call: |source, _, _| {
            let pieces = stream::unfold(source, |source| async move {
                if source.pause {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Some((Ok(source.piece.clone()), source))
            });
            let content_type = "text/plain".to_owned();
            async { Ok(Answer::Stream { content_type, pieces: pieces.boxed() }) }.boxed()
        },
    };
    (gateway().mount("Endless", vec![route], &source), is_gone)
}

struct Source {
    piece: Bytes,
    pause: bool,
    _gone: mpsc::UnboundedSender<()>,
}

fn ask_for_endless() -> String {
    format!("GET /v1/endless HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\n\r\n")
}

#[tokio::test]
async fn whoever_does_not_read_his_answer_is_given_up() {
    let (gateway, _) = endless(Bytes::from(vec![b'x'; 1 << 20]), false);
    let serving =
        Serving { stall_time: SOON, drain_time: Duration::from_mins(5), ..Serving::default() };
    let running = serve(gateway.into_router(), serving).await;
    let mut client = say(running.address, &ask_for_endless()).await;
    let mut byte = [0];
    client.read_exact(&mut byte).await.unwrap();
    // He keeps the connection, and reads no more. The server ends only without its connections.
    running.stop.send(()).unwrap();
    running.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stream_in_hand_is_broken_off_visibly_when_the_time_is_up() {
    let (gateway, _) = endless(Bytes::from_static(b"x\n"), true);
    let drain = Drain::default();
    let serving = Serving { drain_time: SOON, drain: drain.clone(), ..Serving::default() };
    let running = serve(gateway.with_drain(drain).into_router(), serving).await;
    let mut client = say(running.address, &ask_for_endless()).await;
    let mut byte = [0];
    client.read_exact(&mut byte).await.unwrap();
    running.stop.send(()).unwrap();
    let rest = heard(client).await;
    assert!(!rest.ends_with("0\r\n\r\n"), "nobody takes it for the whole");
    running.server.await.unwrap().unwrap();
    assert!(TcpStream::connect(running.address).await.is_err(), "nothing new is taken");
}

#[tokio::test]
async fn a_grpc_reader_is_told_that_the_server_is_being_stopped() {
    let drain = Drain::default();
    let router = with_grpc(gateway().with_drain(drain.clone())).into_router();
    let mut export = crate::limits::grpc_request("S");
    *export.uri_mut() = "/casebook.edc.v1.Edc/ExportStudy".parse().unwrap();
    drain.end_streams();
    let answer = ask(router, export).await;
    let trailers = answer.into_body().collect().await.unwrap().trailers().cloned().unwrap();
    assert_eq!(trailers["grpc-status"], "14", "UNAVAILABLE");
}

#[tokio::test]
async fn a_server_that_is_being_stopped_is_not_ready() {
    let drain = Drain::default();
    let router = gateway().with_drain(drain.clone()).into_router();
    let ready = || request("GET", "/readyz").body(Body::empty()).unwrap();
    assert_eq!(ask(router.clone(), ready()).await.status(), StatusCode::OK);
    drain.begin();
    let answer = ask(router.clone(), ready()).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(answer).await, "not ready: it is being stopped\n");
    let alive = request("GET", "/healthz").body(Body::empty()).unwrap();
    assert_eq!(ask(router, alive).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn whoever_watches_health_is_told_of_the_end() {
    let drain = Drain::default();
    let serving = Serving { drain: drain.clone(), ..Serving::default() };
    let running = serve(gateway().with_drain(drain).into_router(), serving).await;
    let mut health = HealthClient::new(testkit::wire::channel_to(running.address));
    let watched = health.watch(HealthCheckRequest::default()).await.unwrap();
    let mut watched = watched.into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    running.stop.send(()).unwrap();
    assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(watched.message().await.unwrap().is_none());
    running.server.await.unwrap().unwrap();
}
