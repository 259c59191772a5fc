//! One SQLite file: many short readers inline, one writer thread that commits in groups.

mod connection;
mod read;
mod write;
mod writer;

use crate::batch::check_study;
use crate::stats::Counters;
use crate::{
    Batch, Effect, Head, Job, LogName, LogRef, Position, Range, Result, Sealed, SealedRef, Stats,
    Store, StoreError, View,
};
use async_trait::async_trait;
use read::Readers;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;
use write::{Answer, Write};
use writer::Waiting;

/// How a file is opened; the defaults are right for a server.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Connections for reads; each serves one short read at a time.
    pub readers: usize,
    /// Page cache of the writer, and of all readers together.
    pub cache_mib: u32,
    /// How many writes may wait before callers are held back.
    pub waiting_writes: usize,
    /// The largest size of the file in pages of 4 KiB; `None` for what the disk holds.
    pub max_pages: Option<u32>,
    /// How much of the file readers map into memory instead of copying it page by page: for a
    /// command that reads everything once. A disk that fails under a mapped file stops the process,
    /// so a server leaves this at 0.
    pub mapped_mib: u32,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            readers: cores.clamp(2, 8),
            cache_mib: 64,
            waiting_writes: 4096,
            max_pages: None,
            mapped_mib: 0,
        }
    }
}

/// A store in one SQLite file. Other processes may read and write the same file.
#[derive(Debug)]
pub struct Sqlite {
    file: PathBuf,
    readers: Readers,
    /// `None` only while the store is being dropped.
    queue: Option<mpsc::Sender<Waiting>>,
    writer: Option<JoinHandle<()>>,
    counters: Arc<Counters>,
}

impl Sqlite {
    /// Opens or creates the file with default options, and brings its schema up to date.
    pub fn open(file: &Path) -> Result<Self> {
        Self::open_with(file, &SqliteOptions::default())
    }

    /// Opens or creates the file. Refuses a file with a newer schema.
    pub fn open_with(file: &Path, options: &SqliteOptions) -> Result<Self> {
        let connection = connection::open_writer(file, options)?;
        let readers = Readers::open(file, options)?;
        let counters = Arc::new(Counters::new());
        let (queue, waiting) = mpsc::channel(options.waiting_writes);
        let writer = writer::start(connection, waiting, Arc::clone(&counters))?;
        let file = file.to_owned();
        Ok(Self { file, readers, queue: Some(queue), writer: Some(writer), counters })
    }

    /// Writes a consistent copy of the whole store to a new file while the store is in use. Blocks
    /// for as long as the copy takes; refuses a file that exists.
    pub fn backup(&self, file: &Path) -> Result<()> {
        connection::copy(&self.file, file)
    }

    async fn write(&self, write: Write) -> Result<Answer> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        let waiting = Waiting { write, answer, caller: Span::current() };
        queue.send(waiting).await.map_err(|_| StoreError::Closed)?;
        self.counters.metrics.waiting.increment(1);
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the writer of the store had ended by a panic");
        }
    }
}

#[async_trait]
impl Store for Sqlite {
    #[tracing::instrument(level = "debug", name = "store.append", skip_all)]
    async fn append(&self, batch: Batch) -> Result<Head> {
        batch.check()?;
        let head = batch.head();
        self.write(Write::Append(batch)).await?;
        Ok(head)
    }

    async fn head(&self, log: &LogName) -> Result<Option<Head>> {
        self.readers.head(log)
    }

    #[tracing::instrument(level = "debug", name = "store.read", skip_all)]
    async fn read(&self, log: &LogName, from: u64, limit: u32) -> Result<Vec<Sealed>> {
        self.readers.read(log, from, limit)
    }

    async fn entry(&self, log: &LogName, sequence: u64) -> Result<Option<Sealed>> {
        self.readers.entry(log, sequence)
    }

    async fn follow(
        &self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, LogName, Sealed)>> {
        self.readers.follow(after, limit)
    }

    async fn scan(
        &self,
        after: Position,
        last: Position,
        each: &mut (dyn for<'e> FnMut(LogRef<'e>, SealedRef<'e>) + Send),
    ) -> Result<()> {
        self.readers.scan(after, last, each)
    }

    async fn last_position(&self) -> Result<Position> {
        self.readers.last_position()
    }

    async fn logs(
        &self,
        study: Option<&str>,
        after: Option<&LogName>,
        limit: u32,
    ) -> Result<Vec<(LogName, Head)>> {
        self.readers.logs(study, after, limit)
    }

    #[tracing::instrument(level = "debug", name = "store.view", skip_all)]
    async fn view(&self, view: View, study: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.readers.view(view, study, key)
    }

    #[tracing::instrument(level = "debug", name = "store.list", skip_all)]
    async fn list(&self, range: Range) -> Result<Vec<(String, Vec<u8>)>> {
        self.readers.list(&range)
    }

    async fn claim(&self, queue: &str, now_ms: i64, lease_ms: i64) -> Result<Option<Job>> {
        if !self.readers.is_due(queue, now_ms)? {
            return Ok(None);
        }
        let until_ms = now_ms.saturating_add(lease_ms);
        let claim = Write::Claim { queue: queue.to_owned(), now_ms, until_ms };
        match self.write(claim).await? {
            Answer::Claimed(job) => Ok(job),
            Answer::Done(_) => Ok(None),
        }
    }

    async fn finish(&self, job: &Job) -> Result<bool> {
        self.write(Write::Finish(job.clone())).await.map(Answer::into_done)
    }

    async fn fail(&self, job: &Job, retry_at_ms: i64) -> Result<bool> {
        self.write(Write::Fail(job.clone(), retry_at_ms)).await.map(Answer::into_done)
    }

    async fn note(&self, job: &Job, payload: Vec<u8>, run_at_ms: i64) -> Result<bool> {
        let note = Write::Note { job: job.clone(), payload, run_at_ms };
        self.write(note).await.map(Answer::into_done)
    }

    async fn noted(&self, study: &str, queue: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.readers.noted(study, queue, key)
    }

    async fn stage(&self, study: &str, effects: Vec<Effect>) -> Result<()> {
        check_study(study)?;
        effects.iter().try_for_each(Effect::check_staged)?;
        let study = study.to_owned();
        self.write(Write::Stage { study, effects }).await.map(drop)
    }

    async fn swap(&self, study: &str, views: &[View], seen: Position) -> Result<()> {
        let swap = Write::Swap { study: study.to_owned(), views: views.to_vec(), seen };
        self.write(swap).await.map(drop)
    }

    async fn unstage(&self, study: &str) -> Result<()> {
        self.write(Write::Unstage { study: study.to_owned() }).await.map(drop)
    }

    fn stats(&self) -> Stats {
        self.counters.read()
    }
}
