//! What is counted of deliveries. Labels hold no study, no endpoint and no address.

use crate::outcome::Outcome;
use std::time::Duration;

/// Attempts to deliver, by their outcome.
const ATTEMPTS: &str = "webhook_attempts_total";
/// How long an attempt took, in seconds.
const ATTEMPT_SECONDS: &str = "webhook_attempt_seconds";
/// How old an event was when it was accepted, in seconds since it was recorded.
const EVENT_AGE_SECONDS: &str = "webhook_event_age_seconds";
/// Endpoints that this process serves.
const ENDPOINTS: &str = "webhook_endpoints";
/// Endpoints that were disabled because deliveries failed or the receiver is gone.
const DISABLED: &str = "webhook_endpoints_disabled_total";

/// Tells the recorder what the names mean.
pub fn describe() {
    use ::metrics::Unit::Seconds;
    ::metrics::describe_counter!(ATTEMPTS, "attempts to deliver an event");
    ::metrics::describe_histogram!(ATTEMPT_SECONDS, Seconds, "how long an attempt took");
    ::metrics::describe_histogram!(EVENT_AGE_SECONDS, Seconds, "age of an event when accepted");
    ::metrics::describe_gauge!(ENDPOINTS, "endpoints that this process serves");
    ::metrics::describe_counter!(DISABLED, "endpoints that were disabled for their failures");
}

pub(crate) fn attempted(outcome: &Outcome, took: Duration) {
    ::metrics::counter!(ATTEMPTS, "outcome" => outcome.name()).increment(1);
    ::metrics::histogram!(ATTEMPT_SECONDS).record(took.as_secs_f64());
}

pub(crate) fn accepted(recorded_at_ms: i64, now_ms: i64) {
    let age_ms = now_ms.saturating_sub(recorded_at_ms).max(0).unsigned_abs();
    ::metrics::histogram!(EVENT_AGE_SECONDS).record(Duration::from_millis(age_ms).as_secs_f64());
}

pub(crate) fn serving(endpoints: usize) {
    ::metrics::gauge!(ENDPOINTS).set(f64::from(u32::try_from(endpoints).unwrap_or(u32::MAX)));
}

pub(crate) fn disabled() {
    ::metrics::counter!(DISABLED).increment(1);
}
