use super::read::{head, signed, unsigned};
use crate::sql;
use crate::{Batch, Effect, Job, LogPart, Position, Result, StoreError, View};
use journal::{Head, LogName};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

const MAX_KNOWN_LOGS: usize = 100_000;

/// Something that the writer thread does inside a group.
#[derive(Debug)]
pub(super) enum Write {
    Append(Batch),
    Claim { queue: String, now_ms: i64, until_ms: i64 },
    Finish(Job),
    Fail(Job, i64),
    Note { job: Job, payload: Vec<u8>, run_at_ms: i64 },
    Stage { study: String, effects: Vec<Effect> },
    Swap { study: String, views: Vec<View>, seen: Position },
    Unstage { study: String },
}

#[derive(Debug)]
pub(super) enum Answer {
    Done(bool),
    Claimed(Option<Job>),
}

impl Answer {
    pub(super) fn into_done(self) -> bool {
        matches!(self, Self::Done(true))
    }
}

/// What the writer knows of the database without asking: where logs end, and the last position.
/// Forgotten when another process has written, or a transaction was rolled back.
#[derive(Debug, Default)]
pub(super) struct Heads {
    data_version: Option<i64>,
    known: HashMap<LogName, Known>,
    last_position: u64,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    id: i64,
    head: Head,
}

impl Heads {
    /// To be called inside a write transaction, where nobody else can write any more.
    pub(super) fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut version = connection.prepare_cached("PRAGMA data_version")?;
        let found: i64 = version.query_row((), |row| row.get(0))?;
        if self.data_version != Some(found) || self.known.len() > MAX_KNOWN_LOGS {
            self.known.clear();
            let mut last = connection.prepare_cached(sql::LAST_POSITION.sqlite)?;
            self.last_position = last.query_row((), |row| unsigned(row, 0))?;
            self.data_version = Some(found);
        }
        Ok(())
    }

    fn find(&mut self, connection: &Connection, log: &LogName) -> rusqlite::Result<Option<Known>> {
        if let Some(known) = self.known.get(log) {
            return Ok(Some(*known));
        }
        let mut query = connection.prepare_cached(sql::HEAD.sqlite)?;
        let row = query.query_row((&log.study, &log.kind, &log.key), |row| {
            Ok(Known { id: row.get(0)?, head: head(row, 1)? })
        });
        let found = row.optional()?;
        if let Some(known) = found {
            self.known.insert(log.clone(), known);
        }
        Ok(found)
    }
}

/// The outer error says that the transaction must be rolled back; the inner one is a refusal, made
/// before anything was written.
type Performed = rusqlite::Result<Result<Answer>>;

impl Write {
    pub(super) fn size_bytes(&self) -> usize {
        if let Self::Append(batch) = self { batch.size_bytes() } else { 0 }
    }

    pub(super) fn entry_count(&self) -> usize {
        if let Self::Append(batch) = self { batch.entry_count() } else { 0 }
    }

    pub(super) fn perform(&self, connection: &Connection, heads: &mut Heads) -> Performed {
        match self {
            Self::Append(batch) => append(connection, heads, batch),
            Self::Claim { queue, now_ms, until_ms } => claim(connection, queue, *now_ms, *until_ms),
            Self::Finish(job) => finish(connection, job),
            Self::Fail(job, retry_at_ms) => fail(connection, job, *retry_at_ms),
            Self::Note { job, payload, run_at_ms } => note(connection, job, payload, *run_at_ms),
            Self::Stage { study, effects } => stage(connection, study, effects),
            Self::Swap { study, views, seen } => swap(connection, heads, study, views, *seen),
            Self::Unstage { study } => unstage(connection, study),
        }
    }
}

fn append(connection: &Connection, heads: &mut Heads, batch: &Batch) -> Performed {
    if let Some(refusal) = refusal(connection, heads, batch)? {
        return Ok(Err(refusal));
    }
    let token = heads.last_position + 1;
    for part in &batch.parts {
        append_entries(connection, heads, part)?;
    }
    for part in &batch.parts {
        for effect in &part.effects {
            apply(connection, &part.log.study, effect, token)?;
        }
    }
    Ok(Ok(Answer::Done(true)))
}

/// Why the batch may not be written, found before anything of it is.
fn refusal(
    connection: &Connection,
    heads: &mut Heads,
    batch: &Batch,
) -> rusqlite::Result<Option<StoreError>> {
    for part in &batch.parts {
        let actual = heads.find(connection, &part.log)?.map(|known| known.head).unwrap_or_default();
        if actual != part.expected {
            return Ok(Some(StoreError::HeadMoved { log: part.log.clone(), actual }));
        }
    }
    let taken = batch.first_taken(|study, view, key| {
        let mut query = connection.prepare_cached(sql::IS_TAKEN.sqlite)?;
        query.exists((study, view.0, key))
    })?;
    Ok(taken)
}

fn append_entries(
    connection: &Connection,
    heads: &mut Heads,
    part: &LogPart,
) -> rusqlite::Result<()> {
    let LogPart { log, entries, .. } = part;
    if entries.is_empty() {
        return Ok(());
    }
    let (head, first) = (part.head(), signed(heads.last_position + 1));
    let ended_at = (signed(head.sequence), head.hash.as_bytes());
    let known = heads.find(connection, log)?;
    let id = known.map_or(first, |known| known.id);
    if known.is_some() {
        let mut update = connection.prepare_cached(sql::UPDATE_LOG.sqlite)?;
        update.execute((ended_at.0, ended_at.1, id))?;
    } else {
        let mut insert = connection.prepare_cached(sql::INSERT_LOG.sqlite)?;
        insert.execute((&log.study, &log.kind, &log.key, id, ended_at.0, ended_at.1))?;
    }
    let mut insert = connection.prepare_cached(sql::INSERT_ENTRY.sqlite)?;
    for entry in entries {
        heads.last_position += 1;
        let (sequence, position) = (signed(entry.sequence), signed(heads.last_position));
        insert.execute((
            &log.study,
            id,
            sequence,
            position,
            &entry.bytes,
            entry.hash.as_bytes(),
        ))?;
    }
    match heads.known.get_mut(log) {
        Some(known) => known.head = head,
        None => _ = heads.known.insert(log.clone(), Known { id, head }),
    }
    Ok(())
}

fn apply(
    connection: &Connection,
    study: &str,
    effect: &Effect,
    token: u64,
) -> rusqlite::Result<usize> {
    match effect {
        Effect::Put { view, key, bytes } | Effect::PutNew { view, key, bytes } => {
            let mut put = connection.prepare_cached(sql::PUT_ROW.sqlite)?;
            put.execute((study, view.0, key, bytes))
        }
        Effect::Drop { view, key } => {
            let mut drop = connection.prepare_cached(sql::DROP_ROW.sqlite)?;
            drop.execute((study, view.0, key))
        }
        Effect::Enqueue { queue, key, payload, run_at_ms } => {
            let mut enqueue = connection.prepare_cached(sql::ENQUEUE.sqlite)?;
            enqueue.execute((study, queue, key, payload, run_at_ms, signed(token)))
        }
    }
}

fn claim(connection: &Connection, queue: &str, now_ms: i64, until_ms: i64) -> Performed {
    let mut claim = connection.prepare_cached(sql::CLAIM.sqlite)?;
    let row = claim.query_row((until_ms, queue, now_ms), |row| {
        Ok(Job {
            study: row.get(0)?,
            queue: row.get(1)?,
            key: row.get(2)?,
            payload: row.get(3)?,
            attempt: row.get(4)?,
            token: row.get(5)?,
        })
    });
    Ok(Ok(Answer::Claimed(row.optional()?)))
}

fn finish(connection: &Connection, job: &Job) -> Performed {
    let mut finish = connection.prepare_cached(sql::FINISH.sqlite)?;
    let rows = finish.execute((&job.study, &job.queue, &job.key, job.token, job.attempt))?;
    Ok(Ok(Answer::Done(rows > 0)))
}

fn fail(connection: &Connection, job: &Job, retry_at_ms: i64) -> Performed {
    let mut fail = connection.prepare_cached(sql::FAIL.sqlite)?;
    let lease = (retry_at_ms, &job.study, &job.queue, &job.key, job.token, job.attempt);
    Ok(Ok(Answer::Done(fail.execute(lease)? > 0)))
}

fn note(connection: &Connection, job: &Job, payload: &[u8], run_at_ms: i64) -> Performed {
    let mut note = connection.prepare_cached(sql::NOTE.sqlite)?;
    let lease = (payload, run_at_ms, &job.study, &job.queue, &job.key, job.token, job.attempt);
    Ok(Ok(Answer::Done(note.execute(lease)? > 0)))
}

fn stage(connection: &Connection, study: &str, effects: &[Effect]) -> Performed {
    for effect in effects {
        match effect {
            Effect::Put { view, key, bytes } | Effect::PutNew { view, key, bytes } => {
                let mut put = connection.prepare_cached(sql::STAGE_ROW.sqlite)?;
                put.execute((study, view.0, key, bytes))?;
            }
            Effect::Drop { view, key } => {
                let mut drop = connection.prepare_cached(sql::UNSTAGE_ROW.sqlite)?;
                drop.execute((study, view.0, key))?;
            }
            // Not accepted at the door.
            Effect::Enqueue { .. } => {}
        }
    }
    Ok(Ok(Answer::Done(true)))
}

fn swap(
    connection: &Connection,
    heads: &Heads,
    study: &str,
    views: &[View],
    seen: Position,
) -> Performed {
    let actual = Position(heads.last_position);
    if actual > seen {
        return Ok(Err(StoreError::PositionMoved { actual }));
    }
    for view in views {
        connection.prepare_cached(sql::CLEAR_VIEW.sqlite)?.execute((study, view.0))?;
        connection.prepare_cached(sql::FILL_VIEW.sqlite)?.execute((study, view.0))?;
    }
    unstage(connection, study)
}

fn unstage(connection: &Connection, study: &str) -> Performed {
    connection.prepare_cached(sql::UNSTAGE.sqlite)?.execute([study])?;
    Ok(Ok(Answer::Done(true)))
}
