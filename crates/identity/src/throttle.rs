//! Slows down whoever guesses, before he is locked out, and by name whether it exists or not.

use contract::Error;
use quick_cache::sync::Cache;

/// Failures in a row that cost nothing.
const FREE_FAILURES: u32 = 2;
const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 64_000;
/// After this time without an attempt a failure is forgotten.
const FORGOTTEN_AFTER_MS: i64 = 15 * 60 * 1000;
const MOST_NAMES: usize = 10_000;

/// Failures by name, in memory only, under a keyed hash of the name.
pub(crate) struct Throttle(Cache<[u8; 32], Failures>);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last_ms: i64,
}

impl Throttle {
    /// Refuses with `LOG_IN_SLOWED` who did not wait long enough after his last failure.
    pub(crate) fn check(&self, name: &[u8; 32], now_ms: i64) -> Result<(), Error> {
        let Some(failures) = self.0.get(name) else { return Ok(()) };
        let left_ms = failures.last_ms.saturating_add(wait_ms(failures.count)) - now_ms;
        if left_ms <= 0 {
            return Ok(());
        }
        let seconds = (left_ms + 999) / 1000;
        let message = format!("the last attempts have failed; wait {seconds} s before the next");
        Err(Error::exhausted("LOG_IN_SLOWED", message)
            .with_metadata("retry_after_seconds", seconds.to_string()))
    }

    pub(crate) fn failed(&self, name: [u8; 32], now_ms: i64) {
        let recent = |one: &Failures| now_ms - one.last_ms < FORGOTTEN_AFTER_MS;
        let before = self.0.get(&name).filter(recent).map_or(0, |one| one.count);
        self.0.insert(name, Failures { count: before.saturating_add(1), last_ms: now_ms });
    }

    pub(crate) fn succeeded(&self, name: &[u8; 32]) {
        self.0.remove(name);
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self(Cache::new(MOST_NAMES))
    }
}

fn wait_ms(failures: u32) -> i64 {
    match failures.checked_sub(FREE_FAILURES + 1) {
        None => 0,
        Some(doublings) => (FIRST_WAIT_MS << doublings.min(16)).min(LONGEST_WAIT_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_after_the_second_doubles_the_wait() {
        assert_eq!(
            [0, 2, 3, 4, 5, 9, 99].map(wait_ms),
            [0, 0, 1_000, 2_000, 4_000, 64_000, 64_000]
        );
    }

    #[test]
    fn who_waits_may_try_again_and_who_succeeds_need_not_wait() {
        let (throttle, name) = (Throttle::default(), [1; 32]);
        (0..3).for_each(|_| throttle.failed(name, 1_000));
        let refused = throttle.check(&name, 1_999).unwrap_err();
        assert_eq!(refused.reason(), "LOG_IN_SLOWED");
        assert_eq!(refused.metadata()["retry_after_seconds"], "1");
        assert!(throttle.check(&name, 2_000).is_ok());
        assert!(throttle.check(&[2; 32], 1_000).is_ok());
        throttle.succeeded(&name);
        assert!(throttle.check(&name, 1_000).is_ok());
    }

    #[test]
    fn failures_of_long_ago_are_forgotten() {
        let (throttle, name) = (Throttle::default(), [1; 32]);
        (0..5).for_each(|_| throttle.failed(name, 0));
        throttle.failed(name, FORGOTTEN_AFTER_MS);
        assert!(throttle.check(&name, FORGOTTEN_AFTER_MS).is_ok());
    }
}
