//! What a recorder sees of calls.

mod support;

use mesh::{Channel, discovery::Fixed};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use support::{
    echo::{Echo, Manner, Running, call},
    options, safe,
};
use tonic::Code;

#[tokio::test]
async fn calls_are_counted_by_service_method_and_code() {
    let recorder = DebuggingRecorder::new();
    let seen = recorder.snapshotter();
    let server = Running::start(Echo::new("strict", Manner::Refusing(Code::NotFound)));
    let recording = metrics::set_default_local_recorder(&recorder);
    let addresses = ["127.0.0.1:1".to_owned(), server.address.clone()];
    let options = options().with_policy(safe);
    let channel = Channel::new("echo", &Fixed::of("echo", addresses), options).unwrap();
    for _ in 0..3 {
        assert_eq!(call(&channel, "secret").await.unwrap_err().code(), Code::NotFound);
    }
    drop(recording);
    let mut counted = Vec::new();
    for (key, _, _, value) in seen.snapshot().into_vec() {
        let labels: Vec<_> =
            key.key().labels().map(|one| format!("{}={}", one.key(), one.value())).collect();
        match value {
            DebugValue::Counter(0) => {}
            DebugValue::Counter(count) => {
                counted.push(format!("{} {} {count}", key.key().name(), labels.join(" ")));
            }
            DebugValue::Gauge(gauge) => counted.push(format!("{} {gauge}", key.key().name())),
            DebugValue::Histogram(all) => {
                counted.push(format!("{} {}", key.key().name(), all.len()));
            }
        }
    }
    counted.sort();
    let method = support::UNARY;
    assert_eq!(
        counted,
        [
            "mesh_call_seconds 3".to_owned(),
            format!("mesh_calls_total service=echo method={method} code=NotFound 3"),
            "mesh_ejections_total service=echo 1".to_owned(),
            "mesh_endpoints 2".to_owned(),
            "mesh_repeated_calls_total service=echo why=unsent 1".to_owned(),
        ]
    );
}
