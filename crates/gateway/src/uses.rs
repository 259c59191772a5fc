//! Counts who called which method with which result, until somebody takes the counts to keep them.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Different uses that are counted apart at a time. What exceeds it is counted without a caller.
const MOST_APART: usize = 20_000;
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// Calls of one caller to one method with one result on one day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Use {
    /// The day in UTC.
    pub day: Date,
    /// Empty for whoever has not proven who he is.
    pub user: String,
    /// The visible part of an API key.
    pub key: Option<String>,
    /// Such as `casebook.edc.v1.Edc/SaveForm`.
    pub method: &'static str,
    /// `OK`, or the name of the error in `google.rpc.Code`.
    pub result: &'static str,
}

/// The counts since somebody last took them. Memory is bounded; nothing here waits for a disk.
pub struct Uses {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    counts: Mutex<HashMap<Counted, u64>>,
}

#[derive(PartialEq, Eq, Hash)]
struct Counted {
    /// Days since 1970.
    day: i64,
    user: String,
    key: Option<String>,
    method: &'static str,
    result: &'static str,
}

impl Uses {
    pub fn new(now: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self { now, counts: Mutex::default() }
    }

    pub(crate) fn count(
        &self,
        caller: Option<(String, Option<String>)>,
        method: &'static str,
        result: &'static str,
    ) {
        let day = (self.now)().as_second().div_euclid(SECONDS_PER_DAY);
        let (user, key) = caller.unwrap_or_default();
        let mut counted = Counted { day, user, key, method, result };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST_APART && !counts.contains_key(&counted) {
            (counted.user, counted.key) = (String::new(), None);
        }
        *counts.entry(counted).or_default() += 1;
    }

    /// All counts, which then begin anew.
    pub fn take(&self) -> Vec<(Use, u64)> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *counts);
        drop(counts);
        let dated = taken.into_iter().filter_map(|(counted, count)| {
            let Counted { day, user, key, method, result } = counted;
            let begin = Timestamp::from_second(day * SECONDS_PER_DAY).ok()?;
            let day = begin.to_zoned(TimeZone::UTC).date();
            Some((Use { day, user, key, method, result }, count))
        });
        dated.collect()
    }
}

impl fmt::Debug for Uses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uses")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_day_caller_method_and_result() {
        let uses = Uses::new(Arc::new(|| "2026-03-02T23:59:59Z".parse().unwrap()));
        for result in ["OK", "NOT_FOUND", "OK"] {
            uses.count(Some(("li.na".to_owned(), None)), "a.B/C", result);
        }
        uses.count(None, "a.B/C", "OK");
        let mut taken = uses.take();
        taken.sort_by_key(|(one, _)| (one.user.clone(), one.result));
        let seen: Vec<_> =
            taken.iter().map(|(one, count)| (one.user.as_str(), one.result, *count)).collect();
        assert_eq!(seen, [("", "OK", 1), ("li.na", "NOT_FOUND", 1), ("li.na", "OK", 2)]);
        assert_eq!(taken[0].0.day.to_string(), "2026-03-02");
        assert!(uses.take().is_empty());
    }

    #[test]
    fn inventing_callers_does_not_use_up_memory() {
        let uses = Uses::new(Arc::new(|| Timestamp::UNIX_EPOCH));
        for number in 0..3 * MOST_APART {
            uses.count(Some((number.to_string(), None)), "a.B/C", "OK");
        }
        let taken = uses.take();
        assert_eq!(taken.len(), MOST_APART + 1);
        assert_eq!(taken.iter().map(|(_, count)| count).sum::<u64>(), 3 * MOST_APART as u64);
    }
}
