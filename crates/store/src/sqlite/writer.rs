use super::connection::failed;
use super::write::{Answer, Heads, Write};
use crate::commit_step;
use crate::stats::Counters;
use crate::{Result, StoreError};
use rusqlite::Connection;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

const MAX_GROUP_WRITES: usize = 1024;
const MAX_GROUP_BYTES: usize = 8 << 20;

/// A write, and where its caller waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) write: Write,
    pub(super) answer: oneshot::Sender<Result<Answer>>,
    /// The step of a trace that waits.
    pub(super) caller: Span,
}

/// Starts the only thread that writes. It takes what is waiting, commits it as one group and then
/// answers; it never lingers for more. It ends when the queue is closed and empty.
pub(super) fn start(
    connection: Connection,
    waiting: mpsc::Receiver<Waiting>,
    counters: Arc<Counters>,
) -> Result<JoinHandle<()>> {
    let writer = Writer { connection, heads: Heads::default(), counters };
    thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || writer.run(waiting))
        .map_err(|error| StoreError::failed("starting the writer", error))
}

struct Writer {
    connection: Connection,
    heads: Heads,
    counters: Arc<Counters>,
}

impl Writer {
    fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        let (mut writes, mut callers, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(first) = waiting.blocking_recv() {
            let began = Instant::now();
            let mut size_bytes = first.write.size_bytes();
            writes.push(first.write);
            callers.push(first.answer);
            steps.push(commit_step(&first.caller));
            while writes.len() < MAX_GROUP_WRITES
                && size_bytes < MAX_GROUP_BYTES
                && let Ok(next) = waiting.try_recv()
            {
                size_bytes += next.write.size_bytes();
                writes.push(next.write);
                callers.push(next.answer);
                steps.push(commit_step(&next.caller));
            }
            let answers = self.write_group(&writes);
            steps.clear();
            for (caller, answer) in callers.drain(..).zip(answers) {
                // A caller that went away does not hear that its write was done.
                let _ = caller.send(answer);
            }
            self.counters.metrics.answered(writes.len(), began.elapsed());
            writes.clear();
        }
    }

    /// Commits the group; if that fails as a whole, each write by itself, so that one cannot take
    /// the others with it.
    fn write_group(&mut self, writes: &[Write]) -> Vec<Result<Answer>> {
        match self.commit(writes) {
            Ok(answers) => answers,
            Err(error) if writes.len() == 1 => vec![Err(self.fail(error))],
            Err(_) => writes.iter().map(|write| self.write_alone(write)).collect(),
        }
    }

    fn write_alone(&mut self, write: &Write) -> Result<Answer> {
        match self.commit(std::slice::from_ref(write)) {
            Ok(mut answers) => answers.pop().unwrap_or(Err(StoreError::Closed)),
            Err(error) => Err(self.fail(error)),
        }
    }

    fn fail(&self, error: rusqlite::Error) -> StoreError {
        self.counters.count_group(0, 1, 0);
        failed("writing", error)
    }

    /// Does the writes in one transaction and returns an answer or a refusal for each; an error says
    /// that nothing was written.
    fn commit(&mut self, writes: &[Write]) -> rusqlite::Result<Vec<Result<Answer>>> {
        let committed = self.attempt(writes);
        if committed.is_err() {
            self.heads = Heads::default();
            // Some errors have already rolled back.
            if !self.connection.is_autocommit() {
                self.connection.execute_batch("ROLLBACK")?;
            }
        }
        committed
    }

    fn attempt(&mut self, writes: &[Write]) -> rusqlite::Result<Vec<Result<Answer>>> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
        self.heads.refresh(&self.connection)?;
        let mut answers = Vec::with_capacity(writes.len());
        for write in writes {
            answers.push(write.perform(&self.connection, &mut self.heads)?);
        }
        self.connection.prepare_cached("COMMIT")?.execute(())?;
        self.count(writes, &answers);
        Ok(answers)
    }

    fn count(&self, writes: &[Write], answers: &[Result<Answer>]) {
        let done = writes.iter().zip(answers).filter(|(_, answer)| answer.is_ok());
        let entries = done.map(|(write, _)| write.entry_count()).sum();
        let refused = answers.iter().filter(|answer| answer.is_err()).count();
        self.counters.count_group(writes.len() - refused, refused, entries);
    }
}
