//! The circumstances of one call.

use std::time::{Duration, Instant};

use crate::{AnswerSize, Caller, LeftOut, Trace};

/// Everything a service knows about a call besides the request itself.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who calls.
    pub caller: Caller,
    /// The id of this call in logs and answers. Not the `request_id` of a message, which a client
    /// makes once per intention and repeats with it.
    pub request_id: String,
    /// When the answer is no longer wanted. Of an answer in pieces: its first one.
    pub deadline: Option<Instant>,
    /// The door through which the call came: `web`, `api`, `import`, `epro`, `imaging`, `system`.
    pub origin: String,
    /// The step of a trace that makes the call.
    pub trace: Option<Trace>,
    /// What the answer lacks, for whoever calls.
    pub left_out: LeftOut,
    /// How large an answer in pieces is, for whoever calls.
    pub size: AnswerSize,
}

impl Context {
    /// A call by `caller`, through the door `origin`, without a deadline or trace.
    pub fn new(caller: Caller, origin: impl Into<String>, request_id: impl Into<String>) -> Self {
        Self {
            caller,
            request_id: request_id.into(),
            deadline: None,
            origin: origin.into(),
            trace: None,
            left_out: LeftOut::default(),
            size: AnswerSize::default(),
        }
    }

    /// With a deadline, unless there is an earlier one: deadlines only shrink on their way.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(self.deadline.map_or(deadline, |earlier| earlier.min(deadline)));
        self
    }

    /// As a step of a trace.
    #[must_use]
    pub fn with_trace(mut self, trace: Option<Trace>) -> Self {
        self.trace = trace;
        self
    }

    /// The time that is left for the answer at `now`; `None` when there is no deadline.
    pub fn time_left(&self, now: Instant) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(now))
    }
}
