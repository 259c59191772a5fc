//! How much a key may use in an hour, a day or a month of the calendar, in UTC.
//!
//! The counters are this process's own and begin at nothing when it starts. Whoever promises a quota
//! across restarts or processes keeps [`Quota::used`] and gives it back with [`Quota::restore`].

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A stretch of the calendar, in UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Period {
    Hour,
    Day,
    Month,
}

impl Period {
    fn beginning(self, now: Timestamp) -> DateTime {
        let now = now.to_zoned(TimeZone::UTC).datetime();
        match self {
            Self::Hour => now.date().at(now.hour(), 0, 0, 0),
            Self::Day => now.date().at(0, 0, 0, 0),
            Self::Month => now.date().first_of_month().at(0, 0, 0, 0),
        }
    }
}

/// The use that was allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Used {
    pub used: u64,
    /// What may still be used in this period; 0 when this use was the last.
    pub left: u64,
}

/// The quota of this period is used up.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the quota is used up")]
pub struct UsedUp {
    pub used: u64,
    pub limit: u64,
}

/// Counters by key, which begin anew with each period. At most `max_keys` are told apart; the others
/// share one counter.
#[derive(Debug)]
pub struct Quota<K> {
    period: Period,
    max_keys: usize,
    counters: Mutex<Counters<K>>,
}

#[derive(Debug)]
struct Counters<K> {
    beginning: Option<DateTime>,
    used: HashMap<K, u64>,
    used_by_others: u64,
}

impl<K: Eq + Hash + Clone> Quota<K> {
    pub fn new(period: Period, max_keys: usize) -> Self {
        let counters = Counters { beginning: None, used: HashMap::new(), used_by_others: 0 };
        Self { period, max_keys, counters: Mutex::new(counters) }
    }

    /// Uses `amount` of what `limit` allows the key in this period, all of it or nothing.
    pub fn take(&self, key: &K, amount: u64, limit: u64, now: Timestamp) -> Result<Used, UsedUp> {
        let mut counters = self.counters(now);
        let used = counters.of(key, self.max_keys);
        let after = used.saturating_add(amount);
        if after > limit {
            return Err(UsedUp { used: *used, limit });
        }
        *used = after;
        Ok(Used { used: after, left: limit - after })
    }

    /// What each key has used in this period.
    pub fn used(&self, now: Timestamp) -> Vec<(K, u64)> {
        let counters = self.counters(now);
        counters.used.iter().map(|(key, used)| (key.clone(), *used)).collect()
    }

    /// Adds what is known to have been used in this period.
    pub fn restore(&self, key: &K, used: u64, now: Timestamp) {
        let mut counters = self.counters(now);
        let counter = counters.of(key, self.max_keys);
        *counter = counter.saturating_add(used);
    }

    /// The counters of the period in which `now` is. A clock that goes back stays in the later one.
    fn counters(&self, now: Timestamp) -> MutexGuard<'_, Counters<K>> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let beginning = self.period.beginning(now);
        if counters.beginning.is_none_or(|known| known < beginning) {
            *counters =
                Counters { beginning: Some(beginning), used: HashMap::new(), used_by_others: 0 };
        }
        counters
    }
}

impl<K: Eq + Hash + Clone> Counters<K> {
    fn of(&mut self, key: &K, max_keys: usize) -> &mut u64 {
        if self.used.len() >= max_keys && !self.used.contains_key(key) {
            return &mut self.used_by_others;
        }
        self.used.entry(key.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_quota_ends_exactly_where_it_says() {
        let (quota, now) = (Quota::new(Period::Day, 10), at("2026-03-01T12:00:00Z"));
        assert_eq!(quota.take(&"a", 9, 10, now), Ok(Used { used: 9, left: 1 }));
        assert_eq!(quota.take(&"a", 2, 10, now), Err(UsedUp { used: 9, limit: 10 }));
        assert_eq!(quota.take(&"a", 1, 10, now), Ok(Used { used: 10, left: 0 }));
        assert_eq!(quota.take(&"b", 1, 10, now), Ok(Used { used: 1, left: 9 }));
    }

    #[test]
    fn periods_begin_with_the_calendar() {
        for (period, last, first) in [
            (Period::Hour, "2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z"),
            (Period::Day, "2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z"),
            (Period::Month, "2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z"),
        ] {
            let quota = Quota::new(period, 10);
            assert!(quota.take(&"a", 1, 1, at(last)).is_ok());
            assert!(quota.take(&"a", 1, 1, at(last)).is_err());
            assert!(quota.take(&"a", 1, 1, at(first)).is_ok(), "{period:?}");
            assert!(quota.take(&"a", 1, 1, at(last)).is_err(), "the clock went back");
        }
    }

    #[test]
    fn what_was_used_survives_a_restart() {
        let now = at("2026-03-01T12:00:00Z");
        let quota = Quota::new(Period::Month, 10);
        quota.restore(&"a", 9, now);
        assert!(quota.take(&"a", 2, 10, now).is_err());
        assert_eq!(quota.used(now), [("a", 9)]);
    }

    #[test]
    fn inventing_keys_does_not_help() {
        let (quota, now) = (Quota::new(Period::Day, 2), at("2026-03-01T12:00:00Z"));
        let passed = (0..100).filter(|key| quota.take(key, 1, 1, now).is_ok()).count();
        assert_eq!(passed, 3);
    }
}
