//! What is refused because it is too much: of one caller, one address, one key, or of all.

use std::{sync::Arc, time::Duration};

use crate::world::{
    BASIC, FORM, OneCoordinator, ask, echo::Echo, gateway, header_of, json_of, request,
};
use async_trait::async_trait;
use axum::{Router, body::Body};
use contract::{
    Authentication, Authenticator, Caller, Credentials, Error,
    edc::v1::{self, Edc, GetStudyRequest},
    grpc::{Admission, Server},
};
use futures::FutureExt as _;
use gateway::{Gateway, Guard, Protection};
use http::{Request, Response, StatusCode, header};
use mesh::{
    RuntimeClock,
    rate_limit::Rate,
    shedding::{CpuGauge, Shedder},
};
use prost::Message as _;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);

pub fn guard(protection: Protection) -> Arc<Guard> {
    let now = || "2026-03-02T12:00:00Z".parse().unwrap();
    Arc::new(Guard::new(protection, Arc::new(RuntimeClock), Arc::new(now)))
}

fn protected(protection: Protection) -> Router {
    gateway().with_guard(guard(protection)).into_router()
}

async fn read_study(router: &Router, authorization: &str) -> Response<Body> {
    let request = Request::builder().uri("/v1/studies/S");
    let request = request.header(header::AUTHORIZATION, authorization);
    ask(router.clone(), request.body(Body::empty()).unwrap()).await
}

/// A call of `GetStudy` as any gRPC client makes it.
pub fn grpc_request(study: &str) -> Request<Body> {
    let message = GetStudyRequest { study_oid: study.to_owned(), ..GetStudyRequest::default() };
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let frame = [&[0], &length[..], &message].concat();
    Request::post("/casebook.edc.v1.Edc/GetStudy")
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .header(header::AUTHORIZATION, "Bearer t0ken")
        .body(Body::from(frame))
        .unwrap()
}

/// The gateway with doors for gRPC clients.
pub fn with_grpc(gateway: Gateway) -> Gateway {
    let service: Arc<dyn Edc> = Arc::new(Echo);
    let admission = Admission::default().of_clients(Arc::new(OneCoordinator));
    let server = Server::new(admission, contract::grpc::Limits::default(), || "made-2".to_owned());
    gateway.with_grpc(server.mount(v1::grpc::doors(), &service))
}

#[tokio::test]
async fn a_caller_over_his_rate_is_told_when_to_come_again() {
    let per_caller = Some(Rate::new(1, HOUR, 2));
    let router = protected(Protection { per_caller, ..Protection::default() });
    for _ in 0..2 {
        assert_eq!(read_study(&router, BASIC).await.status(), StatusCode::OK);
    }
    let refused = read_study(&router, "Bearer t0ken").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "by a token he is the same");
    assert_eq!(header_of(&refused, "content-type"), "application/problem+json");
    let wait: u64 = header_of(&refused, "retry-after").parse().unwrap();
    assert!((3590..=3600).contains(&wait), "{wait}");
    let problem = json_of(refused).await;
    assert_eq!(problem["reason"], "TOO_MANY_CALLS");
    assert_eq!(problem["metadata"]["limit"], "caller");
}

#[tokio::test]
async fn grpc_and_rest_count_together() {
    let per_caller = Some(Rate::new(1, HOUR, 2));
    let guarded = gateway().with_guard(guard(Protection { per_caller, ..Protection::default() }));
    let router = with_grpc(guarded).into_router();
    assert_eq!(read_study(&router, BASIC).await.status(), StatusCode::OK);
    let answered = ask(router.clone(), grpc_request("S")).await;
    assert_eq!(header_of(&answered, "grpc-status"), "", "success is told at the end");
    let refused = ask(router.clone(), grpc_request("S")).await;
    assert_eq!(header_of(&refused, "grpc-status"), "8", "RESOURCE_EXHAUSTED");
    assert_eq!(read_study(&router, BASIC).await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_study_has_a_limit_of_its_own_over_rest_and_grpc() {
    let per_study = Some(Rate::new(1, HOUR, 1));
    let guarded = gateway().with_guard(guard(Protection { per_study, ..Protection::default() }));
    let router = with_grpc(guarded).into_router();
    let answered = ask(router.clone(), grpc_request("S")).await;
    assert_eq!(header_of(&answered, "grpc-status"), "");
    assert_eq!(read_study(&router, BASIC).await.status(), StatusCode::TOO_MANY_REQUESTS);
    let other = ask(router.clone(), grpc_request("T")).await;
    assert_eq!(header_of(&other, "grpc-status"), "", "another study is not concerned");
}

#[tokio::test]
async fn an_address_from_which_log_ins_fail_is_not_listened_to_but_for_tokens() {
    let per_address = Some(Rate::new(1, HOUR, 3));
    let router = protected(Protection { per_address, ..Protection::default() });
    for _ in 0..3 {
        let failed = read_study(&router, "Basic bGkubmE6d3Jvbmc=").await;
        assert_eq!(failed.status(), StatusCode::UNAUTHORIZED);
    }
    let refused = read_study(&router, BASIC).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "also with the right password");
    assert_eq!(json_of(refused).await["metadata"]["limit"], "address");
    assert_eq!(read_study(&router, "Bearer t0ken").await.status(), StatusCode::OK);
}

/// Everybody comes with the key that he names.
struct Keys;

#[async_trait]
impl Authenticator for Keys {
    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, Error> {
        let Credentials::Token(key) = credentials else {
            return Err(Error::unauthenticated("a key is expected"));
        };
        let caller = Caller::new("robot", Authentication::Token, Vec::new());
        Ok(Caller { key: Some(key), ..caller })
    }
}

#[tokio::test]
async fn a_key_has_a_quota_for_the_day() {
    let guard = guard(Protection { key_calls_per_day: Some(2), ..Protection::default() });
    guard.restore("cbk_2", 1);
    let service: Arc<dyn Edc> = Arc::new(Echo);
    let gateway = Gateway::new(Arc::new(Keys), || "made-1".to_owned());
    let router = gateway.mount("Edc", v1::rest::routes(), &service).with_guard(guard).into_router();
    for _ in 0..2 {
        assert_eq!(read_study(&router, "Bearer cbk_1").await.status(), StatusCode::OK);
    }
    let refused = read_study(&router, "Bearer cbk_1").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header_of(&refused, "retry-after"), "43200", "until midnight in UTC");
    assert_eq!(json_of(refused).await["reason"], "QUOTA_USED");
    assert_eq!(read_study(&router, "Bearer cbk_2").await.status(), StatusCode::OK);
    assert_eq!(
        read_study(&router, "Bearer cbk_2").await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "one was used before a restart"
    );
}

/// Calls that are never answered.
fn pending(router: &Router, count: usize) -> Vec<tokio::task::JoinHandle<Response<Body>>> {
    let mut calls = Vec::new();
    for _ in 0..count {
        let request = request("GET", "/v1/studies/PENDING").body(Body::empty()).unwrap();
        calls.push(tokio::spawn(ask(router.clone(), request)));
    }
    calls
}

async fn until_in_flight(shedder: &Shedder, count: usize) {
    while shedder.in_flight() != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn exports_are_refused_first_and_saves_last() {
    let shedder = Shedder::new(Arc::new(RuntimeClock), Arc::new(CpuGauge::fixed(0)), 10);
    let shared = Some(shedder.clone());
    let guarded = gateway().with_guard(guard(Protection { shedder: shared, ..Default::default() }));
    let router = with_grpc(guarded).into_router();
    let status = async |method: &str, uri: &str| {
        let body = if method == "PUT" { r#"{"seenVersion": 1}"# } else { "" };
        let request = request(method, uri).header(header::CONTENT_TYPE, "application/json");
        let response = ask(router.clone(), request.body(Body::from(body)).unwrap()).await;
        let wait = header_of(&response, "retry-after").to_owned();
        let status = response.status();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(
                (wait.as_str(), json_of(response).await["reason"].as_str()),
                ("1", Some("OVERLOADED"))
            );
        }
        status.as_u16()
    };
    let mut seen = Vec::new();
    let mut calls = Vec::new();
    for in_flight in [4, 5, 8, 9] {
        calls.extend(pending(&router, in_flight - calls.len()));
        until_in_flight(&shedder, in_flight).await;
        seen.push([
            status("GET", "/v1/studies/S/export?format=csv").await,
            status("GET", "/v1/studies/S/subjects").await,
            status("GET", "/v1/studies/S").await,
            status("PUT", FORM).await,
        ]);
    }
    assert_eq!(
        seen,
        [[200, 200, 200, 200], [503, 200, 200, 200], [503, 503, 200, 200], [503, 503, 503, 200]]
    );
    let over_grpc = ask(router.clone(), grpc_request("S")).await;
    assert_eq!(header_of(&over_grpc, "grpc-status"), "14", "UNAVAILABLE");
    calls.iter().for_each(tokio::task::JoinHandle::abort);
    until_in_flight(&shedder, 0).await;
    assert_eq!(status("GET", "/v1/studies/S/export?format=csv").await, 200);
}

#[tokio::test]
async fn a_stream_has_its_place_until_its_last_byte() {
    let shedder = Shedder::new(Arc::new(RuntimeClock), Arc::new(CpuGauge::fixed(0)), 10);
    let shared = Some(shedder.clone());
    let router = protected(Protection { shedder: shared, ..Default::default() });
    let export = || request("GET", "/v1/studies/S/export?format=csv").body(Body::empty()).unwrap();
    let response = ask(router.clone(), export()).await;
    assert_eq!(
        header_of(&response, "content-disposition"),
        r#"attachment; filename="S-export.csv""#
    );
    assert_eq!(shedder.in_flight(), 1);
    let text = crate::world::text(response).await;
    assert_eq!((text.as_str(), shedder.in_flight()), ("one\ntwo\n", 0));
    let abandoned = ask(router, export()).await;
    assert_eq!(shedder.in_flight(), 1);
    drop(abandoned);
    assert_eq!(shedder.in_flight(), 0, "nobody reads it any more");
}

#[tokio::test]
async fn whoever_has_no_name_is_known_by_his_address() {
    let per_address = Some(Rate::new(1, SECOND, 1));
    let trusted_proxies = vec!["0.0.0.0".parse().unwrap()];
    let guard = guard(Protection { per_address, trusted_proxies, ..Protection::default() });
    let router = gateway().with_guard(guard).into_router();
    let fail = |from: &'static str| {
        let request = Request::builder().uri("/v1/studies/S").header("x-forwarded-for", from);
        let request = request.header(header::AUTHORIZATION, "Basic bGkubmE6d3Jvbmc=");
        ask(router.clone(), request.body(Body::empty()).unwrap()).map(|r| r.status().as_u16())
    };
    assert_eq!(fail("192.0.2.1").await, 401);
    assert_eq!(fail("192.0.2.1").await, 429);
    assert_eq!(fail("192.0.2.2").await, 401);
}
