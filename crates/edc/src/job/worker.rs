//! The worker: takes jobs that belong to nobody, and does them until it is stopped.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use contract::{Act, Caller, Context, Error, Scope};
use kernel::StudyOid;
use store::Job;
use tokio::{sync::watch, task::JoinSet};

use super::{
    event::{JobEvent, JobState, Matter},
    files::JobFolder,
    log::Author,
    run_export, run_import,
    work::{Meter, Work},
};
use crate::{Edc, Failure, failure::Result, wire::error::answer};

/// Jobs that one process does at once.
const AT_ONCE: usize = 2;
/// How often is looked for jobs.
const POLL: Duration = Duration::from_millis(500);
/// How long a job belongs to a worker that says nothing.
const LEASE_MS: i64 = 18_000;
/// How often a worker says how far it is, and hears whether the job was cancelled.
const NOTED_EVERY: Duration = Duration::from_secs(1);
/// How often a job is begun that never ends, such as one that ends the program.
const MOST_ATTEMPTS: i64 = 20;
/// When a job is tried again that could not reach the store.
const AGAIN_AFTER_MS: i64 = 5_000;
/// How often files are removed that are not kept any more.
const SWEPT_EVERY: Duration = Duration::from_mins(10);

/// Does jobs. Any number of workers can share a folder: a job belongs to one at a time.
#[derive(Clone)]
pub struct JobWorker {
    edc: Arc<Edc>,
    folder: Arc<JobFolder>,
}

/// How the work on a job came to its end.
enum Ended {
    /// With something for its log.
    With(JobEvent),
    /// It is to be tried again.
    Again,
    /// Somebody cancelled it, or another worker has it.
    Dropped,
    /// The process is being stopped.
    Stopped,
}

impl JobWorker {
    /// A worker for a service that has a folder for jobs.
    pub fn new(edc: Arc<Edc>) -> Option<Self> {
        let folder = Arc::clone(edc.jobs.as_ref()?);
        Some(Self { edc, folder })
    }

    /// Does jobs until `stop` is done; then gives back what it has, for whoever comes next.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let (stopping, told) = watch::channel(false);
        let mut doing = JoinSet::new();
        let mut sweep = tokio::time::interval(SWEPT_EVERY);
        tokio::pin!(stop);
        loop {
            while doing.len() < AT_ONCE {
                let Some(job) = self.claim().await else { break };
                doing.spawn(self.clone().perform(job, told.clone()));
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                Some(_) = doing.join_next(), if !doing.is_empty() => {}
                _ = sweep.tick() => self.sweep().await,
                () = &mut stop => break,
            }
        }
        // Whoever works hears it; the channel cannot be closed, because `told` lives.
        let _ = stopping.send(true);
        while doing.join_next().await.is_some() {}
    }

    /// Does everything that is to be done now, one after the other.
    pub async fn run_until_idle(&self) {
        let (_stopping, told) = watch::channel(false);
        while let Some(job) = self.claim().await {
            self.clone().perform(job, told.clone()).await;
        }
    }

    fn now_ms(&self) -> i64 {
        (self.edc.clock)().as_millisecond()
    }

    async fn claim(&self) -> Option<Job> {
        let claimed = self.edc.store.claim(&self.folder.queue(), self.now_ms(), LEASE_MS).await;
        claimed.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "cannot look for jobs");
            None
        })
    }

    async fn sweep(&self) {
        match self.edc.sweep_files().await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "removed uploads that no form names"),
            Err(error) => tracing::error!(error = %error, "cannot remove old uploads"),
        }
        let (folder, now_ms) = (Arc::clone(&self.folder), self.now_ms());
        match tokio::task::spawn_blocking(move || folder.sweep(now_ms)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(jobs)) => tracing::info!(jobs, "removed the files of old jobs"),
            Ok(Err(error)) => tracing::error!(error = %error, "cannot remove files of old jobs"),
            Err(error) => tracing::error!(error = %error, "cannot remove files of old jobs"),
        }
    }

    async fn perform(self, job: Job, stopping: watch::Receiver<bool>) {
        let (study, id) = (job.study.clone(), job.key.clone());
        if let Err(failure) = self.try_perform(&job, stopping).await {
            tracing::error!(study.oid = %study, job.id = %id, error = %failure, "a job stopped");
            self.give_back(&job, AGAIN_AFTER_MS).await;
        }
    }

    async fn try_perform(&self, job: &Job, mut stopping: watch::Receiver<bool>) -> Result<()> {
        let study = StudyOid::from(job.study.as_str());
        let known = self.edc.read_job(&job.study, &job.key).await?;
        let Some(known) = known.filter(|known| known.state.is_to_be_done()) else {
            self.edc.store.finish(job).await?;
            return Ok(());
        };
        let work = Work::from_bytes(&job.payload)?;
        let context = work.context();
        let meter = Arc::new(Meter::default());
        meter.attempt.store(job.attempt, Relaxed);
        tracing::info!(study.oid = %study, job.id = %job.key, attempt = job.attempt, "began a job");
        let ended = tokio::select! {
            biased;
            ended = self.work_on(&context, &study, job, &known.state, &meter) => ended,
            () = self.hold(job, &work, &meter) => Ended::Dropped,
            _ = stopping.wait_for(|stopping| *stopping) => Ended::Stopped,
        };
        match ended {
            Ended::With(event) => {
                self.note_end(&job.study, &job.key, event).await?;
                self.edc.store.finish(job).await?;
            }
            Ended::Again => self.give_back(job, AGAIN_AFTER_MS).await,
            Ended::Stopped => self.give_back(job, 0).await,
            Ended::Dropped => self.drop_cancelled(job).await?,
        }
        Ok(())
    }

    async fn work_on(
        &self,
        context: &Context,
        study: &StudyOid,
        job: &Job,
        state: &JobState,
        meter: &Arc<Meter>,
    ) -> Ended {
        if job.attempt > MOST_ATTEMPTS {
            let error = Error::exhausted("JOB_STOPPED_TOO_OFTEN", "it was begun too often");
            return Ended::With(failed(&error));
        }
        let place = (study, job.key.as_str());
        let metered = (job.attempt, meter);
        let done = match &state.matter {
            Some(Matter::Export { wanted, .. }) => {
                run_export::run(&self.edc, context, place, wanted, metered).await
            }
            Some(Matter::Import { data_file, wanted: Some(wanted), report }) => {
                let checked = report.as_ref();
                let task = run_import::Task { data_file, wanted, checked, stage: &state.stage };
                run_import::run(&self.edc, context, place, task, metered).await
            }
            _ => Err(Failure::Broke("a job is to be done and nobody said how".to_owned())),
        };
        match done {
            Ok(event) => Ended::With(event),
            Err(failure) => {
                let error: Error = match answer::<()>(context, Err(failure)) {
                    Err(error) => error,
                    Ok(()) => return Ended::Again,
                };
                if matches!(error.reason(), "UNAVAILABLE" | "BUSY") {
                    return Ended::Again;
                }
                Ended::With(failed(&error))
            }
        }
    }

    /// Says again and again that the job is being done, and how far; ends when it was cancelled, or
    /// belongs to another worker.
    async fn hold(&self, job: &Job, work: &Work, meter: &Meter) {
        loop {
            tokio::time::sleep(NOTED_EVERY).await;
            match self.still_ours(job, work, meter).await {
                Ok(true) => {}
                Ok(false) => return,
                // The lease lasts a while; the work itself fails if the store stays away.
                Err(failure) => tracing::warn!(error = %failure, "cannot say how far a job is"),
            }
        }
    }

    async fn still_ours(&self, job: &Job, work: &Work, meter: &Meter) -> Result<bool> {
        let noted = work.at(meter.read());
        let until_ms = self.now_ms() + LEASE_MS;
        if !self.edc.store.note(job, noted.to_bytes()?, until_ms).await? {
            return Ok(false);
        }
        let known = self.edc.read_job(&job.study, &job.key).await?;
        Ok(known.is_some_and(|known| known.state.is_to_be_done()))
    }

    /// What came of it, unless somebody has cancelled it in the meantime.
    async fn note_end(&self, study: &str, id: &str, event: JobEvent) -> Result<()> {
        let context = Context::new(Caller::system("casebook"), "system", id);
        let act = if id.starts_with("exp_") { Act::ExportData } else { Act::ImportData };
        let permit = context.caller.permit(act, Scope::study_wide(study))?;
        let author = Author::new(&permit, &context, None);
        let decide = |state: &JobState| {
            let is_open = state.is_to_be_done();
            Ok(is_open.then(|| (event.clone(), Vec::new())))
        };
        self.edc.change_job(study, id, &author, decide).await?;
        tracing::info!(study.oid = %study, job.id = %id, kind = event.kind(), "ended a job");
        Ok(())
    }

    /// A cancelled export leaves no files; a cancelled import keeps what it was given, until it is
    /// swept.
    async fn drop_cancelled(&self, job: &Job) -> Result<()> {
        let known = self.edc.read_job(&job.study, &job.key).await?;
        if known.is_some_and(|known| known.state.is_to_be_done()) {
            return Ok(());
        }
        self.edc.store.finish(job).await?;
        if job.key.starts_with("exp_") {
            let (folder, id) = (Arc::clone(&self.folder), job.key.clone());
            let removed = tokio::task::spawn_blocking(move || folder.remove(&id)).await;
            if let Ok(Err(error)) = removed {
                tracing::warn!(error = %error, "cannot remove the files of a cancelled export");
            }
        }
        Ok(())
    }

    async fn give_back(&self, job: &Job, after_ms: i64) {
        let at_ms = self.now_ms() + after_ms;
        if let Err(error) = self.edc.store.fail(job, at_ms).await {
            tracing::warn!(error = %error, "a job is given back when its lease ends");
        }
    }
}

fn failed(error: &Error) -> JobEvent {
    JobEvent::JobFailed { code: error.reason().to_owned(), faults: Vec::new() }
}

impl fmt::Debug for JobWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobWorker").field("folder", &self.folder).finish_non_exhaustive()
    }
}
