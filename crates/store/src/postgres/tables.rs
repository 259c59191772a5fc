use super::connection::failed;
use super::group::{Known, Plan, Questions};
use super::read::{column, head_at, signed, unsigned};
use crate::sql;
use crate::{Batch, Result, StoreError};
use futures::try_join;
use std::collections::{HashMap, HashSet};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};

/// The writer looks rows up by their keys only; no statistics may talk the planner into scanning.
const SETTINGS: &str = "SET enable_seqscan = off; SET enable_hashjoin = off;
                        SET enable_mergejoin = off; SET synchronous_commit = on";

/// One connection with the statements that write a group, each for all its rows at once.
pub(super) struct Tables {
    client: Client,
    advance: Statement,
    heads: Statement,
    is_taken: Statement,
    insert_log: Statement,
    update_log: Statement,
    insert_entry: Statement,
    put_row: Statement,
    drop_row: Statement,
    enqueue: Statement,
}

impl Tables {
    pub(super) async fn connect(config: &Config) -> Result<Self> {
        let operation = |error| failed("connecting to the database", error);
        let (client, connection) = config.connect(NoTls).await.map_err(operation)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a connection of the store was lost");
            }
        });
        Self::prepare(client).await.map_err(operation)
    }

    async fn prepare(client: Client) -> Result<Self, tokio_postgres::Error> {
        client.batch_execute(SETTINGS).await?;
        let prepare = |statement: &'static sql::Statement| client.prepare(statement.postgres);
        let (advance, heads, is_taken) =
            try_join!(prepare(&sql::ADVANCE), prepare(&sql::HEADS), prepare(&sql::IS_TAKEN))?;
        let (insert_log, update_log, insert_entry) = try_join!(
            prepare(&sql::INSERT_LOG),
            prepare(&sql::UPDATE_LOG),
            prepare(&sql::INSERT_ENTRY)
        )?;
        let (put_row, drop_row, enqueue) =
            try_join!(prepare(&sql::PUT_ROW), prepare(&sql::DROP_ROW), prepare(&sql::ENQUEUE))?;
        Ok(Self {
            client,
            advance,
            heads,
            is_taken,
            insert_log,
            update_log,
            insert_entry,
            put_row,
            drop_row,
            enqueue,
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Writes the group in one transaction and returns, for each batch, that it was written or why
    /// it was refused; an error says that the transaction failed.
    pub(super) async fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<()>>> {
        let committed = self.attempt(batches).await;
        if committed.is_err() && !self.is_closed() {
            let rolled_back = self.client.batch_execute("ROLLBACK").await;
            rolled_back.map_err(|error| failed("rolling back", error))?;
        }
        committed
    }

    async fn attempt(&self, batches: &[Batch]) -> Result<Vec<Result<()>>> {
        let mut plan = self.begin(&Questions::about(batches)).await?;
        let answers: Vec<_> = batches.iter().map(|batch| plan.add(batch)).collect();
        let written = if plan.entries.is_empty() {
            self.client.batch_execute("ROLLBACK").await
        } else {
            self.write(&plan).await
        };
        written.map_err(|error| failed("writing", error))?;
        Ok(answers)
    }

    /// Begins, takes the lock on the position, and then reads what the group depends on, all in one
    /// round trip. The order is what makes it right: nobody else can write until this commits.
    async fn begin<'a>(&self, questions: &Questions<'a>) -> Result<Plan<'a>> {
        let count = signed(u64::try_from(questions.entry_count).unwrap_or(u64::MAX));
        let studies: Vec<&str> = questions.logs.iter().map(|log| log.study.as_str()).collect();
        let kinds: Vec<&str> = questions.logs.iter().map(|log| log.kind.as_str()).collect();
        let keys: Vec<&str> = questions.logs.iter().map(|log| log.key.as_str()).collect();
        let row_studies: Vec<&str> = questions.new_rows.iter().map(|row| row.0).collect();
        let views: Vec<i32> = questions.new_rows.iter().map(|row| i32::from(row.1.0)).collect();
        let row_keys: Vec<&str> = questions.new_rows.iter().map(|row| row.2).collect();
        let (counts, names) =
            ([&count as Parameter<'_>], [&studies as Parameter<'_>, &kinds, &keys]);
        let row_names = [&row_studies as Parameter<'_>, &views, &row_keys];
        let ((), position, heads, taken) = try_join!(
            self.client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED"),
            self.client.query_one(&self.advance, &counts),
            self.client.query(&self.heads, &names),
            async {
                if views.is_empty() {
                    return Ok(Vec::new());
                }
                self.client.query(&self.is_taken, &row_names).await
            },
        )
        .map_err(|error| failed("beginning to write", error))?;

        let mut logs = HashMap::with_capacity(questions.logs.len());
        for row in &heads {
            let log = asked(&questions.logs, row)?;
            let (id, head) = (column(row, 1)?, head_at(row, 2)?);
            logs.insert(log, Known { id, head, is_new: false, has_moved: false });
        }
        let mut taken_rows = HashSet::with_capacity(taken.len());
        for row in &taken {
            taken_rows.insert(asked(&questions.new_rows, row)?);
        }
        let advanced = unsigned(&position, 0)?;
        let position = advanced.saturating_sub(questions.entry_count as u64);
        Ok(Plan { logs, taken: taken_rows, position, ..Plan::default() })
    }

    /// Writes everything and commits, in one round trip.
    async fn write(&self, plan: &Plan<'_>) -> Result<(), tokio_postgres::Error> {
        try_join!(
            self.write_logs(plan),
            self.write_entries(plan),
            self.write_rows(plan),
            self.write_jobs(plan),
            self.client.batch_execute("COMMIT"),
        )
        .map(|_| ())
    }

    async fn write_logs(&self, plan: &Plan<'_>) -> Result<(), tokio_postgres::Error> {
        let (mut new, mut moved) = (LogColumns::default(), LogColumns::default());
        for (log, known) in plan.logs.iter().filter(|(_, known)| known.has_moved) {
            let columns = if known.is_new { &mut new } else { &mut moved };
            columns.studies.push(&log.study);
            columns.kinds.push(&log.kind);
            columns.keys.push(&log.key);
            columns.ids.push(known.id);
            columns.sequences.push(signed(known.head.sequence));
            columns.hashes.push(known.head.hash.as_bytes());
        }
        let LogColumns { studies, kinds, keys, ids, sequences, hashes } = &new;
        let insert = [studies as Parameter<'_>, kinds, keys, ids, sequences, hashes];
        let LogColumns { studies, ids, sequences, hashes, .. } = &moved;
        let update = [studies as Parameter<'_>, ids, sequences, hashes];
        try_join!(
            self.execute(&self.insert_log, &insert, new.ids.len()),
            self.execute(&self.update_log, &update, moved.ids.len()),
        )
        .map(|_| ())
    }

    async fn write_entries(&self, plan: &Plan<'_>) -> Result<(), tokio_postgres::Error> {
        let placed = &plan.entries;
        let studies: Vec<&str> = placed.iter().map(|placed| placed.study).collect();
        let logs: Vec<i64> = placed.iter().map(|placed| placed.log).collect();
        let sequences: Vec<i64> =
            placed.iter().map(|placed| signed(placed.entry.sequence)).collect();
        let positions: Vec<i64> = placed.iter().map(|placed| placed.position).collect();
        let bytes: Vec<&[u8]> = placed.iter().map(|placed| placed.entry.bytes.as_slice()).collect();
        let hashes: Vec<&[u8]> =
            placed.iter().map(|placed| placed.entry.hash.as_bytes().as_slice()).collect();
        let insert = [&studies as Parameter<'_>, &logs, &sequences, &positions, &bytes, &hashes];
        self.execute(&self.insert_entry, &insert, placed.len()).await
    }

    async fn write_rows(&self, plan: &Plan<'_>) -> Result<(), tokio_postgres::Error> {
        let (mut put, mut dropped) = (RowColumns::default(), RowColumns::default());
        for ((study, view, key), bytes) in &plan.rows {
            let columns = if bytes.is_some() { &mut put } else { &mut dropped };
            columns.studies.push(study);
            columns.views.push(i32::from(view.0));
            columns.keys.push(key);
            columns.bytes.extend(bytes);
        }
        let RowColumns { studies, views, keys, bytes } = &put;
        let upsert = [studies as Parameter<'_>, views, keys, bytes];
        let RowColumns { studies, views, keys, .. } = &dropped;
        let delete = [studies as Parameter<'_>, views, keys];
        try_join!(
            self.execute(&self.put_row, &upsert, put.views.len()),
            self.execute(&self.drop_row, &delete, dropped.views.len()),
        )
        .map(|_| ())
    }

    async fn write_jobs(&self, plan: &Plan<'_>) -> Result<(), tokio_postgres::Error> {
        let studies: Vec<&str> = plan.jobs.keys().map(|job| job.0).collect();
        let queues: Vec<&str> = plan.jobs.keys().map(|job| job.1).collect();
        let keys: Vec<&str> = plan.jobs.keys().map(|job| job.2).collect();
        let payloads: Vec<&[u8]> = plan.jobs.values().map(|job| job.payload).collect();
        let times: Vec<i64> = plan.jobs.values().map(|job| job.run_at_ms).collect();
        let tokens: Vec<i64> = plan.jobs.values().map(|job| job.token).collect();
        let enqueue = [&studies as Parameter<'_>, &queues, &keys, &payloads, &times, &tokens];
        self.execute(&self.enqueue, &enqueue, tokens.len()).await
    }

    async fn execute(
        &self,
        statement: &Statement,
        parameters: &[Parameter<'_>],
        rows: usize,
    ) -> Result<(), tokio_postgres::Error> {
        if rows == 0 {
            return Ok(());
        }
        self.client.execute(statement, parameters).await.map(|_| ())
    }
}

type Parameter<'a> = &'a (dyn ToSql + Sync);

#[derive(Default)]
struct LogColumns<'a> {
    studies: Vec<&'a str>,
    kinds: Vec<&'a str>,
    keys: Vec<&'a str>,
    ids: Vec<i64>,
    sequences: Vec<i64>,
    hashes: Vec<&'a [u8]>,
}

#[derive(Default)]
struct RowColumns<'a> {
    studies: Vec<&'a str>,
    views: Vec<i32>,
    keys: Vec<&'a str>,
    bytes: Vec<&'a [u8]>,
}

/// The question that a row answers; the engine counts from one.
fn asked<T: Copy>(questions: &[T], row: &Row) -> Result<T> {
    let place: i64 = column(row, 0)?;
    let index = usize::try_from(place - 1).ok();
    let question = index.and_then(|index| questions.get(index));
    question.copied().ok_or_else(|| StoreError::failed("matching rows", "a row out of range"))
}
