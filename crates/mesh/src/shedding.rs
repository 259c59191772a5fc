//! Adaptive load shedding: when the processor is busy and more calls are in flight than the service
//! has shown that it can finish, the new ones are refused at once, the unimportant first.
//!
//! The rule and its constants are go-zero's (core/load/adaptiveshedder.go, after BBR), with these
//! differences: four priorities instead of two; the processor's load is that of the own control
//! group and not of the machine; whatever the processor does, there is a bound on what may be in
//! flight, of which the unimportant may use a part only; and so few calls that they are soon done may
//! be spared, because a busy processor alone harms nobody.

mod cpu;

pub use cpu::{CpuGauge, CpuUnreadable};

use crate::{clock::Clock, window::Window};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const WINDOW: Duration = Duration::from_secs(5);
const BUCKETS: u16 = 50;
/// After a refusal the processor counts as busy for so long.
const COOL_OFF: Duration = Duration::from_secs(1);
const FULL_PERMILLE: f64 = 1000.0;
/// Share of the old average of calls in flight that each call which ends leaves.
const FLYING_BETA: f64 = 0.9;
/// However busy the processor is, a tenth of what can be finished is let in.
const MIN_FACTOR: f64 = 0.1;
/// The latency that is assumed before the first call has ended.
const UNKNOWN_LATENCY_MS: f64 = 1000.0;
/// What the refused are asked to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How bad it is to refuse a call. The first is the last to be refused.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Priority {
    /// Writes that must not be lost: saves, signatures, log-ins.
    Save,
    /// What a person waits for: one page, one form.
    Read,
    /// What costs more and can be asked again: lists and matrices.
    List,
    /// What can be done later: exports, reports, feeds.
    Export,
}

impl Priority {
    /// The load of the processor, in thousandths, from which calls of this priority may be refused.
    /// For reads it is go-zero's; saves have go-zero's for priority routes.
    const fn threshold_permille(self) -> f64 {
        match self {
            Self::Save => 950.0,
            Self::Read => 900.0,
            Self::List => 850.0,
            Self::Export => 800.0,
        }
    }

    /// The share of the bound on calls in flight, in percent.
    const fn share_percent(self) -> usize {
        match self {
            Self::Save => 100,
            Self::Read => 90,
            Self::List => 75,
            Self::Export => 50,
        }
    }

    /// The share of the calls that are spared, in percent.
    const fn spared_percent(self) -> usize {
        match self {
            Self::Save => 100,
            Self::Read => 50,
            Self::List => 25,
            Self::Export => 10,
        }
    }
}

/// Refused before any work was done; it is safe to try again after a while.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{reason}; try again in {} s", retry_after.as_secs())]
pub struct Shed {
    pub reason: Reason,
    /// For the header `Retry-After`.
    pub retry_after: Duration,
}

/// Why a call was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Reason {
    #[error("the processor is busy and too many calls are in flight")]
    Overloaded,
    #[error("as many calls are in flight as are allowed")]
    Full,
}

/// Lets calls in, or refuses them.
#[derive(Debug)]
pub struct Shedder {
    clock: Arc<dyn Clock>,
    cpu: Arc<CpuGauge>,
    max_in_flight: usize,
    spared: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    flying: usize,
    average_flying: f64,
    finished: Window<Finished>,
    overloaded_at: Option<Instant>,
    refused_recently: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Finished {
    count: u32,
    latency_ms: f64,
}

/// A call that was let in. When it is dropped, the call has ended.
#[derive(Debug)]
#[must_use = "the call counts as ended when its ticket is dropped"]
pub struct Ticket {
    shedder: Arc<Shedder>,
    admitted: Instant,
    failed: bool,
}

impl Ticket {
    /// The call did not do its work, so that its latency says nothing.
    pub fn failed(mut self) {
        self.failed = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let now = self.shedder.clock.now();
        let latency = now.saturating_duration_since(self.admitted);
        self.shedder.state().end(now, (!self.failed).then_some(latency));
    }
}

impl Shedder {
    /// `max_in_flight` bounds memory; a service that is not overloaded should never reach it.
    pub fn new(clock: Arc<dyn Clock>, cpu: Arc<CpuGauge>, max_in_flight: usize) -> Arc<Self> {
        Self::sparing(clock, cpu, max_in_flight, 0)
    }

    /// The same, but as long as no more than `spared` calls are in flight no save is refused, however
    /// busy the processor is; of reads half as many are spared, of lists a quarter, of exports a tenth.
    pub fn sparing(
        clock: Arc<dyn Clock>,
        cpu: Arc<CpuGauge>,
        max_in_flight: usize,
        spared: usize,
    ) -> Arc<Self> {
        let span = WINDOW / u32::from(BUCKETS);
        let state = State {
            flying: 0,
            average_flying: 0.0,
            finished: Window::new(usize::from(BUCKETS), span, clock.now()),
            overloaded_at: None,
            refused_recently: false,
        };
        Arc::new(Self { clock, cpu, max_in_flight, spared, state: Mutex::new(state) })
    }

    pub fn admit(self: &Arc<Self>, priority: Priority) -> Result<Ticket, Shed> {
        let now = self.clock.now();
        let cpu = f64::from(self.cpu.permille());
        let mut state = self.state();
        let allowed = (self.max_in_flight * priority.share_percent()).div_ceil(100);
        let spared = (self.spared * priority.spared_percent()) / 100;
        let reason = if state.flying >= allowed {
            Some(Reason::Full)
        } else if state.is_hot(priority, cpu, now)
            && state.is_crowded(priority, cpu, now)
            && state.flying >= spared
        {
            state.refused_recently = true;
            Some(Reason::Overloaded)
        } else {
            None
        };
        if let Some(reason) = reason {
            return Err(Shed { reason, retry_after: RETRY_AFTER });
        }
        state.flying += 1;
        Ok(Ticket { shedder: self.clone(), admitted: now, failed: false })
    }

    /// Calls that were let in and have not ended.
    pub fn in_flight(&self) -> usize {
        self.state().flying
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::cast_precision_loss, reason = "calls in flight are far below 2^52")]
impl State {
    fn end(&mut self, now: Instant, latency: Option<Duration>) {
        self.flying = self.flying.saturating_sub(1);
        self.average_flying =
            self.average_flying * FLYING_BETA + self.flying as f64 * (1.0 - FLYING_BETA);
        if let Some(latency) = latency {
            let bucket = self.finished.at(now);
            bucket.count += 1;
            bucket.latency_ms += (latency.as_secs_f64() * 1000.0).ceil();
        }
    }

    /// Whether the processor is busy, or was when something was refused a moment ago.
    fn is_hot(&mut self, priority: Priority, cpu: f64, now: Instant) -> bool {
        if cpu >= priority.threshold_permille() {
            self.overloaded_at = Some(now);
            return true;
        }
        let Some(at) = self.overloaded_at.filter(|_| self.refused_recently) else {
            return false;
        };
        self.refused_recently = now.saturating_duration_since(at) < COOL_OFF;
        self.refused_recently && priority != Priority::Save
    }

    /// Whether more is in flight, now and on average, than can be finished.
    fn is_crowded(&mut self, priority: Priority, cpu: f64, now: Instant) -> bool {
        let threshold = priority.threshold_permille();
        let factor = (FULL_PERMILLE - cpu) / (FULL_PERMILLE - threshold);
        let limit = self.max_flight(now) * factor.clamp(MIN_FACTOR, 1.0);
        self.average_flying > limit && self.flying as f64 > limit
    }

    /// Little's law with the best that was seen: most finished per second × least latency.
    fn max_flight(&mut self, now: Instant) -> f64 {
        let (mut most, mut least_ms) = (1, UNKNOWN_LATENCY_MS);
        for bucket in self.finished.complete(now).filter(|bucket| bucket.count > 0) {
            most = most.max(bucket.count);
            least_ms = least_ms.min((bucket.latency_ms / f64::from(bucket.count)).round());
        }
        let buckets_per_ms = f64::from(BUCKETS) / (WINDOW.as_secs_f64() * 1000.0);
        (f64::from(most) * least_ms * buckets_per_ms).max(1.0)
    }
}

#[cfg(test)]
mod tests;
