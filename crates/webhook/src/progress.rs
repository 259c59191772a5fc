//! How far an endpoint has come, as it is noted in its job.
//!
//! Every entry up to `cursor` was sent, did not concern the endpoint, or waits in a log that is held
//! back. An older note is always true as well: what was sent since is then sent again.

use crate::{endpoints::Cause, outcome::Failure};
use journal::LogName;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use store::Position;

/// While so many logs are held back, no more entries are considered.
pub(crate) const MOST_HELD: usize = 100;
/// How many accepted deliveries are remembered.
const MOST_RECENT: usize = 50;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The position in the journal up to which entries were considered.
    pub cursor: u64,
    /// The entry of the endpoint's own log up to which it was heeded.
    pub heeded: u64,
    pub held: Vec<Hold>,
    /// Newest last.
    pub recent: VecDeque<Done>,
    pub failing_since_ms: Option<i64>,
}

/// A log whose events wait because one of them was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hold {
    study: String,
    kind: String,
    key: String,
    /// The first entry that waits.
    pub next: u64,
    /// The last entry of the log that was considered.
    pub seen: u64,
    pub retry_at_ms: i64,
    /// Absent when nothing failed: there was only no time.
    pub failed: Option<Failed>,
}

/// How the first event that waits has failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub event_id: String,
    pub event_type: String,
    pub sequence: u64,
    pub shows_sequence: bool,
    pub times: u32,
    pub first_at_ms: i64,
    pub last_at_ms: i64,
    pub failure: Option<Failure>,
    pub status: Option<u16>,
}

/// A delivery that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Done {
    pub event_id: String,
    pub event_type: String,
    pub kind: String,
    pub key: String,
    /// Absent when it may not be shown.
    pub sequence: Option<u64>,
    pub times: u32,
    pub at_ms: i64,
    pub status: u16,
}

impl Progress {
    /// From a position on.
    pub(crate) fn begin(at: Position) -> Self {
        Self { cursor: at.0, ..Self::default() }
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Cause> {
        Ok(serde_json::from_slice(bytes)?)
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Cause> {
        Ok(serde_json::to_vec(self)?)
    }

    pub(crate) fn hold(&mut self, log: &LogName) -> Option<&mut Hold> {
        self.held.iter_mut().find(|hold| hold.is_of(log))
    }

    pub(crate) fn remember(&mut self, done: Vec<Done>) {
        self.recent.extend(done);
        let surplus = self.recent.len().saturating_sub(MOST_RECENT);
        self.recent.drain(..surplus);
    }

    /// When the first of the logs that are held back is due.
    pub(crate) fn due_at_ms(&self) -> Option<i64> {
        self.held.iter().map(|hold| hold.retry_at_ms).min()
    }

    /// Everything that waits is due now.
    pub(crate) fn hurry(&mut self, now_ms: i64) {
        for hold in &mut self.held {
            hold.retry_at_ms = hold.retry_at_ms.min(now_ms);
        }
    }

    /// As if nothing had failed yet.
    pub(crate) fn forgive(&mut self, now_ms: i64) {
        self.hurry(now_ms);
        self.failing_since_ms = None;
        for hold in &mut self.held {
            hold.failed = None;
        }
    }
}

impl Hold {
    pub(crate) fn new(log: &LogName, next: u64, seen: u64, retry_at_ms: i64) -> Self {
        let LogName { study, kind, key } = log.clone();
        Self { study, kind, key, next, seen, retry_at_ms, failed: None }
    }

    pub(crate) fn log(&self) -> LogName {
        LogName::new(self.study.as_str(), self.kind.as_str(), self.key.as_str())
    }

    fn is_of(&self, log: &LogName) -> bool {
        self.key == log.key && self.kind == log.kind && self.study == log.study
    }

    /// Takes a further entry of the log among those that wait.
    pub(crate) fn take(&mut self, sequence: u64) {
        self.next = self.next.min(sequence);
        self.seen = self.seen.max(sequence);
    }
}
