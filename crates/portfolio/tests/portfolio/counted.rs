//! A store that counts what is read from it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use async_trait::async_trait;
use journal::{Head, LogName, Sealed};
use store::{Batch, Effect, Job, Position, Range, Result, Stats, Store, View};

/// Hands everything on to another store.
#[derive(Debug)]
pub struct Counted {
    inner: Arc<dyn Store>,
    calls: AtomicU64,
    rows: AtomicU64,
}

impl Counted {
    pub fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { inner, calls: AtomicU64::new(0), rows: AtomicU64::new(0) })
    }

    /// Calls that read, and rows, entries or heads that they brought, since it was asked last.
    pub fn taken(&self) -> (u64, u64) {
        (self.calls.swap(0, Relaxed), self.rows.swap(0, Relaxed))
    }

    fn count(&self, rows: usize) {
        self.calls.fetch_add(1, Relaxed);
        self.rows.fetch_add(rows as u64, Relaxed);
    }
}

#[async_trait]
impl Store for Counted {
    async fn append(&self, batch: Batch) -> Result<Head> {
        self.inner.append(batch).await
    }

    async fn head(&self, log: &LogName) -> Result<Option<Head>> {
        let head = self.inner.head(log).await?;
        self.count(usize::from(head.is_some()));
        Ok(head)
    }

    async fn read(&self, log: &LogName, from: u64, limit: u32) -> Result<Vec<Sealed>> {
        let entries = self.inner.read(log, from, limit).await?;
        self.count(entries.len());
        Ok(entries)
    }

    async fn entry(&self, log: &LogName, sequence: u64) -> Result<Option<Sealed>> {
        let entry = self.inner.entry(log, sequence).await?;
        self.count(usize::from(entry.is_some()));
        Ok(entry)
    }

    async fn follow(
        &self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, LogName, Sealed)>> {
        let entries = self.inner.follow(after, limit).await?;
        self.count(entries.len());
        Ok(entries)
    }

    async fn last_position(&self) -> Result<Position> {
        self.count(1);
        self.inner.last_position().await
    }

    async fn logs(
        &self,
        study: Option<&str>,
        after: Option<&LogName>,
        limit: u32,
    ) -> Result<Vec<(LogName, Head)>> {
        let logs = self.inner.logs(study, after, limit).await?;
        self.count(logs.len());
        Ok(logs)
    }

    async fn view(&self, view: View, study: &str, key: &str) -> Result<Option<Vec<u8>>> {
        let row = self.inner.view(view, study, key).await?;
        self.count(usize::from(row.is_some()));
        Ok(row)
    }

    async fn list(&self, range: Range) -> Result<Vec<(String, Vec<u8>)>> {
        let rows = self.inner.list(range).await?;
        self.count(rows.len());
        Ok(rows)
    }

    async fn claim(&self, queue: &str, now_ms: i64, lease_ms: i64) -> Result<Option<Job>> {
        self.inner.claim(queue, now_ms, lease_ms).await
    }

    async fn finish(&self, job: &Job) -> Result<bool> {
        self.inner.finish(job).await
    }

    async fn note(&self, job: &Job, payload: Vec<u8>, run_at_ms: i64) -> Result<bool> {
        self.inner.note(job, payload, run_at_ms).await
    }

    async fn noted(&self, study: &str, queue: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.inner.noted(study, queue, key).await
    }

    async fn fail(&self, job: &Job, retry_at_ms: i64) -> Result<bool> {
        self.inner.fail(job, retry_at_ms).await
    }

    async fn stage(&self, study: &str, effects: Vec<Effect>) -> Result<()> {
        self.inner.stage(study, effects).await
    }

    async fn swap(&self, study: &str, views: &[View], seen: Position) -> Result<()> {
        self.inner.swap(study, views, seen).await
    }

    async fn unstage(&self, study: &str) -> Result<()> {
        self.inner.unstage(study).await
    }

    fn stats(&self) -> Stats {
        self.inner.stats()
    }
}
