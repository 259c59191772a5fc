//! Servers that die, hang, answer slowly or answer garbage, and what a caller sees of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use bytes::Bytes;
use http::HeaderName;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mesh::{Channel, MethodPolicy, Options, discovery::Fixed};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use support::{
    echo::{Echo, Manner, Running, call, call_whole},
    options,
    pb::{SimpleRequest, test_service_client::TestServiceClient},
    safe,
};
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tonic::{Code, Request, Status, metadata::MetadataValue};

const MS: Duration = Duration::from_millis(1);

fn channel(addresses: &[&str], options: Options) -> Channel {
    let addresses = addresses.iter().map(|one| (*one).to_owned());
    Channel::new("echo", &Fixed::of("echo", addresses), options).unwrap()
}

/// Calls that are safe to repeat, with so much time each.
fn safe_within(timeout: Duration) -> Options {
    let policy = move |path: &str| MethodPolicy { timeout: Some(timeout), ..safe(path) };
    options().with_policy(policy)
}

/// Eight callers, fifty calls a second each, until there were so many; all that failed.
async fn load(channel: &Channel, calls: usize, done: Arc<AtomicUsize>) -> Vec<Status> {
    let caller = || async {
        let mut beat = tokio::time::interval(20 * MS);
        let mut failed = Vec::new();
        while done.fetch_add(1, SeqCst) < calls {
            beat.tick().await;
            failed.extend(call(channel, "hello").await.err());
        }
        failed
    };
    futures::future::join_all((0..8).map(|_| caller())).await.concat()
}

/// Runs the load, and ends one of two servers after a third of the calls.
async fn load_and_end<F: Future>(options: Options, end: impl FnOnce(Running) -> F) -> Vec<Status> {
    let manner = Manner::At(5 * MS);
    let victim = Running::start(Echo::new("victim", manner.clone()));
    let other = Running::start(Echo::new("other", manner));
    let channel = channel(&[&victim.address, &other.address], options);
    let done = Arc::new(AtomicUsize::new(0));
    let ending = async {
        support::until("a third is done", || async { done.load(SeqCst) > 500 }).await;
        end(victim).await;
    };
    tokio::join!(load(&channel, 1500, done.clone()), ending).0
}

async fn kill(server: Running) {
    server.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_servers_dies_under_load_and_nobody_sees_it() {
    let failed = load_and_end(options().with_policy(safe), kill).await;
    assert!(failed.is_empty(), "{} failed: {:?}", failed.len(), failed.first());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_not_safe_to_repeat_fails_only_if_it_was_under_way() {
    let failed = load_and_end(options(), kill).await;
    assert!(failed.len() <= 8, "one for each caller at most, not {}", failed.len());
    assert!(failed.iter().all(|status| status.code() == Code::Unavailable), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_drains_loses_no_call_at_all() {
    let failed = load_and_end(options(), Running::drain).await;
    assert!(failed.is_empty(), "{} failed: {:?}", failed.len(), failed.first());
}

#[tokio::test]
async fn a_server_that_hangs_costs_no_more_than_the_deadline() {
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = hanging.local_addr().unwrap().to_string();
    let channel = channel(&[&address], safe_within(300 * MS));
    let started = Instant::now();
    let status = call(&channel, "hello").await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!((300 * MS..600 * MS).contains(&started.elapsed()), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_server_that_hangs_beside_a_good_one_is_avoided() {
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = hanging.local_addr().unwrap().to_string();
    let good = Running::start(Echo::prompt("good"));
    let channel = channel(&[&hanging, &good.address], safe_within(200 * MS));
    let mut failed = 0;
    for _ in 0..200 {
        failed += usize::from(call(&channel, "hello").await.is_err());
    }
    assert!(failed <= 2, "{failed}");
}

#[tokio::test]
async fn a_slow_server_is_not_waited_for_beyond_the_deadline() {
    let slow = Running::start(Echo::new("slow", Manner::At(Duration::from_secs(5))));
    let channel = channel(&[&slow.address], options());
    let mut request = Request::new(SimpleRequest::default());
    request.set_timeout(200 * MS);
    let started = Instant::now();
    let status = TestServiceClient::new(channel).unary_call(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "also when the server says cancelled");
    assert!(started.elapsed() < 400 * MS, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline() {
    let stuck = Running::start(Echo::new("stuck", Manner::StuckStream));
    let channel = channel(&[&stuck.address], safe_within(300 * MS));
    let request = SimpleRequest::default();
    let answer = TestServiceClient::new(channel).streaming_output_call(request).await;
    let mut answers = answer.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some());
    assert!(answers.message().await.unwrap().is_some());
    let status = answers.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn the_time_that_is_left_shrinks_on_the_way() {
    let server = Running::start(Echo::prompt("a"));
    let channel = channel(&[&server.address], safe_within(Duration::from_secs(1)));
    let seen = call_whole(&channel, "hello").await.unwrap().hostname;
    let left_us: u64 = seen.strip_suffix('u').unwrap().parse().unwrap();
    assert!((500_000..=980_000).contains(&left_us), "{seen}");
}

#[tokio::test]
async fn a_stream_that_has_begun_in_time_may_flow_for_longer() {
    let stuck = Running::start(Echo::new("stuck", Manner::StuckStream));
    let options = options().with_begin_timeout(HeaderName::from_static("x-begin-timeout"));
    let channel = channel(&[&stuck.address], options);
    let begin = |timeout: &'static str| {
        let mut request = Request::new(SimpleRequest::default());
        request.metadata_mut().insert("x-begin-timeout", MetadataValue::from_static(timeout));
        let mut client = TestServiceClient::new(channel.clone());
        async move { client.streaming_output_call(request).await }
    };
    let mut answers = begin("300m").await.unwrap().into_inner();
    answers.message().await.unwrap();
    answers.message().await.unwrap();
    let third = tokio::time::timeout(600 * MS, answers.message()).await;
    assert!(third.is_err(), "it is still waited for");
    drop(answers);
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = hanging.local_addr().unwrap().to_string();
    let options = self::options().with_begin_timeout(HeaderName::from_static("x-begin-timeout"));
    let channel = self::channel(&[&address], options);
    let mut request = Request::new(SimpleRequest::default());
    request.metadata_mut().insert("x-begin-timeout", MetadataValue::from_static("200m"));
    let answer = TestServiceClient::new(channel.clone()).streaming_output_call(request).await;
    assert_eq!(answer.unwrap_err().code(), Code::DeadlineExceeded);
    let path = "/grpc.testing.TestService/StreamingOutputCall";
    assert_eq!(channel.breakers().of(path).state().total, 1, "the breaker saw it");
}

#[tokio::test]
async fn a_call_may_say_itself_that_it_is_safe_to_repeat() {
    let away = Running::start(Echo::new("away", Manner::Refusing(Code::Unavailable)));
    let good = Running::start(Echo::prompt("good"));
    let options = options().with_safe_calls(|headers| headers.contains_key("x-repeat"));
    let channel = channel(&[&away.address, &good.address], options);
    for _ in 0..20 {
        let mut request = Request::new(SimpleRequest::default());
        request.metadata_mut().insert("x-repeat", MetadataValue::from_static("safe"));
        let answer = TestServiceClient::new(channel.clone()).unary_call(request).await;
        assert_eq!(answer.unwrap().into_inner().username, "good");
    }
}

#[tokio::test]
async fn a_call_without_time_is_not_made() {
    let echo = Echo::prompt("a");
    let server = Running::start(echo.clone());
    let channel = channel(&[&server.address], options());
    let mut request = Request::new(SimpleRequest::default());
    request.set_timeout(Duration::from_micros(500));
    let status = TestServiceClient::new(channel).unary_call(request).await.unwrap_err();
    assert_eq!((status.code(), echo.calls()), (Code::DeadlineExceeded, 0));
}

/// Says something that is not HTTP/2 to whoever connects.
async fn babbling(words: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Whoever connected may have left.
            let _ = stream.write_all(words).await;
        }
    });
    address
}

/// Speaks HTTP/2, but not gRPC.
async fn web_page() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let page = hyper::service::service_fn(|_| async {
                let page = http::Response::builder().header("content-type", "text/html");
                page.body(Full::new(Bytes::from_static(b"<h1>welcome</h1>")))
            });
            let http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(http.serve_connection(TokioIo::new(stream), page));
        }
    });
    address
}

#[tokio::test]
async fn garbage_is_an_error_and_beside_a_good_server_none() {
    let good = Running::start(Echo::prompt("good"));
    for garbage in [
        babbling(b"HTTP/1.1 400 Bad Request\r\n\r\n").await,
        babbling(&[0xff; 4096]).await,
        web_page().await,
    ] {
        let alone = channel(&[&garbage], safe_within(Duration::from_secs(2)));
        let status = call(&alone, "hello").await.unwrap_err();
        assert!(matches!(status.code(), Code::Unavailable | Code::Internal), "{status:?}");
        let both = channel(&[&garbage, &good.address], options().with_policy(safe));
        for _ in 0..50 {
            assert_eq!(call(&both, "hello").await.unwrap().0, "good");
        }
    }
}

#[tokio::test]
async fn a_server_that_comes_back_is_used_again() {
    let first = Running::start(Echo::prompt("first"));
    let address = first.address.clone();
    let channel = channel(&[&address], options());
    assert_eq!(call(&channel, "hello").await.unwrap().0, "first");
    first.kill();
    support::until("the loss is seen", || async { call(&channel, "hello").await.is_err() }).await;
    let _second = Running::start_at(&address, Echo::prompt("second"), None);
    support::until("it answers again", || async {
        call(&channel, "hello").await.is_ok_and(|(who, _)| who == "second")
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_available_is_passed_over_for_safe_calls() {
    let away = Running::start(Echo::new("away", Manner::Refusing(Code::Unavailable)));
    let good = Running::start(Echo::prompt("good"));
    let addresses = [&*away.address, &*good.address];
    let safely = channel(&addresses, options().with_policy(safe));
    for _ in 0..20 {
        assert_eq!(call(&safely, "hello").await.unwrap().0, "good");
    }
    let once = channel(&addresses, options());
    let mut failed = 0;
    for _ in 0..20 {
        failed += usize::from(call(&once, "hello").await.is_err());
    }
    assert!(failed > 0, "it may have been carried out, so it is not repeated");
}

#[tokio::test]
async fn a_method_that_keeps_failing_is_refused_without_a_call() {
    let echo = Echo::new("bad", Manner::Refusing(Code::Internal));
    let server = Running::start(echo.clone());
    let channel = channel(&[&server.address], options());
    for _ in 0..200 {
        call(&channel, "hello").await.unwrap_err();
    }
    assert!(echo.calls() < 100, "{}", echo.calls());
    let state = channel.breakers().of(support::UNARY).state();
    assert_eq!(state.total, 200);
    assert_eq!(state.refused as usize, 200 - echo.calls());
    let before = echo.calls();
    channel.breakers().of(support::UNARY).set_enabled(false);
    assert_eq!(call(&channel, "hello").await.unwrap_err().code(), Code::Internal);
    assert_eq!(echo.calls(), before + 1);
}

#[tokio::test]
async fn a_rule_that_says_no_never_opens_the_breaker() {
    let echo = Echo::new("strict", Manner::Refusing(Code::FailedPrecondition));
    let server = Running::start(echo.clone());
    let channel = channel(&[&server.address], options());
    for _ in 0..200 {
        let status = call(&channel, "hello").await.unwrap_err();
        assert_eq!(status.code(), Code::FailedPrecondition);
    }
    assert_eq!(echo.calls(), 200);
}

#[tokio::test]
async fn without_endpoints_a_call_fails_at_once() {
    let channel = channel(&[], options());
    let status = call(&channel, "hello").await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.message(), "no endpoint of echo is known");
}

#[tokio::test]
async fn an_endpoint_that_discovery_adds_or_removes_is_used_or_not() {
    let (one, other) = (Running::start(Echo::prompt("one")), Running::start(Echo::prompt("other")));
    let moving = Moving(tokio::sync::watch::Sender::new(None));
    let channel = Channel::new("echo", &moving, options()).unwrap();
    let waiting = tokio::spawn({
        let channel = channel.clone();
        async move { call(&channel, "early").await }
    });
    moving.0.send_replace(Some([one.address.clone()].into()));
    assert_eq!(waiting.await.unwrap().unwrap().0, "one", "it waited until something was known");
    moving.0.send_replace(Some([other.address.clone()].into()));
    support::until("it has moved", || async {
        call(&channel, "hello").await.unwrap().0 == "other"
    })
    .await;
}

#[tokio::test]
async fn a_channel_that_nobody_holds_follows_no_longer() {
    let moving = Moving(tokio::sync::watch::Sender::new(None));
    let channel = Channel::new("echo", &moving, options()).unwrap();
    let clone = channel.clone();
    drop(channel);
    assert!(!moving.0.is_closed());
    drop(clone);
    tokio::time::timeout(Duration::from_secs(5), moving.0.closed()).await.unwrap();
}

#[tokio::test]
async fn a_hundred_callers_make_one_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = accepted.clone();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok(connection) = listener.accept().await {
            count.fetch_add(1, SeqCst);
            held.push(connection);
        }
    });
    let channel = channel(&[&address], safe_within(200 * MS));
    let calls = futures::future::join_all((0..100).map(|_| call(&channel, "hello"))).await;
    assert!(
        calls.iter().all(|call| call.as_ref().is_err_and(|s| s.code() == Code::DeadlineExceeded))
    );
    assert_eq!(accepted.load(SeqCst), 1);
}

/// Discovery that a test moves.
#[derive(Debug)]
struct Moving(tokio::sync::watch::Sender<Option<Arc<[String]>>>);

impl mesh::Discovery for Moving {
    fn endpoints(&self, _: &str) -> mesh::discovery::Endpoints {
        self.0.subscribe()
    }
}
