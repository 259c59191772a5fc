//! Where logs and views are kept: SQLite or PostgreSQL behind one trait.
//!
//! A store keeps append-only logs, and beside them view rows and jobs that are written in the same
//! transaction as the entries from which they follow. It does not know what a trial is: payloads,
//! view rows and job payloads are bytes, keys are text in byte order, times are passed in.
//!
//! Start reading at [`Store`] and [`Batch`]; the engines are [`Sqlite`] and [`Postgres`], the SQL
//! of both is in `sql.rs`, their tables in `migration.rs`.

mod batch;
mod error;
mod job;
pub mod metrics;
mod migration;
mod page;
mod postgres;
mod report;
mod sql;
mod sqlite;
mod stats;
mod table_file;

pub use batch::{Batch, Effect, LogPart, View};
pub use error::StoreError;
pub use job::Job;
pub use journal::{Draft, Head, LogName, LogRef, Sealed, SealedRef};
pub use page::{Position, Range};
pub use postgres::{Postgres, PostgresOptions};
pub use report::ViewsReport;
pub use sqlite::{Sqlite, SqliteOptions};
pub use stats::Stats;
pub use table_file::{ColumnKind, TableColumn, TableFile, TableValue};

use async_trait::async_trait;
use std::fmt::Debug;

/// Entries that a scan reads at a time where the engine cannot show them in place.
const SCANNED_AT_A_TIME: u32 = 1_000;

/// The step of a trace in which a write is committed, with others of its group: it begins when the
/// writer takes it, and ends when it is durable.
fn commit_step(caller: &tracing::Span) -> tracing::Span {
    tracing::debug_span!(parent: caller, "store.commit")
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Keeps logs, views and jobs. Held as `Arc<dyn Store>`.
#[async_trait]
pub trait Store: Send + Sync + Debug {
    /// Writes entries, view rows and jobs in one transaction, if each log of the batch still ends at
    /// the head that the batch expects; the only way to write an entry. Returns, once it is
    /// durable, the new head of the batch's first log. Refuses with [`StoreError::HeadMoved`],
    /// [`StoreError::KeyTaken`] or [`StoreError::Full`], and then nothing was written.
    async fn append(&self, batch: Batch) -> Result<Head>;

    /// The head of a log; `None` if it has no entry.
    async fn head(&self, log: &LogName) -> Result<Option<Head>>;

    /// Up to `limit` entries of a log, ascending, beginning with sequence `from`.
    async fn read(&self, log: &LogName, from: u64, limit: u32) -> Result<Vec<Sealed>>;

    /// One entry of a log.
    async fn entry(&self, log: &LogName, sequence: u64) -> Result<Option<Sealed>>;

    /// Up to `limit` entries of all logs behind a position, in the order in which they were
    /// committed. A follower that keeps the last position it has handled misses nothing: no entry
    /// ever appears at or before a position that was already given out.
    async fn follow(&self, after: Position, limit: u32)
    -> Result<Vec<(Position, LogName, Sealed)>>;

    /// Shows `each` the entries behind one position up to another, in their order: what
    /// [`Store::follow`] gives, in place where the engine can.
    async fn scan(
        &self,
        after: Position,
        last: Position,
        each: &mut (dyn for<'e> FnMut(LogRef<'e>, SealedRef<'e>) + Send),
    ) -> Result<()> {
        let mut after = after;
        loop {
            let page = self.follow(after, SCANNED_AT_A_TIME).await?;
            for (position, log, sealed) in &page {
                if *position > last {
                    return Ok(());
                }
                each(log.as_ref(), sealed.into());
                after = *position;
            }
            if page.len() < SCANNED_AT_A_TIME as usize {
                return Ok(());
            }
        }
    }

    /// The position of the newest entry; the default position if there is none.
    async fn last_position(&self) -> Result<Position>;

    /// Up to `limit` logs, of one study or of all, with their heads, ascending by name, behind
    /// `after`.
    async fn logs(
        &self,
        study: Option<&str>,
        after: Option<&LogName>,
        limit: u32,
    ) -> Result<Vec<(LogName, Head)>>;

    /// One row of a view.
    async fn view(&self, view: View, study: &str, key: &str) -> Result<Option<Vec<u8>>>;

    /// A page of rows of a view, ascending by the bytes of their keys.
    async fn list(&self, range: Range) -> Result<Vec<(String, Vec<u8>)>>;

    /// Leases the job of a queue that has been due longest at `now_ms`, for `lease_ms`; afterwards
    /// it may be claimed again. `None` if nothing is due.
    async fn claim(&self, queue: &str, now_ms: i64, lease_ms: i64) -> Result<Option<Job>>;

    /// Removes a claimed job that was done. Returns false, and leaves the job to run again, if its
    /// lease was taken over or it was enqueued anew in the meantime.
    async fn finish(&self, job: &Job) -> Result<bool>;

    /// Gives a claimed job back, to be claimed again from `retry_at_ms`. Returns false if its lease
    /// was taken over or it was enqueued anew in the meantime.
    async fn fail(&self, job: &Job, retry_at_ms: i64) -> Result<bool>;

    /// Notes in a claimed job how far it has come, and gives it back, to be claimed again from
    /// `run_at_ms`. Whoever has claimed it keeps it until then, so that a time in the future extends
    /// the lease. Returns false, and notes nothing, if its lease was taken over or it was enqueued
    /// anew in the meantime.
    async fn note(&self, job: &Job, payload: Vec<u8>, run_at_ms: i64) -> Result<bool>;

    /// What was enqueued or last noted in a job; `None` if there is no such job.
    async fn noted(&self, study: &str, queue: &str, key: &str) -> Result<Option<Vec<u8>>>;

    /// Writes rows of a study's rebuilt views aside, where no reader sees them; may be called many
    /// times with bounded pages. Takes [`Effect::Put`], [`Effect::PutNew`] and [`Effect::Drop`].
    async fn stage(&self, study: &str, effects: Vec<Effect>) -> Result<()>;

    /// Replaces these views of a study by the staged rows, in one transaction, and empties the stage
    /// of the study. Refuses with [`StoreError::PositionMoved`] if entries were appended behind
    /// `seen`: follow and stage those, then try again.
    async fn swap(&self, study: &str, views: &[View], seen: Position) -> Result<()>;

    /// Forgets the staged rows of a study.
    async fn unstage(&self, study: &str) -> Result<()>;

    /// What was written since the store was opened.
    fn stats(&self) -> Stats;
}
