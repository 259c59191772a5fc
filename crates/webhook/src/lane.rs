//! A lane: the events of one log, sent one after the other.

use crate::{
    Webhooks,
    blinding::Blinding,
    endpoint::Endpoint,
    endpoints::Cause,
    message::Message,
    metrics,
    outcome::Outcome,
    progress::{Done, Failed},
    schedule::delay_ms,
    told,
};
use journal::{LogName, Sealed};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use store::Store;
use tokio::sync::Semaphore;

/// How many entries of a log that was held back are read at a time.
const ENTRIES_PER_READ: u32 = 20;

/// To whom events are sent, and with what.
#[derive(Clone, Copy)]
pub(crate) struct Receiver<'a> {
    pub hooks: &'a Webhooks,
    pub study: &'a str,
    pub endpoint_id: &'a str,
    pub endpoint: &'a Endpoint,
    pub blinding: &'a Blinding,
    pub requests: &'a Semaphore,
    pub stopping: &'a AtomicBool,
}

/// Entries of one log that are to be sent.
#[derive(Debug)]
pub(crate) struct Lane {
    pub log: LogName,
    pub source: Source,
}

/// Where the entries of a lane come from.
#[derive(Debug)]
pub(crate) enum Source {
    Page(Vec<Sealed>),
    Held { next: u64, seen: u64, failed: Option<Failed> },
}

/// How far a lane has come.
#[derive(Debug)]
pub(crate) struct LaneEnd {
    pub log: LogName,
    pub done: Vec<Done>,
    /// The first entry that is not through.
    pub next: u64,
    /// The last entry of the lane.
    pub last: u64,
    pub stop: Option<Stop>,
}

/// Why a lane did not come to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    Failed {
        failed: Failed,
        retry_at_ms: i64,
    },
    Gone,
    /// The worker is to stop.
    Paused,
}

impl Lane {
    /// Sends until the end, or until a delivery is not accepted.
    pub(crate) async fn run(self, to: Receiver<'_>) -> Result<LaneEnd, Cause> {
        let Self { log, source } = self;
        let (entries, next, mut failed) = match source {
            Source::Page(entries) => {
                let next = entries.first().map_or(0, |entry| entry.sequence);
                (entries, next, None)
            }
            Source::Held { next, seen, failed } => {
                let mut entries =
                    to.hooks.endpoints.store().read(&log, next, ENTRIES_PER_READ).await?;
                entries.retain(|entry| entry.sequence <= seen);
                (entries, next, failed)
            }
        };
        let last = entries.last().map_or(next, |entry| entry.sequence);
        let mut end = LaneEnd { log, done: Vec::new(), next, last, stop: None };
        for entry in &entries {
            if let Some(message) = to.message(&end.log, entry).await? {
                if to.stopping.load(Relaxed) {
                    end.stop = Some(Stop::Paused);
                    break;
                }
                let earlier = failed.take().filter(|failed| failed.sequence == entry.sequence);
                if let Some(stop) = end.send(&message, entry.sequence, earlier, to).await? {
                    end.stop = Some(stop);
                    break;
                }
            }
            end.next = entry.sequence + 1;
        }
        Ok(end)
    }
}

impl LaneEnd {
    async fn send(
        &mut self,
        message: &Message,
        sequence: u64,
        earlier: Option<Failed>,
        to: Receiver<'_>,
    ) -> Result<Option<Stop>, Cause> {
        let place = to.requests.acquire().await?;
        let outcome = to.hooks.send(to.endpoint_id, to.endpoint, message).await?;
        drop(place);
        let now_ms = to.hooks.now_ms();
        let times = earlier.as_ref().map_or(0, |failed| failed.times) + 1;
        match outcome {
            Outcome::Gone => Ok(Some(Stop::Gone)),
            Outcome::Delivered { status } => {
                metrics::accepted(message.at_ms, now_ms);
                self.done.push(Done {
                    event_id: message.id.clone(),
                    event_type: message.event_type.to_owned(),
                    kind: self.log.kind.clone(),
                    key: self.log.key.clone(),
                    sequence: message.shows_sequence.then_some(sequence),
                    times,
                    at_ms: now_ms,
                    status,
                });
                Ok(None)
            }
            Outcome::Failed { failure, status, wish_ms } => {
                let failed = Failed {
                    event_id: message.id.clone(),
                    event_type: message.event_type.to_owned(),
                    sequence,
                    shows_sequence: message.shows_sequence,
                    times,
                    first_at_ms: earlier.map_or(now_ms, |failed| failed.first_at_ms),
                    last_at_ms: now_ms,
                    failure: Some(failure),
                    status,
                };
                let random = u64::from_be_bytes(to.hooks.random_bytes());
                let retry_at_ms = now_ms.saturating_add(delay_ms(times, wish_ms, random));
                Ok(Some(Stop::Failed { failed, retry_at_ms }))
            }
        }
    }
}

impl Receiver<'_> {
    /// The message that an entry is for the receiver, if it is one.
    async fn message(self, log: &LogName, sealed: &Sealed) -> Result<Option<Message>, Cause> {
        let entry = sealed.view()?;
        let Some(told) = told::read(log, &entry)? else { return Ok(None) };
        if !self.endpoint.wants(told.event_type.name()) {
            return Ok(None);
        }
        let store: &dyn Store = &**self.hooks.endpoints.store();
        if let Some(query) = &told.query
            && self.blinding.hides(store, self.study, log, query, sealed.sequence).await?
        {
            return Ok(None);
        }
        let is_blinded = self.blinding.exists(store, self.study).await?;
        let (id, study) = (self.endpoint_id, self.study);
        Message::new(id, study, log, &sealed.hash, &entry, &told, !is_blinded).map(Some)
    }
}
