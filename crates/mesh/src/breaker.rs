//! A circuit breaker per method, after Google's *Site Reliability Engineering*, chapter 21: the more
//! calls fail, the more are refused at once, by chance, so that some always try whether it is better.
//!
//! The formula and its constants are go-zero's (core/breaker/googlebreaker.go). Unlike there, state
//! can be read, a method can be switched off or reset, and business errors never count: a refusal by
//! a rule of the trial is a service that works.

mod by_method;

pub use by_method::Breakers;

use crate::{
    clock::{Chance, Clock},
    window::Window,
};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tonic::Code;

/// The recent past that is judged.
pub const WINDOW: Duration = Duration::from_secs(10);
pub const BUCKETS: u16 = 40;
/// How many times the accepted calls may be exceeded when failures are rare.
const K: f64 = 1.5;
/// The same when only failures were seen for the whole window.
const MIN_K: f64 = 1.1;
/// So few calls are never refused.
const PROTECTION: f64 = 5.0;
/// A call passes at least this often, whatever was seen.
const FORCE_PASS: Duration = Duration::from_secs(1);

/// Guards one method of one service.
#[derive(Debug)]
pub struct Breaker {
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    enabled: AtomicBool,
    past: Mutex<Past>,
}

#[derive(Debug)]
struct Past {
    window: Window<Bucket>,
    last_pass: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    accepts: u32,
    failures: u32,
    refused: u32,
}

/// How a call ended, as far as the breaker is concerned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The service answered; a refusal by a rule is an answer too.
    Answered,
    /// It did not, or it said that it cannot work.
    Failed,
    /// The caller lost interest; nothing was learnt.
    Abandoned,
}

/// What is to be seen of a breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    pub enabled: bool,
    /// Calls of the last ten seconds, with those that were refused.
    pub total: u32,
    pub answered: u32,
    pub refused: u32,
    /// The probability with which the next call is refused, 0 to 1.
    pub refusing: f64,
}

/// The breaker refuses the call; it was not made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("refused for now, because calls of this method keep failing")]
pub struct Open;

impl Outcome {
    /// What a status of gRPC says about the service. The codes that count as failures are go-zero's;
    /// all others are answers, such as a rule that says no.
    pub const fn of(code: Code) -> Self {
        match code {
            Code::DeadlineExceeded
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
            | Code::Unimplemented
            | Code::ResourceExhausted => Self::Failed,
            Code::Cancelled => Self::Abandoned,
            _ => Self::Answered,
        }
    }
}

impl Breaker {
    pub fn new(clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        let past = Mutex::new(Past::beginning(clock.now()));
        Self { clock, chance, enabled: AtomicBool::new(true), past }
    }

    /// Lets a call pass, or refuses it. Whoever passes reports the outcome with [`Self::record`].
    pub fn admit(&self) -> Result<(), Open> {
        if !self.enabled.load(Relaxed) {
            return Ok(());
        }
        let now = self.clock.now();
        let mut past = self.past();
        let refusing = past.refusing(now);
        if refusing <= 0.0 {
            return Ok(());
        }
        let waited = past.last_pass.map(|last| now.saturating_duration_since(last));
        if waited.is_none_or(|waited| waited <= FORCE_PASS) && self.chance.unit() < refusing {
            past.window.at(now).refused += 1;
            return Err(Open);
        }
        past.last_pass = Some(now);
        Ok(())
    }

    pub fn record(&self, outcome: Outcome) {
        let now = self.clock.now();
        let mut past = self.past();
        let bucket = past.window.at(now);
        match outcome {
            Outcome::Answered => bucket.accepts += 1,
            Outcome::Failed => bucket.failures += 1,
            Outcome::Abandoned => {}
        }
    }

    pub fn state(&self) -> State {
        let now = self.clock.now();
        let mut past = self.past();
        let seen = past.seen(now);
        State {
            enabled: self.enabled.load(Relaxed),
            total: seen.total,
            answered: seen.accepts,
            refused: seen.refused,
            refusing: seen.refusing().max(0.0),
        }
    }

    /// Switched off, it lets everything pass, and goes on counting.
    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Relaxed);
    }

    /// Forgets the past.
    pub fn reset(&self) {
        *self.past() = Past::beginning(self.clock.now());
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sums of the window.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    total: u32,
    accepts: u32,
    refused: u32,
    /// Buckets at the end of the window in which nothing succeeded and something failed.
    failing_buckets: u16,
    /// Buckets at the end of the window in which nothing failed and something succeeded.
    working_buckets: u16,
}

impl Past {
    fn beginning(now: Instant) -> Self {
        let window = Window::new(usize::from(BUCKETS), WINDOW / u32::from(BUCKETS), now);
        Self { window, last_pass: None }
    }

    fn refusing(&mut self, now: Instant) -> f64 {
        self.seen(now).refusing()
    }

    fn seen(&mut self, now: Instant) -> Seen {
        let mut seen = Seen::default();
        for bucket in self.window.recent(now) {
            seen.accepts += bucket.accepts;
            seen.refused += bucket.refused;
            seen.total += bucket.accepts + bucket.failures + bucket.refused;
            if bucket.failures > 0 {
                seen.working_buckets = 0;
            } else if bucket.accepts > 0 {
                seen.working_buckets += 1;
            }
            if bucket.accepts > 0 {
                seen.failing_buckets = 0;
            } else if bucket.failures > 0 {
                seen.failing_buckets += 1;
            }
        }
        seen
    }
}

impl Seen {
    /// The probability of a refusal; zero or less when there is none.
    fn refusing(self) -> f64 {
        let buckets = f64::from(BUCKETS);
        let k = K - (K - MIN_K) * f64::from(self.failing_buckets) / buckets;
        let weighted = k.max(MIN_K) * f64::from(self.accepts);
        let drop = (f64::from(self.total) - PROTECTION - weighted) / (f64::from(self.total) + 1.0);
        drop * (buckets - f64::from(self.working_buckets)) / buckets
    }
}

#[cfg(test)]
mod tests;
