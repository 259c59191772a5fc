use super::connection::may_succeed_again;
use super::read;
use super::tables::Tables;
use crate::commit_step;
use crate::stats::Counters;
use crate::{Batch, Result, StoreError};
use deadpool_postgres::Pool;
use std::slice;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::Config;
use tracing::Span;

const MAX_GROUP_APPENDS: usize = 1024;
const MAX_GROUP_BYTES: usize = 8 << 20;
const ATTEMPTS: u32 = 4;

/// An append, and where its caller waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) batch: Batch,
    pub(super) answer: oneshot::Sender<Result<()>>,
    /// The step of a trace that waits.
    pub(super) caller: Span,
}

/// One of the tasks that append, on a connection of its own.
pub(super) struct Writer {
    config: Config,
    /// Made when it is needed, and again when it was lost.
    tables: Option<Tables>,
    pool: Pool,
    counters: Arc<Counters>,
}

impl Writer {
    pub(super) fn new(config: Config, pool: Pool, counters: Arc<Counters>) -> Self {
        Self { config, tables: None, pool, counters }
    }

    /// Takes what is waiting, commits it as one group and then answers; never lingers for more.
    /// Ends when the queue is closed and empty.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        while let Some(first) = waiting.recv().await {
            let began = Instant::now();
            let mut size_bytes = first.batch.size_bytes();
            let (mut batches, mut callers) = (vec![first.batch], vec![first.answer]);
            let mut steps = vec![commit_step(&first.caller)];
            while batches.len() < MAX_GROUP_APPENDS
                && size_bytes < MAX_GROUP_BYTES
                && let Ok(next) = waiting.try_recv()
            {
                size_bytes += next.batch.size_bytes();
                batches.push(next.batch);
                callers.push(next.answer);
                steps.push(commit_step(&next.caller));
            }
            let answers = self.write_group(&batches).await;
            drop(steps);
            self.count(&batches, &answers);
            self.counters.metrics.answered(batches.len(), began.elapsed());
            for (caller, answer) in callers.into_iter().zip(answers) {
                // A caller that went away does not hear that its append was done.
                let _ = caller.send(answer);
            }
        }
    }

    /// Commits the group; if that fails as a whole, each batch by itself, so that one cannot take
    /// the others with it.
    async fn write_group(&mut self, batches: &[Batch]) -> Vec<Result<()>> {
        if let Ok(answers) = self.commit(batches).await {
            return answers;
        }
        let mut answers = Vec::with_capacity(batches.len());
        for batch in batches {
            let answer = self.write_alone(batch).await;
            let is_lost = answer.is_err() && !self.is_connected();
            answers.push(answer);
            if is_lost {
                break;
            }
        }
        // Nobody waits for one timeout after the other when the database is away.
        let left = batches.len() - answers.len();
        answers
            .extend((0..left).map(|_| Err(StoreError::unreachable("writing", "connection lost"))));
        answers
    }

    fn is_connected(&self) -> bool {
        self.tables.as_ref().is_some_and(|tables| !tables.is_closed())
    }

    /// Tries again while others are in the way. A connection that is lost during the commit leaves
    /// open whether it was done: then the log itself is asked.
    async fn write_alone(&mut self, batch: &Batch) -> Result<()> {
        let mut attempt = 1;
        loop {
            if self.is_written(batch).await? {
                return Ok(());
            }
            match self.commit(slice::from_ref(batch)).await {
                Ok(mut answers) => return answers.pop().unwrap_or(Err(StoreError::Closed)),
                Err(error) if attempt < ATTEMPTS && may_succeed_again(&error) => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn is_written(&self, batch: &Batch) -> Result<bool> {
        let Some(part) = batch.parts.iter().find(|part| !part.entries.is_empty()) else {
            return Ok(false);
        };
        let stored = read::entry(&self.pool, &part.log, part.head().sequence).await?;
        Ok(stored.is_some_and(|entry| entry.hash == part.head().hash))
    }

    async fn commit(&mut self, batches: &[Batch]) -> Result<Vec<Result<()>>> {
        let tables = match self.tables.take().filter(|tables| !tables.is_closed()) {
            Some(tables) => tables,
            None => Tables::connect(&self.config).await?,
        };
        let answers = tables.commit(batches).await;
        self.tables = Some(tables);
        answers
    }

    fn count(&self, batches: &[Batch], answers: &[Result<()>]) {
        let written = batches.iter().zip(answers).filter(|(_, answer)| answer.is_ok());
        let entries = written.map(|(batch, _)| batch.entry_count()).sum();
        let refused = answers.iter().filter(|answer| answer.is_err()).count();
        self.counters.count_group(batches.len() - refused, refused, entries);
    }
}
