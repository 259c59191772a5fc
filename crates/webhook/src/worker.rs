//! The worker: takes endpoints that belong to nobody, and sends their events until it is stopped.

use crate::{
    Webhooks,
    blinding::Blinding,
    courier::{LEASE_MS, Leased, Pass},
    endpoints::{Cause, QUEUE},
    metrics,
    progress::Progress,
};
use futures::future::join_all;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use store::Position;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

/// How long an endpoint is left alone after something broke while it was served.
const BROKEN_FOR_MS: i64 = 60_000;

/// How much is done at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Endpoints that one process serves.
    pub endpoints: usize,
    /// Requests at once.
    pub requests: usize,
    /// Requests at once to one endpoint.
    pub requests_per_endpoint: usize,
    /// How often the journal is looked at for new entries.
    pub poll: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let poll = Duration::from_millis(500);
        Self { endpoints: 1_000, requests: 64, requests_per_endpoint: 4, poll }
    }
}

/// Sends events. Any number of workers can share a store: an endpoint belongs to one at a time.
pub struct Worker {
    pub(crate) hooks: Arc<Webhooks>,
    pub(crate) limits: Limits,
    pub(crate) blinding: Blinding,
    pub(crate) requests: Semaphore,
    pub(crate) stopping: AtomicBool,
}

/// What all who serve an endpoint are told now and then.
#[derive(Debug, Clone, Copy)]
struct Tick {
    last: Position,
    stopping: bool,
}

impl Worker {
    pub fn new(hooks: Arc<Webhooks>, limits: Limits) -> Self {
        Self {
            hooks,
            limits,
            blinding: Blinding::default(),
            requests: Semaphore::new(limits.requests),
            stopping: AtomicBool::new(false),
        }
    }

    /// Sends events until `stop` is done; then ends the requests that are on their way, notes how
    /// far each endpoint has come, and returns.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let (ticks, ticking) = watch::channel(Tick { last: Position(0), stopping: false });
        let mut serving = JoinSet::new();
        tokio::pin!(stop);
        loop {
            if let Err(error) = self.look(&ticks, &mut serving).await {
                self.hooks.endpoints.broken("look for events to send", error);
            }
            while serving.try_join_next().is_some() {}
            metrics::serving(serving.len());
            tokio::select! {
                () = tokio::time::sleep(self.limits.poll) => {}
                () = &mut stop => break,
            }
        }
        self.stopping.store(true, Relaxed);
        ticks.send_modify(|tick| tick.stopping = true);
        while serving.join_next().await.is_some() {}
        metrics::serving(0);
        drop(ticking);
    }

    /// Sends everything that can be sent now, and returns.
    pub async fn run_until_idle(&self) {
        let mut passes = Vec::new();
        while let Ok(Some(leased)) = self.claim().await {
            passes.push(self.serve_until_idle(leased));
        }
        join_all(passes).await;
    }

    async fn look(
        self: &Arc<Self>,
        ticks: &watch::Sender<Tick>,
        serving: &mut JoinSet<()>,
    ) -> Result<(), Cause> {
        let last = self.hooks.endpoints.store().last_position().await?;
        ticks.send_modify(|tick| tick.last = last);
        while serving.len() < self.limits.endpoints {
            let Some(leased) = self.claim().await? else { break };
            serving.spawn(Arc::clone(self).serve(leased, ticks.subscribe()));
        }
        Ok(())
    }

    async fn claim(&self) -> Result<Option<Leased>, Cause> {
        let now_ms = self.hooks.now_ms();
        let job = self.hooks.endpoints.store().claim(QUEUE, now_ms, LEASE_MS).await?;
        let Some(job) = job else { return Ok(None) };
        let progress = Progress::from_bytes(&job.payload)?;
        Ok(Some(Leased { job, progress, noted_at_ms: now_ms }))
    }

    async fn serve_until_idle(&self, mut leased: Leased) {
        loop {
            match self.pass(&mut leased).await {
                Ok(Pass::More) => {}
                Ok(Pass::Idle { .. }) => break,
                Ok(Pass::Over) => return,
                Err(error) => return self.leave_broken(leased, error).await,
            }
        }
        self.leave(leased, 0).await;
    }

    async fn serve(self: Arc<Self>, mut leased: Leased, mut ticks: watch::Receiver<Tick>) {
        while !self.stopping.load(Relaxed) {
            match self.pass(&mut leased).await {
                Ok(Pass::More) => {}
                Ok(Pass::Idle { due_at_ms }) => {
                    self.wait(&leased, due_at_ms, &mut ticks).await;
                }
                Ok(Pass::Over) => return,
                Err(error) => return self.leave_broken(leased, error).await,
            }
        }
        self.leave(leased, 0).await;
    }

    /// Until there is something to do: new entries, a retry, the lease, the end.
    async fn wait(
        &self,
        leased: &Leased,
        due_at_ms: Option<i64>,
        ticks: &mut watch::Receiver<Tick>,
    ) {
        // What was written since the pass looked is behind the cursor as well.
        let seen = leased.progress.cursor;
        let renewed_at_ms = leased.noted_at_ms + LEASE_MS / 3;
        let until_ms = due_at_ms.map_or(renewed_at_ms, |due_at_ms| due_at_ms.min(renewed_at_ms));
        while ticks.changed().await.is_ok() {
            let tick = *ticks.borrow_and_update();
            if tick.stopping || tick.last.0 > seen || self.hooks.now_ms() >= until_ms {
                return;
            }
        }
    }

    /// Leaves an endpoint to whoever is first.
    async fn leave(&self, mut leased: Leased, after_ms: i64) {
        let at_ms = self.hooks.now_ms() + after_ms;
        if let Err(error) = self.give(&mut leased, at_ms).await {
            self.hooks.endpoints.broken("leave an endpoint", error);
        }
    }

    async fn leave_broken(&self, leased: Leased, error: Cause) {
        self.hooks.endpoints.broken("send events", error);
        self.leave(leased, BROKEN_FOR_MS).await;
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("limits", &self.limits).finish_non_exhaustive()
    }
}
