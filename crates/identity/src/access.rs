//! The journal of decisions about access: one log per day, in which the same thing again and again
//! is one entry with a count, so that nobody can make it grow as he likes.

use crate::{
    Identity,
    users::{Author, STUDY, Users},
};
use async_trait::async_trait;
use contract::{AccessJournal, Error};
use jiff::{Timestamp, tz::TimeZone};
use journal::{Draft, LogName};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use store::{Batch, StoreError};

/// The same thing within this time is counted, not written.
const COUNTED_FOR_MS: i64 = 10 * 60 * 1000;
/// Different things that are counted apart at a time; more are counted as one.
const MOST_APART: usize = 1_000;
const MAX_ATTEMPTS: u32 = 50;
pub(crate) const KIND: &str = "access";

/// Something that was decided about access.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Decision {
    /// Attempts to log in that were not looked at: too soon, or locked out. Names that are nobody's
    /// are not kept: they may be passwords in the wrong field.
    LogInRefused { username: Option<String> },
    /// A token, key or secret that is nobody's, or no longer good.
    TokenRefused,
    /// No role of the caller allowed an act.
    PermissionRefused { username: String, act: String, study: Option<String>, site: Option<String> },
    /// Values that tell the treatment, or of a person, were read.
    SensitiveRead {
        username: String,
        act: String,
        study: Option<String>,
        site: Option<String>,
        what: Option<String>,
    },
    /// Too many different things to be told apart.
    Others,
}

/// What an entry says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Noted {
    #[serde(flatten)]
    pub decision: Decision,
    /// How often, since it was last written.
    pub count: u64,
}

/// What is being counted.
#[derive(Default)]
pub(crate) struct AccessCounts(Mutex<HashMap<Decision, Count>>);

#[derive(Debug, Clone, Copy)]
struct Count {
    written_ms: i64,
    waiting: u64,
}

impl Decision {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LogInRefused { .. } => "LogInRefused",
            Self::TokenRefused => "TokenRefused",
            Self::PermissionRefused { .. } => "PermissionRefused",
            Self::SensitiveRead { .. } => "SensitiveRead",
            Self::Others => "Others",
        }
    }

    fn actor(&self) -> &str {
        match self {
            Self::PermissionRefused { username, .. } | Self::SensitiveRead { username, .. } => {
                username
            }
            Self::LogInRefused { .. } | Self::TokenRefused | Self::Others => "",
        }
    }
}

impl Identity {
    /// Notes a decision, or counts it with others like it. What cannot be written is an incident in
    /// the log of the program; the call goes on.
    pub(crate) async fn note(&self, decision: Decision) {
        let now_ms = self.now_ms();
        for (decision, count) in self.access.count(decision, now_ms) {
            // The incident is logged already.
            let _ = write(&self.users, decision, count, now_ms).await;
        }
    }

    /// Writes what was counted and not written yet. To be called now and then, and at the end.
    pub async fn flush_access(&self) -> Result<(), Error> {
        let now_ms = self.now_ms();
        for (decision, count) in self.access.take_waiting(now_ms) {
            write(&self.users, decision, count, now_ms).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl AccessJournal for Identity {
    async fn refused(&self, user: &str, error: &Error) {
        let said = |key: &str| error.metadata().get(key).cloned();
        let decision = Decision::PermissionRefused {
            username: user.to_owned(),
            act: said("act").unwrap_or_default(),
            study: said("study"),
            site: said("site"),
        };
        self.note(decision).await;
    }
}

impl AccessCounts {
    /// What is to be written now.
    fn count(&self, decision: Decision, now_ms: i64) -> Vec<(Decision, u64)> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |count: &Count| now_ms - count.written_ms >= COUNTED_FOR_MS;
        let mut decision = decision;
        let mut written = Vec::new();
        if counts.len() >= MOST_APART && !counts.contains_key(&decision) {
            counts.retain(|other, count| {
                let stays = !is_over(count);
                if !stays && count.waiting > 0 {
                    written.push((other.clone(), count.waiting));
                }
                stays
            });
            if counts.len() >= MOST_APART {
                decision = Decision::Others;
            }
        }
        match counts.get_mut(&decision) {
            Some(count) if !is_over(count) => count.waiting += 1,
            Some(count) => {
                written.push((decision, count.waiting + 1));
                *count = Count { written_ms: now_ms, waiting: 0 };
            }
            None => {
                counts.insert(decision.clone(), Count { written_ms: now_ms, waiting: 0 });
                written.push((decision, 1));
            }
        }
        written
    }

    fn take_waiting(&self, now_ms: i64) -> Vec<(Decision, u64)> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = counts.iter_mut().filter(|(_, count)| count.waiting > 0);
        waiting
            .map(|(decision, count)| {
                count.written_ms = now_ms;
                (decision.clone(), std::mem::take(&mut count.waiting))
            })
            .collect()
    }
}

async fn write(users: &Users, decision: Decision, count: u64, now_ms: i64) -> Result<(), Error> {
    let author = Author {
        actor: decision.actor().to_owned(),
        origin: "api".to_owned(),
        at_ms: now_ms,
        ..Author::default()
    };
    let kind = decision.kind();
    let payload = serde_json::to_vec(&Noted { decision, count });
    let payload = payload.map_err(|error| users.broken("note access", error))?;
    let log = LogName::new(STUDY, KIND, day(now_ms));
    append(users, &log, author.draft(kind, payload)).await
}

/// Appends an entry to a log of the day, after whatever is there already.
pub(crate) async fn append(users: &Users, log: &LogName, draft: Draft) -> Result<(), Error> {
    let now_ms = draft.recorded_at_ms;
    for _ in 0..MAX_ATTEMPTS {
        let head = users.store().head(log).await;
        let head = head.map_err(|error| users.broken("note access", error))?.unwrap_or_default();
        let last = users.store().entry(log, head.sequence).await;
        let last = last.map_err(|error| users.broken("note access", error))?;
        let last_ms = last.and_then(|last| last.view().ok().map(|entry| entry.recorded_at_ms));
        // The clock may have stepped back; the log does not.
        let recorded_at_ms = last_ms.map_or(now_ms, |last_ms| last_ms.max(now_ms));
        let draft = Draft { recorded_at_ms, ..draft.clone() };
        match users.store().append(Batch::seal(log.clone(), head, &[draft], Vec::new())).await {
            Ok(_) => return Ok(()),
            Err(StoreError::HeadMoved { .. }) => {}
            Err(error) => return Err(users.broken("note access", error)),
        }
    }
    Err(users.broken("note access", "the log changed too often"))
}

/// The UTC date.
fn day(now_ms: i64) -> String {
    let instant = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    instant.to_zoned(TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(number: usize) -> Decision {
        Decision::LogInRefused { username: Some(number.to_string()) }
    }

    #[test]
    fn the_same_thing_again_is_counted_and_written_later() {
        let counts = AccessCounts::default();
        assert_eq!(counts.count(refused(1), 0), [(refused(1), 1)]);
        for _ in 0..500 {
            assert_eq!(counts.count(refused(1), COUNTED_FOR_MS - 1), []);
        }
        assert_eq!(counts.count(refused(1), COUNTED_FOR_MS), [(refused(1), 501)]);
        assert_eq!(counts.count(refused(1), COUNTED_FOR_MS), []);
        assert_eq!(counts.take_waiting(COUNTED_FOR_MS), [(refused(1), 1)]);
        assert_eq!(counts.take_waiting(COUNTED_FOR_MS), []);
    }

    #[test]
    fn many_different_things_are_counted_as_one() {
        let counts = AccessCounts::default();
        let written: usize =
            (0..100_000).map(|number| counts.count(refused(number), 0).len()).sum();
        assert_eq!(written, MOST_APART + 1);
        assert_eq!(counts.take_waiting(0), [(Decision::Others, 100_000 - MOST_APART as u64 - 1)]);
    }

    #[test]
    fn a_day_is_that_of_utc() {
        assert_eq!(day(1_700_000_000_000), "2023-11-14");
    }
}
