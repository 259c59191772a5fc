//! What whoever watches sees: counts, traces, uses.

use std::sync::{Arc, Mutex};

use crate::{
    limits::{grpc_request, guard, with_grpc},
    world::{BASIC, FORM, ask, gateway, header_of, request, text},
};
use axum::{Router, body::Body};
use contract::Trace;
use gateway::{Protection, Uses, measures};
use http::{Request, header};
use mesh::rate_limit::Rate;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const STEP: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

async fn read(router: &Router, uri: &str) -> String {
    text(ask(router.clone(), request("GET", uri).body(Body::empty()).unwrap()).await).await
}

/// What was recorded under a name: labels and value.
fn recorded(snapshotter: &Snapshotter, name: &str) -> Vec<(String, String)> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    let named = all.filter(|(key, ..)| key.key().name() == name);
    let mut seen: Vec<_> = named
        .map(|(key, _, _, value)| {
            let labels: Vec<_> = key.key().labels().map(|one| one.value().to_owned()).collect();
            let value = match value {
                DebugValue::Counter(count) => count.to_string(),
                DebugValue::Gauge(value) => value.to_string(),
                DebugValue::Histogram(values) => format!("{} measured", values.len()),
            };
            (labels.join(" "), value)
        })
        .collect();
    seen.sort();
    seen
}

#[test]
fn calls_are_counted_by_method_door_and_code() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let per_caller = Some(Rate::new(1, std::time::Duration::from_hours(1), 5));
            let protection = Protection { per_caller, ..Protection::default() };
            let router = with_grpc(gateway().with_guard(guard(protection))).into_router();
            read(&router, "/v1/studies/S").await;
            read(&router, "/v1/studies/INCIDENT").await;
            read(&router, "/v1/studies/S/export?format=csv").await;
            read(&router, "/v1/nowhere").await;
            for _ in 0..3 {
                text(ask(router.clone(), grpc_request("S")).await).await;
            }
        });
    });
    let snapshot = recorded(&snapshotter, measures::CALLS);
    let expected = [
        ("casebook.edc.v1.Edc/ExportStudy rest OK", "1"),
        ("casebook.edc.v1.Edc/GetStudy grpc OK", "2"),
        ("casebook.edc.v1.Edc/GetStudy grpc RESOURCE_EXHAUSTED", "1"),
        ("casebook.edc.v1.Edc/GetStudy rest INTERNAL", "1"),
        ("casebook.edc.v1.Edc/GetStudy rest OK", "1"),
    ];
    assert_eq!(snapshot, expected.map(|(labels, value)| (labels.to_owned(), value.to_owned())));
}

#[test]
fn durations_are_measured_and_nothing_stays_in_flight() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let router = gateway().into_router();
            read(&router, "/v1/studies/S").await;
            let uri = "/v1/studies/S/export?format=csv";
            let half = ask(router, request("GET", uri).body(Body::empty()).unwrap()).await;
            drop(half);
        });
    });
    let snapshot: std::collections::BTreeMap<_, _> = snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| (key.key().clone(), value))
        .collect();
    let of = |name: &'static str| snapshot.iter().filter(move |(key, _)| key.name() == name);
    let times = of(measures::CALL_SECONDS);
    assert_eq!(
        times
            .filter(|(_, value)| matches!(value, DebugValue::Histogram(v) if v.len() == 1))
            .count(),
        2
    );
    assert!(of(measures::IN_FLIGHT).all(|(_, value)| *value == DebugValue::Gauge(0.0.into())));
    let cancelled = of(measures::CALLS)
        .filter(|(key, _)| key.labels().any(|label| label.value() == "CANCELLED"));
    assert_eq!(cancelled.count(), 1, "the answer that nobody read");
}

#[tokio::test]
async fn who_called_what_is_counted_with_its_result() {
    let now = Arc::new(|| "2026-03-02T12:00:00Z".parse().unwrap());
    let uses = Arc::new(Uses::new(now));
    let router = with_grpc(gateway().with_uses(uses.clone())).into_router();
    read(&router, "/v1/studies/S").await;
    read(&router, "/v1/studies/S").await;
    read(&router, "/v1/studies/S/queries").await;
    text(ask(router.clone(), grpc_request("S")).await).await;
    let nobody = Request::builder().uri("/v1/studies").body(Body::empty()).unwrap();
    text(ask(router.clone(), nobody).await).await;
    let mut taken: Vec<_> = uses
        .take()
        .into_iter()
        .map(|(one, count)| (one.user, one.method, one.result, count))
        .collect();
    taken.sort();
    let method = |name: &str| format!("casebook.edc.v1.Edc/{name}");
    let expected = [
        ("", method("ListStudies"), "UNAUTHENTICATED", 1),
        ("li.na", method("GetStudy"), "OK", 3),
        ("li.na", method("ListQueries"), "PERMISSION_DENIED", 1),
    ];
    let taken: Vec<_> = taken
        .iter()
        .map(|(user, method, result, count)| (user.as_str(), (*method).to_owned(), *result, *count))
        .collect();
    assert_eq!(taken, expected);
}

#[tokio::test]
async fn a_request_becomes_a_step_of_the_trace_that_its_caller_names() {
    let parents = Arc::new(Mutex::new(Vec::new()));
    let seen = parents.clone();
    let step: Trace = STEP.parse().unwrap();
    let router = gateway()
        .with_tracer(Arc::new(move |_, parent| {
            seen.lock().unwrap().push(parent);
            Some(step)
        }))
        .into_router();
    for (given, expected) in
        [(Some(CALLER), CALLER.parse().ok()), (Some("nonsense"), None), (None, None)]
    {
        let mut request = Request::builder().method("PUT").uri(FORM);
        if let Some(given) = given {
            request = request.header("traceparent", given);
        }
        let request = request.header(header::AUTHORIZATION, BASIC);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer =
            ask(router.clone(), request.body(Body::from(r#"{"seenVersion": 1}"#)).unwrap()).await;
        assert_eq!(header_of(&answer, "content-type"), "application/json");
        assert_eq!(parents.lock().unwrap().pop().unwrap(), expected);
    }
}

#[tokio::test]
async fn a_listener_for_those_who_watch_answers_what_was_rendered() {
    let router = gateway::watching(Arc::new(|| "gateway_calls_total 7\n".to_owned()));
    let request = Request::builder().uri("/metrics").body(Body::empty()).unwrap();
    let answer = ask(router, request).await;
    assert_eq!(header_of(&answer, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(text(answer).await, "gateway_calls_total 7\n");
}
