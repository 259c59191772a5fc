//! What is counted at the door, through the `metrics` facade: whoever runs the program chooses where
//! it goes.

use std::time::Duration;

use metrics::Unit;

/// Calls that ended, by `method`, `door` (`rest` or `grpc`) and `code` of `google.rpc.Code`.
pub const CALLS: &str = "gateway_calls_total";
/// Seconds from the head of the request to the last byte of the answer, by `method`.
pub const CALL_SECONDS: &str = "gateway_call_seconds";
/// Calls that are being answered.
pub const IN_FLIGHT: &str = "gateway_calls_in_flight";
/// Calls that were refused because there was too much work, by `priority` and `reason`.
pub const SHED: &str = "gateway_shed_total";
/// Calls that were refused because of a limit: `caller`, `address`, `study` or `quota`.
pub const LIMITED: &str = "gateway_limited_total";
/// Connections that are open.
pub const CONNECTIONS: &str = "gateway_connections";
/// Those of them that ask nothing, and of which nothing but the socket is kept.
pub const SILENT: &str = "gateway_connections_silent";

/// Tells the recorder what the names mean.
pub fn describe() {
    metrics::describe_counter!(CALLS, "calls that ended, by method, door and code");
    metrics::describe_histogram!(CALL_SECONDS, Unit::Seconds, "time until the end of the answer");
    metrics::describe_gauge!(IN_FLIGHT, "calls that are being answered");
    metrics::describe_counter!(SHED, "calls refused because there was too much work");
    metrics::describe_counter!(LIMITED, "calls refused because of a limit");
    metrics::describe_gauge!(CONNECTIONS, "connections that are open");
    metrics::describe_gauge!(SILENT, "open connections that ask nothing");
}

pub(crate) fn ended(method: &'static str, door: &'static str, code: &'static str, after: Duration) {
    metrics::counter!(CALLS, "method" => method, "door" => door, "code" => code).increment(1);
    metrics::histogram!(CALL_SECONDS, "method" => method).record(after);
}

pub(crate) fn limited(limit: &'static str) {
    metrics::counter!(LIMITED, "limit" => limit).increment(1);
}
