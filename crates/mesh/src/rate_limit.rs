//! Limits on the rate of calls: a token bucket for each key.
//!
//! A bucket is kept as one moment, the time at which it will be full again (GCRA, ITU-T I.371), so a
//! key costs no more than that.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What a bucket holds and how fast it fills.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    per_token: Duration,
    burst: u32,
}

impl Rate {
    /// `burst` calls at once, and `count` in each `period` in the long run. Both are at least 1.
    pub fn new(count: u32, period: Duration, burst: u32) -> Self {
        let per_token = (period / count.max(1)).max(Duration::from_nanos(1));
        Self { per_token, burst: burst.max(1) }
    }

    fn full(self) -> Duration {
        self.per_token.saturating_mul(self.burst)
    }
}

/// Too many calls of this key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("too many calls; try again in {retry_after:?}")]
pub struct TooMany {
    /// When the call would be let in, if nobody else came first.
    pub retry_after: Duration,
}

/// Token buckets by key. At most `max_keys` are told apart; when there are more, those without a
/// bucket of their own share one, so that nobody escapes his limit by inventing keys.
#[derive(Debug)]
pub struct RateLimiter<K> {
    rate: Rate,
    max_keys: usize,
    buckets: Mutex<Buckets<K>>,
}

#[derive(Debug)]
struct Buckets<K> {
    full_at: HashMap<K, Instant>,
    shared_full_at: Option<Instant>,
    /// No key needs to be looked at again before.
    next_sweep: Option<Instant>,
}

impl<K: Eq + Hash + Clone> RateLimiter<K> {
    pub fn new(rate: Rate, max_keys: usize) -> Self {
        let buckets = Buckets { full_at: HashMap::new(), shared_full_at: None, next_sweep: None };
        Self { rate, max_keys, buckets: Mutex::new(buckets) }
    }

    /// Takes `cost` tokens of a key, or none when there are too few. A cost above the burst is never
    /// let in.
    pub fn take(&self, key: &K, cost: u32, now: Instant) -> Result<(), TooMany> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = buckets.full_at.get_mut(key) {
            *full_at = self.rate.taken(*full_at, cost, now)?;
            return Ok(());
        }
        if buckets.full_at.len() >= self.max_keys {
            buckets.sweep(self.rate, now);
        }
        if buckets.full_at.len() >= self.max_keys {
            let full_at = buckets.shared_full_at.unwrap_or(now);
            buckets.shared_full_at = Some(self.rate.taken(full_at, cost, now)?);
        } else {
            let full_at = self.rate.taken(now, cost, now)?;
            buckets.full_at.insert(key.clone(), full_at);
        }
        Ok(())
    }

    /// Whether [`take`](Self::take) would take `cost` tokens of a key now. Takes none.
    pub fn check(&self, key: &K, cost: u32, now: Instant) -> Result<(), TooMany> {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let own = buckets.full_at.get(key).copied();
        let shared = || buckets.shared_full_at.filter(|_| buckets.full_at.len() >= self.max_keys);
        let full_at = own.or_else(shared).unwrap_or(now);
        self.rate.taken(full_at, cost, now).map(drop)
    }

    /// Keys with a bucket of their own.
    pub fn keys(&self) -> usize {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).full_at.len()
    }
}

impl Rate {
    /// When a bucket will be full again after `cost` tokens were taken.
    fn taken(self, full_at: Instant, cost: u32, now: Instant) -> Result<Instant, TooMany> {
        let after = full_at.max(now) + self.per_token.saturating_mul(cost);
        let missing = after.saturating_duration_since(now).saturating_sub(self.full());
        if missing.is_zero() { Ok(after) } else { Err(TooMany { retry_after: missing }) }
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Drops the buckets that are full, which is what a new one is. It looks at every key, so it
    /// does so once in the time in which a bucket fills.
    fn sweep(&mut self, rate: Rate, now: Instant) {
        if self.next_sweep.is_none_or(|next| next <= now) {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.next_sweep = Some(now + rate.full());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let (limiter, now) = (RateLimiter::new(Rate::new(10, SECOND, 3), 100), Instant::now());
        for _ in 0..3 {
            assert_eq!(limiter.take(&"a", 1, now), Ok(()));
        }
        let wait = SECOND / 10;
        assert_eq!(limiter.take(&"a", 1, now), Err(TooMany { retry_after: wait }));
        assert_eq!(limiter.take(&"b", 1, now), Ok(()), "another key has its own");
        assert_eq!(limiter.take(&"a", 1, now + wait), Ok(()));
        assert!(limiter.take(&"a", 1, now + wait).is_err());
        assert_eq!(limiter.take(&"a", 3, now + 10 * SECOND), Ok(()));
        assert!(limiter.take(&"a", 4, now + 99 * SECOND).is_err(), "more than ever fits");
    }

    #[test]
    fn asking_takes_nothing() {
        let (limiter, now) = (RateLimiter::new(Rate::new(1, SECOND, 2), 100), Instant::now());
        for _ in 0..10 {
            assert_eq!(limiter.check(&"a", 2, now), Ok(()));
        }
        limiter.take(&"a", 2, now).unwrap();
        assert_eq!(limiter.check(&"a", 1, now), limiter.take(&"a", 1, now));
        assert!(limiter.check(&"a", 1, now).is_err());
        assert_eq!(limiter.check(&"a", 1, now + SECOND), Ok(()));
    }

    #[test]
    fn inventing_keys_does_not_help() {
        let (limiter, now) = (RateLimiter::new(Rate::new(1, SECOND, 1), 10), Instant::now());
        let passed = (0..1000).filter(|key| limiter.take(key, 1, now).is_ok()).count();
        assert_eq!(passed, 11, "ten of their own and one shared");
        assert_eq!(limiter.keys(), 10);
        assert!(limiter.take(&7, 1, now).is_err());
        assert_eq!(limiter.take(&5000, 1, now + SECOND), Ok(()));
        assert_eq!(limiter.keys(), 1, "full buckets made room");
    }

    proptest! {
        /// In any stretch of time no more passes than the burst and what the rate allows.
        #[test]
        fn the_rate_is_never_exceeded(steps in proptest::collection::vec(0..400_u64, 1..300)) {
            let limiter = RateLimiter::new(Rate::new(5, SECOND, 4), 10);
            let start = Instant::now();
            let (mut at_ms, mut passed_at) = (0, Vec::new());
            for step in steps {
                at_ms += step;
                if limiter.take(&(), 1, start + Duration::from_millis(at_ms)).is_ok() {
                    passed_at.push(at_ms);
                }
            }
            for (first, from) in passed_at.iter().enumerate() {
                for (count, to) in passed_at[first..].iter().enumerate() {
                    prop_assert!(count as u64 <= 4 + (to - from) / 200);
                }
            }
        }
    }
}
