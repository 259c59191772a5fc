//! What is counted, through the `metrics` facade: whoever runs the program chooses where it goes.
//! Install a recorder before the first channel is made; what was made earlier counts into nothing.

use crate::breaker::Breakers;
use metrics::{Counter, Gauge, Histogram, Unit};
use std::time::Duration;
use tonic::Code;

/// Calls that ended, by `service`, `method` and gRPC `code`.
pub const CALLS: &str = "mesh_calls_total";
/// Seconds until the last byte of the answer, by `service` and `method`.
pub const CALL_SECONDS: &str = "mesh_call_seconds";
/// Calls that were made a second time, by `service` and `why`.
pub const REPEATED: &str = "mesh_repeated_calls_total";
/// Calls that a breaker refused, by `service` and `method`.
pub const REFUSED: &str = "mesh_breaker_refused_total";
/// Endpoints put aside because their connection failed, by `service`.
pub const EJECTIONS: &str = "mesh_ejections_total";
/// Endpoints that discovery knows, by `service`.
pub const ENDPOINTS: &str = "mesh_endpoints";

/// The probability with which a breaker refuses the next call, by `service` and `method`.
pub const REFUSING: &str = "mesh_breaker_refusing";

/// gRPC's codes run from 0 to 16.
const CODES: i32 = 17;

/// Tells the recorder what the names mean.
pub fn describe() {
    metrics::describe_counter!(CALLS, "calls to other services that ended, by gRPC code");
    metrics::describe_histogram!(CALL_SECONDS, Unit::Seconds, "time until the end of the answer");
    metrics::describe_counter!(REPEATED, "calls that were made a second time");
    metrics::describe_counter!(REFUSED, "calls that a circuit breaker refused");
    metrics::describe_counter!(EJECTIONS, "endpoints put aside for a failed connection");
    metrics::describe_gauge!(REFUSING, "probability with which a breaker refuses the next call");
    metrics::describe_gauge!(ENDPOINTS, "endpoints that discovery knows");
}

/// The counters of one method, looked up once.
pub(crate) struct CallMetrics {
    by_code: Vec<Counter>,
    seconds: Histogram,
    pub refused: Counter,
}

impl std::fmt::Debug for CallMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallMetrics")
    }
}

impl CallMetrics {
    pub fn new(service: &str, method: &str) -> Self {
        let labels = [("service", service.to_owned()), ("method", method.to_owned())];
        let with_code = |code| {
            let code = ("code", format!("{:?}", Code::from_i32(code)));
            let labels: Vec<_> = labels.iter().cloned().chain([code]).collect();
            metrics::counter!(CALLS, &labels)
        };
        Self {
            by_code: (0..CODES).map(with_code).collect(),
            seconds: metrics::histogram!(CALL_SECONDS, &labels),
            refused: metrics::counter!(REFUSED, &labels),
        }
    }

    pub fn ended(&self, code: Code, after: Duration) {
        if let Some(counter) = usize::try_from(code as i32).ok().and_then(|at| self.by_code.get(at))
        {
            counter.increment(1);
        }
        self.seconds.record(after.as_secs_f64());
    }
}

pub(crate) fn repeated(service: &str, why: &'static str) {
    metrics::counter!(REPEATED, "service" => service.to_owned(), "why" => why).increment(1);
}

pub(crate) fn ejections(service: &str) -> Counter {
    metrics::counter!(EJECTIONS, "service" => service.to_owned())
}

pub(crate) fn endpoints(service: &str) -> Gauge {
    metrics::gauge!(ENDPOINTS, "service" => service.to_owned())
}

/// Says how the breakers of a service stand now.
pub(crate) fn breakers(service: &str, breakers: &Breakers) {
    for (method, state) in breakers.states() {
        let labels = [("service", service.to_owned()), ("method", method)];
        metrics::gauge!(REFUSING, &labels).set(state.refusing);
    }
}
