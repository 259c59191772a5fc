//! How events are sent: take a page, run its lanes, settle what came of them, note it.
//!
//! Within a log, order is kept: what is not accepted holds back what comes behind it in the same
//! log, and only that. Logs are sent side by side, a few at once.

use crate::{
    Worker,
    endpoint::{Because, Endpoint, EndpointEvent},
    endpoints::{Author, Cause, Known},
    lane::{LaneEnd, Receiver, Stop},
    metrics,
    page::Page,
    progress::{Hold, Progress},
    schedule::FAILS_FOR_MS,
};
use contract::{Act, Caller, Context, Scope};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use std::time::Duration;
use store::Job;

/// How long an endpoint belongs to a worker that says nothing: longer than a request takes, and not
/// longer than events may wait after a process was killed.
pub(crate) const LEASE_MS: i64 = 18_000;
/// How often a worker says something.
const RENEWED_EVERY_MS: i64 = LEASE_MS / 3;

/// An endpoint that belongs to this worker.
#[derive(Debug)]
pub(crate) struct Leased {
    pub job: Job,
    pub progress: Progress,
    /// When it was last noted.
    pub noted_at_ms: i64,
}

/// What is to be done after a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// There is more to send.
    More,
    /// Nothing until there are new entries, or until then.
    Idle { due_at_ms: Option<i64> },
    /// Another worker has it, or nobody needs it any more.
    Over,
}

impl Worker {
    /// Sends what is to be sent now, up to a page.
    pub(crate) async fn pass(&self, leased: &mut Leased) -> Result<Pass, Cause> {
        let (study, id) = (leased.job.study.clone(), leased.job.key.clone());
        let known = self.hooks.endpoints.find(&study, &id).await?;
        let Some(known) = known.filter(|known| !known.endpoint.deleted) else {
            self.hooks.endpoints.store().finish(&leased.job).await?;
            return Ok(Pass::Over);
        };
        let mut progress = leased.progress.clone();
        progress.heed(&known, self.hooks.now_ms());
        if known.endpoint.disabled.is_some() {
            let kept = self.note(leased, progress).await?;
            return Ok(if kept { Pass::Idle { due_at_ms: None } } else { Pass::Over });
        }
        let store = self.hooks.endpoints.store();
        let page = Page::take(&**store, &study, &mut progress, self.hooks.now_ms()).await?;
        let is_full = page.is_full;
        let Some(ends) = self.run_lanes(leased, &known.endpoint, page).await? else {
            return Ok(Pass::Over);
        };
        let because = progress.settle(ends, self.hooks.now_ms());
        if !self.note(leased, progress).await? {
            return Ok(Pass::Over);
        }
        if let Some(because) = because {
            self.disable(&study, &id, because).await?;
            return Ok(Pass::More);
        }
        let due_at_ms = leased.progress.due_at_ms();
        let is_due = due_at_ms.is_some_and(|due_at_ms| due_at_ms <= self.hooks.now_ms());
        Ok(if is_full || is_due { Pass::More } else { Pass::Idle { due_at_ms } })
    }

    /// Runs lanes side by side, and meanwhile keeps the lease; `None` if it was lost.
    async fn run_lanes(
        &self,
        leased: &Leased,
        endpoint: &Endpoint,
        page: Page,
    ) -> Result<Option<Vec<LaneEnd>>, Cause> {
        let to = Receiver {
            hooks: &self.hooks,
            study: &leased.job.study,
            endpoint_id: &leased.job.key,
            endpoint,
            blinding: &self.blinding,
            requests: &self.requests,
            stopping: &self.stopping,
        };
        let lanes = stream::iter(page.lanes).map(|lane| lane.run(to));
        let ends = lanes.buffer_unordered(self.limits.requests_per_endpoint).try_collect();
        tokio::select! {
            ends = ends => ends.map(Some),
            lost = self.renew(leased) => lost.map(|()| None),
        }
    }

    /// Says again and again that the endpoint belongs to this worker; ends when it no longer does.
    async fn renew(&self, leased: &Leased) -> Result<(), Cause> {
        let every = Duration::from_millis(RENEWED_EVERY_MS.unsigned_abs());
        let bytes = leased.progress.to_bytes()?;
        loop {
            tokio::time::sleep(every).await;
            let until_ms = self.hooks.now_ms() + LEASE_MS;
            let store = self.hooks.endpoints.store();
            if !store.note(&leased.job, bytes.clone(), until_ms).await? {
                return Ok(());
            }
        }
    }

    /// Notes how far the endpoint has come. That entries were passed over is noted only now and
    /// then: to consider them again costs little.
    async fn note(&self, leased: &mut Leased, progress: Progress) -> Result<bool, Cause> {
        let now_ms = self.hooks.now_ms();
        let only_passed = Progress { cursor: leased.progress.cursor, ..progress.clone() };
        let is_small = only_passed == leased.progress && progress.cursor >= leased.progress.cursor;
        leased.progress = progress;
        if is_small && (0..RENEWED_EVERY_MS).contains(&(now_ms - leased.noted_at_ms)) {
            return Ok(true);
        }
        self.give(leased, now_ms + LEASE_MS).await
    }

    /// Notes how far the endpoint has come, and leaves it to whoever is first at a time.
    pub(crate) async fn give(&self, leased: &mut Leased, at_ms: i64) -> Result<bool, Cause> {
        leased.noted_at_ms = self.hooks.now_ms();
        let bytes = leased.progress.to_bytes()?;
        Ok(self.hooks.endpoints.store().note(&leased.job, bytes, at_ms).await?)
    }

    async fn disable(&self, study: &str, id: &str, because: Because) -> Result<(), Cause> {
        let context = Context::new(Caller::system("casebook"), "system", "");
        let scope = Scope::study_wide(study);
        let permit = context.caller.permit(Act::ManageWebhooks, scope)?;
        let author = Author::new(&permit, &context, None, self.hooks.now_ms());
        let event = EndpointEvent::EndpointDisabled { because };
        let decide = |endpoint: Option<&Endpoint>| {
            let is_on = endpoint.is_some_and(|one| one.disabled.is_none() && !one.deleted);
            Ok(is_on.then(|| event.clone()))
        };
        self.hooks.endpoints.change(study, id, &author, None, decide).await?;
        metrics::disabled();
        tracing::warn!(study.oid = %study, endpoint.id = %id, ?because, "disabled an endpoint");
        Ok(())
    }
}

impl Progress {
    /// Heeds what was newly written in the log of the endpoint.
    fn heed(&mut self, known: &Known, now_ms: i64) {
        let replays = known.endpoint.replays.iter();
        for (_, after) in replays.filter(|(sequence, _)| *sequence > self.heeded) {
            self.cursor = self.cursor.min(*after);
        }
        if known.endpoint.resumed > self.heeded {
            self.forgive(now_ms);
        }
        self.heeded = known.head.sequence;
    }

    /// Takes in what came of the lanes. Says so if the endpoint is to be disabled.
    fn settle(&mut self, ends: Vec<LaneEnd>, now_ms: i64) -> Option<Because> {
        let (mut accepted, mut refused, mut because) = (false, false, None);
        for mut end in ends {
            accepted |= !end.done.is_empty();
            self.remember(std::mem::take(&mut end.done));
            match &end.stop {
                Some(Stop::Gone) => because = Some(Because::Gone),
                Some(Stop::Failed { failed, .. }) => {
                    refused = true;
                    if failed.last_at_ms - failed.first_at_ms >= FAILS_FOR_MS {
                        because = because.or(Some(Because::FailedTooLong));
                    }
                }
                Some(Stop::Paused) | None => {}
            }
            self.settle_lane(end, now_ms);
        }
        if accepted {
            if self.failing_since_ms.take().is_some() {
                self.hurry(now_ms);
            }
        } else if refused {
            self.failing_since_ms.get_or_insert(now_ms);
        }
        because
    }

    fn settle_lane(&mut self, end: LaneEnd, now_ms: i64) {
        let LaneEnd { log, next, last, stop, .. } = end;
        let stopped = stop.is_some();
        if self.hold(&log).is_none() {
            if !stopped {
                return;
            }
            self.held.push(Hold::new(&log, next, last, now_ms));
        }
        let Some(hold) = self.hold(&log) else { return };
        if matches!(stop, Some(Stop::Paused)) && hold.next == next {
            return;
        }
        hold.next = next;
        hold.retry_at_ms = now_ms;
        hold.failed = None;
        if let Some(Stop::Failed { failed, retry_at_ms }) = stop {
            hold.retry_at_ms = retry_at_ms;
            hold.failed = Some(failed);
        }
        if hold.next > hold.seen {
            self.held.retain(|hold| hold.next <= hold.seen);
        }
    }
}
