//! One endpoint: its connection, and what was learnt of it.

use super::connection::{Connection, Connector, Sender, Unreachable};
use crate::breaker::Outcome;
use http::uri::Authority;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// After a moving average's last sample, time takes its weight away at this rate.
const DECAY: Duration = Duration::from_secs(10);
/// What was chosen last longer ago is tried, however it was.
const FORCE_PICK: Duration = Duration::from_secs(1);
/// Successes per thousand that are assumed before the first call has ended.
const INITIAL_SUCCESS: f64 = 1000.0;
const HEALTHY_ABOVE: f64 = 500.0;
/// How long an endpoint is put aside whose connection failed.
pub(super) const EJECTION: Duration = Duration::from_millis(500);

pub(super) struct Endpoint {
    pub address: String,
    pub authority: Authority,
    connection: Arc<Connection>,
    connector: Arc<Connector>,
    pub load: Load,
}

impl Endpoint {
    pub fn new(address: &str, connector: Arc<Connector>, now: Instant) -> Option<Self> {
        let authority = address.parse().ok()?;
        let (connection, load) = (Arc::default(), Load::new(now));
        Some(Self { address: address.to_owned(), authority, connection, connector, load })
    }

    pub async fn sender(&self) -> Result<Sender, Arc<Unreachable>> {
        self.connection.sender(&self.address, &self.connector).await
    }

    pub fn scheme(&self) -> http::uri::Scheme {
        self.connector.scheme()
    }

    /// Puts the endpoint aside for a while and its connection for good.
    pub fn eject(&self, now: Instant) {
        self.forget_connection();
        self.load.eject(now);
    }

    /// Makes a new connection for the next call.
    pub fn forget_connection(&self) {
        self.connection.abandon();
    }
}

/// What was learnt of an endpoint: go-zero's p2c state (zrpc/internal/balancer/p2c), without a lock.
/// Moments are nanoseconds since the endpoint was first heard of.
#[derive(Debug)]
pub(super) struct Load {
    start: Instant,
    in_flight: AtomicU64,
    /// Moving average of the latency in nanoseconds; 0 before the first call has ended.
    lag_ns: AtomicU64,
    /// Moving average of success, 0 to 1000, as the bits of an `f64`.
    success: AtomicU64,
    last_end_ns: AtomicU64,
    last_pick_ns: AtomicU64,
    ejected_until_ns: AtomicU64,
}

impl Load {
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            in_flight: AtomicU64::new(0),
            lag_ns: AtomicU64::new(0),
            success: AtomicU64::new(INITIAL_SUCCESS.to_bits()),
            last_end_ns: AtomicU64::new(0),
            last_pick_ns: AtomicU64::new(0),
            ejected_until_ns: AtomicU64::new(0),
        }
    }

    /// How much it costs to choose this endpoint: the root of its latency, times its calls.
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a latency are far below 2^52")]
    pub fn cost(&self) -> f64 {
        let lag = (self.lag_ns.load(Relaxed) as f64 + 1.0).sqrt().floor();
        lag * (self.in_flight.load(Relaxed) + 1) as f64
    }

    pub fn is_healthy(&self) -> bool {
        self.success() > HEALTHY_ABOVE
    }

    pub fn is_ejected(&self, now: Instant) -> bool {
        self.ns(now) < self.ejected_until_ns.load(Relaxed)
    }

    pub fn eject(&self, now: Instant) {
        self.ejected_until_ns.store(self.ns(now + EJECTION), Relaxed);
    }

    /// Whether it was passed over for so long that it must be chosen now. Only one of the callers
    /// that ask at the same time is told so.
    pub fn must_be_picked(&self, now: Instant) -> bool {
        let (now_ns, last_ns) = (self.ns(now), self.last_pick_ns.load(Relaxed));
        let waited = Duration::from_nanos(now_ns.saturating_sub(last_ns));
        let swap = || self.last_pick_ns.compare_exchange(last_ns, now_ns, Relaxed, Relaxed);
        waited > FORCE_PICK && swap().is_ok()
    }

    pub fn picked(&self, now: Instant) {
        self.last_pick_ns.store(self.ns(now), Relaxed);
    }

    pub fn begin(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// A call ended, whose answer began after `lag`. One that was abandoned tells nothing.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an average of latencies is between them"
    )]
    pub fn end(&self, lag: Duration, now: Instant, outcome: Outcome) {
        self.in_flight.fetch_sub(1, Relaxed);
        if outcome == Outcome::Abandoned {
            return;
        }
        let now_ns = self.ns(now);
        let silent =
            Duration::from_nanos(now_ns.saturating_sub(self.last_end_ns.swap(now_ns, Relaxed)));
        let lag_before = self.lag_ns.load(Relaxed) as f64;
        let old = if lag_before > 0.0 { (-silent.div_duration_f64(DECAY)).exp() } else { 0.0 };
        let lag = lag.as_nanos() as f64;
        self.lag_ns.store((lag_before * old + lag * (1.0 - old)) as u64, Relaxed);
        let success = if outcome == Outcome::Answered { INITIAL_SUCCESS } else { 0.0 };
        let success = self.success() * old + success * (1.0 - old);
        self.success.store(success.to_bits(), Relaxed);
    }

    fn success(&self) -> f64 {
        f64::from_bits(self.success.load(Relaxed))
    }

    fn ns(&self, moment: Instant) -> u64 {
        let since = moment.saturating_duration_since(self.start).as_nanos();
        u64::try_from(since).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const SECOND: Duration = Duration::from_secs(1);

    fn ended(load: &Load, now: Instant, lag: Duration, outcome: Outcome) {
        load.begin();
        load.end(lag, now, outcome);
    }

    #[test]
    fn an_unmeasured_endpoint_costs_one() {
        let load = Load::new(Instant::now());
        assert!((load.cost() - 1.0).abs() < 1e-9);
        load.begin();
        assert!((load.cost() - 2.0).abs() < 1e-9);
        assert!(load.is_healthy());
    }

    /// 4 ms are 4,000,000 ns; the root of 4,000,001 is 2000.0002, cut to 2000; two in flight: × 3.
    #[test]
    fn the_cost_is_the_root_of_the_latency_times_the_calls() {
        let start = Instant::now();
        let load = Load::new(start);
        ended(&load, start + SECOND, 4 * MS, Outcome::Answered);
        assert!((load.cost() - 2000.0).abs() < 1e-9);
        load.begin();
        load.begin();
        assert!((load.cost() - 6000.0).abs() < 1e-9);
    }

    /// After 10 s the old sample has the weight exp(-1): 4 ms × 0.367879 + 1 ms × 0.632121.
    #[test]
    fn old_latencies_fade() {
        let start = Instant::now();
        let load = Load::new(start);
        ended(&load, start + SECOND, 4 * MS, Outcome::Answered);
        ended(&load, start + 11 * SECOND, MS, Outcome::Answered);
        assert_eq!(load.lag_ns.load(Relaxed), 2_103_638);
    }

    /// 1000 × exp(-0.5) = 606.53; after 7 s more without success, × exp(-0.7): 301.19.
    #[test]
    fn failures_make_an_endpoint_unhealthy() {
        let start = Instant::now();
        let load = Load::new(start);
        ended(&load, start, MS, Outcome::Answered);
        ended(&load, start + 5 * SECOND, MS, Outcome::Failed);
        assert!((load.success() - 606.530_659_7).abs() < 1e-6);
        assert!(load.is_healthy());
        ended(&load, start + 12 * SECOND, MS, Outcome::Failed);
        assert!((load.success() - 301.194_211_9).abs() < 1e-6);
        assert!(!load.is_healthy());
    }

    #[test]
    fn the_first_failure_is_all_that_is_known() {
        let start = Instant::now();
        let load = Load::new(start);
        ended(&load, start + SECOND, MS, Outcome::Failed);
        assert!(!load.is_healthy());
    }

    #[test]
    fn an_abandoned_call_tells_nothing() {
        let start = Instant::now();
        let load = Load::new(start);
        ended(&load, start + SECOND, 4 * MS, Outcome::Abandoned);
        assert!((load.cost() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn who_waited_for_a_second_is_picked_once() {
        let start = Instant::now();
        let load = Load::new(start);
        load.picked(start);
        assert!(!load.must_be_picked(start + SECOND));
        assert!(load.must_be_picked(start + SECOND + MS));
        assert!(!load.must_be_picked(start + SECOND + MS));
    }

    #[test]
    fn an_ejected_endpoint_is_back_after_half_a_second() {
        let start = Instant::now();
        let load = Load::new(start);
        load.eject(start);
        assert!(load.is_ejected(start + 499 * MS));
        assert!(!load.is_ejected(start + 500 * MS));
    }
}
