//! PostgreSQL and what speaks its protocol: reads from a pool, appends committed in groups.

mod connection;
mod group;
mod read;
mod tables;
mod writer;

use crate::batch::check_study;
use crate::sql;
use crate::stats::Counters;
use crate::{
    Batch, Effect, Head, Job, LogName, Position, Range, Result, Sealed, Stats, Store, StoreError,
    View,
};
use async_trait::async_trait;
use connection::{failed, pool, prepared};
use deadpool_postgres::Pool;
use futures::future::{BoxFuture, try_join_all};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::Config;
use tokio_postgres::types::ToSql;
use tracing::Span;
use writer::{Waiting, Writer};

/// How a database is used; the defaults are right for a server.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Connections for everything but appends.
    pub pool_size: usize,
    /// Connections for appends; while one waits for the disk, another collects the next group.
    pub writers: usize,
    /// How many appends may wait per writer before callers are held back.
    pub waiting_writes: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { pool_size: 8, writers: 2, waiting_writes: 4096 }
    }
}

/// A store in one PostgreSQL database, shared by any number of processes.
#[derive(Debug)]
pub struct Postgres {
    pool: Pool,
    queues: Vec<mpsc::Sender<Waiting>>,
    counters: Arc<Counters>,
}

type Parameters<'a> = [&'a (dyn ToSql + Sync)];

impl Postgres {
    /// Connects with default options, and brings the schema up to date. `config` is a URL
    /// (`postgresql://…`) or `key=value` pairs.
    pub async fn connect(config: &str) -> Result<Self> {
        Self::connect_with(config, &PostgresOptions::default()).await
    }

    /// Connects, and brings the schema up to date. Refuses a database with a newer schema.
    pub fn connect_with<'a>(
        config: &'a str,
        options: &'a PostgresOptions,
    ) -> BoxFuture<'a, Result<Self>> {
        // Behind a pointer, so that it is compiled here and not again by every caller.
        Box::pin(Self::open(config, options))
    }

    async fn open(config: &str, options: &PostgresOptions) -> Result<Self> {
        let mut config: Config =
            config.parse().map_err(|error| failed("reading the address of the database", error))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(connection::CONNECT_TIMEOUT);
        }
        let pool = pool(&config, options)?;
        connection::migrate(&pool).await?;
        let counters = Arc::new(Counters::new());
        let start = |_| {
            let (queue, waiting) = mpsc::channel(options.waiting_writes);
            let writer = Writer::new(config.clone(), pool.clone(), Arc::clone(&counters));
            tokio::spawn(writer.run(waiting));
            queue
        };
        let queues = (0..options.writers.max(1)).map(start).collect();
        Ok(Self { pool, queues, counters })
    }

    /// One log always goes to one writer, so that its appends stay in the order of their calls.
    fn queue(&self, batch: &Batch) -> Option<&mpsc::Sender<Waiting>> {
        let mut hasher = DefaultHasher::new();
        batch.parts.first()?.log.hash(&mut hasher);
        let writers = u64::try_from(self.queues.len()).ok()?;
        self.queues.get(usize::try_from(hasher.finish() % writers).ok()?)
    }

    async fn execute(
        &self,
        statement: &'static sql::Statement,
        parameters: &Parameters<'_>,
    ) -> Result<bool> {
        let client = connection::client(&self.pool).await?;
        let prepared = prepared(&client, statement).await?;
        let rows = client.execute(&prepared, parameters).await;
        rows.map(|rows| rows > 0).map_err(|error| failed(statement.name, error))
    }
}

#[async_trait]
impl Store for Postgres {
    #[tracing::instrument(level = "debug", name = "store.append", skip_all)]
    async fn append(&self, batch: Batch) -> Result<Head> {
        batch.check()?;
        let head = batch.head();
        let queue = self.queue(&batch).ok_or(StoreError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { batch, answer, caller: Span::current() };
        queue.send(waiting).await.map_err(|_| StoreError::Closed)?;
        self.counters.metrics.waiting.increment(1);
        answered.await.map_err(|_| StoreError::Closed)??;
        Ok(head)
    }

    async fn head(&self, log: &LogName) -> Result<Option<Head>> {
        read::head(&self.pool, log).await
    }

    #[tracing::instrument(level = "debug", name = "store.read", skip_all)]
    async fn read(&self, log: &LogName, from: u64, limit: u32) -> Result<Vec<Sealed>> {
        read::entries(&self.pool, log, from, limit).await
    }

    async fn entry(&self, log: &LogName, sequence: u64) -> Result<Option<Sealed>> {
        read::entry(&self.pool, log, sequence).await
    }

    async fn follow(
        &self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, LogName, Sealed)>> {
        read::follow(&self.pool, after, limit).await
    }

    async fn last_position(&self) -> Result<Position> {
        read::last_position(&self.pool).await
    }

    async fn logs(
        &self,
        study: Option<&str>,
        after: Option<&LogName>,
        limit: u32,
    ) -> Result<Vec<(LogName, Head)>> {
        read::logs(&self.pool, study, after, limit).await
    }

    #[tracing::instrument(level = "debug", name = "store.view", skip_all)]
    async fn view(&self, view: View, study: &str, key: &str) -> Result<Option<Vec<u8>>> {
        read::view(&self.pool, view, study, key).await
    }

    #[tracing::instrument(level = "debug", name = "store.list", skip_all)]
    async fn list(&self, range: Range) -> Result<Vec<(String, Vec<u8>)>> {
        read::list(&self.pool, &range).await
    }

    async fn claim(&self, queue: &str, now_ms: i64, lease_ms: i64) -> Result<Option<Job>> {
        read::claim(&self.pool, queue, now_ms, now_ms.saturating_add(lease_ms)).await
    }

    async fn finish(&self, job: &Job) -> Result<bool> {
        let Job { study, queue, key, token, attempt, .. } = job;
        self.execute(&sql::FINISH, &[study, queue, key, token, attempt]).await
    }

    async fn fail(&self, job: &Job, retry_at_ms: i64) -> Result<bool> {
        let Job { study, queue, key, token, attempt, .. } = job;
        self.execute(&sql::FAIL, &[&retry_at_ms, study, queue, key, token, attempt]).await
    }

    async fn note(&self, job: &Job, payload: Vec<u8>, run_at_ms: i64) -> Result<bool> {
        let Job { study, queue, key, token, attempt, .. } = job;
        let noted: &Parameters<'_> = &[&payload, &run_at_ms, study, queue, key, token, attempt];
        self.execute(&sql::NOTE, noted).await
    }

    async fn noted(&self, study: &str, queue: &str, key: &str) -> Result<Option<Vec<u8>>> {
        read::noted(&self.pool, study, queue, key).await
    }

    async fn stage(&self, study: &str, effects: Vec<Effect>) -> Result<()> {
        check_study(study)?;
        effects.iter().try_for_each(Effect::check_staged)?;
        let operation = |error| failed("staging", error);
        let mut client = connection::client(&self.pool).await?;
        let put = &prepared(&client, &sql::STAGE_ROW).await?;
        let drop = &prepared(&client, &sql::UNSTAGE_ROW).await?;
        let transaction = client.transaction().await.map_err(operation)?;
        let row = async |effect: &Effect| match effect {
            Effect::Put { view, key, bytes } | Effect::PutNew { view, key, bytes } => {
                let view = i32::from(view.0);
                transaction.execute(put, &[&study, &view, key, bytes]).await
            }
            Effect::Drop { view, key } => {
                transaction.execute(drop, &[&study, &i32::from(view.0), key]).await
            }
            // Not accepted at the door.
            Effect::Enqueue { .. } => Ok(0),
        };
        try_join_all(effects.iter().map(row)).await.map_err(operation)?;
        transaction.commit().await.map_err(operation)
    }

    async fn swap(&self, study: &str, views: &[View], seen: Position) -> Result<()> {
        let operation = |error| failed("swapping views", error);
        let mut client = connection::client(&self.pool).await?;
        let transaction = client.transaction().await.map_err(operation)?;
        transaction.query_one(sql::LOCK_POSITION.postgres, &[]).await.map_err(operation)?;
        let last = transaction.query_one(sql::LAST_POSITION.postgres, &[]).await;
        let actual = Position(read::unsigned(&last.map_err(operation)?, 0)?);
        if actual > seen {
            return Err(StoreError::PositionMoved { actual });
        }
        for view in views.iter().map(|view| i32::from(view.0)) {
            for statement in [&sql::CLEAR_VIEW, &sql::FILL_VIEW] {
                let done = transaction.execute(statement.postgres, &[&study, &view]).await;
                done.map_err(operation)?;
            }
        }
        transaction.execute(sql::UNSTAGE.postgres, &[&study]).await.map_err(operation)?;
        transaction.commit().await.map_err(operation)
    }

    async fn unstage(&self, study: &str) -> Result<()> {
        self.execute(&sql::UNSTAGE, &[&study]).await.map(drop)
    }

    fn stats(&self) -> Stats {
        self.counters.read()
    }
}
