//! How many calls may be repeated: a fifth of all, and ten in a second whatever there are.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// What each call adds.
const PER_CALL: f64 = 0.2;
/// What time adds.
const PER_SECOND: f64 = 10.0;
/// No more is saved up.
const MAX: f64 = 100.0;

#[derive(Debug)]
pub(super) struct Budget(Mutex<State>);

#[derive(Debug)]
struct State {
    tokens: f64,
    at: Instant,
}

impl Budget {
    pub fn new(now: Instant) -> Self {
        Self(Mutex::new(State { tokens: MAX, at: now }))
    }

    /// A call is made.
    pub fn deposit(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.tokens = (state.tokens + PER_CALL).min(MAX);
    }

    /// A call is to be repeated: whether it may.
    pub fn withdraw(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(state.at);
        state.at = state.at.max(now);
        state.tokens = (state.tokens + PER_SECOND * passed.as_secs_f64()).min(MAX);
        let enough = state.tokens >= 1.0;
        if enough {
            state.tokens -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn when_everything_fails_a_fifth_is_repeated() {
        let now = Instant::now();
        let budget = Budget::new(now);
        let repeated = (0..10_000).filter(|_| {
            budget.deposit();
            budget.withdraw(now)
        });
        assert_eq!(repeated.count(), 100 + 2_000 - 1);
    }

    #[test]
    fn ten_a_second_may_always_be_repeated() {
        let now = Instant::now();
        let budget = Budget::new(now);
        while budget.withdraw(now) {}
        let later = now + Duration::from_secs(2);
        assert_eq!((0..100).filter(|_| budget.withdraw(later)).count(), 20);
    }

    proptest! {
        #[test]
        fn the_budget_is_never_exceeded(steps in proptest::collection::vec((0..3_u8, 0..100_u64), 0..500)) {
            let start = Instant::now();
            let budget = Budget::new(start);
            let (mut calls, mut repeated, mut ms) = (0_u32, 0_u32, 0);
            for (what, wait_ms) in steps {
                ms += wait_ms;
                if what == 0 {
                    budget.deposit();
                    calls += 1;
                } else {
                    let now = start + Duration::from_millis(ms);
                    repeated += u32::from(budget.withdraw(now));
                }
                let passed = Duration::from_millis(ms).as_secs_f64();
                let most = MAX + PER_CALL * f64::from(calls) + PER_SECOND * passed;
                prop_assert!(f64::from(repeated) <= most + 1e-6);
            }
        }
    }
}
