use crate::migration::{MIGRATIONS, NEWEST};
use crate::sql;
use crate::{PostgresOptions, Result, StoreError};
use deadpool_postgres::{
    Client, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime,
};
use std::error::Error;
use std::io;
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls, Statement};

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a read waits for a free connection.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);
const MIGRATION_ATTEMPTS: u32 = 3;

pub(super) fn pool(config: &Config, options: &PostgresOptions) -> Result<Pool> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config.clone(), NoTls, recycling);
    Pool::builder(manager)
        .max_size(options.pool_size.max(1))
        .create_timeout(Some(CONNECT_TIMEOUT))
        .wait_timeout(Some(WAIT_TIMEOUT))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::failed("making the pool of connections", error))
}

pub(super) async fn client(pool: &Pool) -> Result<Client> {
    const OPERATION: &str = "connecting to the database";
    pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) => failed(OPERATION, error),
        PoolError::Timeout(_) => StoreError::unreachable(OPERATION, error),
        _ => StoreError::failed(OPERATION, error),
    })
}

pub(super) async fn prepared(
    client: &Client,
    statement: &'static sql::Statement,
) -> Result<Statement> {
    let prepared = client.prepare_cached(statement.postgres).await;
    prepared.map_err(|error| failed(statement.name, error))
}

/// Applies the steps that are missing. Another process may be doing the same; whoever comes second
/// waits for the row that holds the version, or for the table, which then makes its attempt fail.
pub(super) async fn migrate(pool: &Pool) -> Result<()> {
    let mut client = client(pool).await?;
    for attempt in 1.. {
        match apply_migrations(&mut client).await.map_err(|error| failed("migrating", error)) {
            Ok(found) if usize::try_from(found).is_ok_and(|found| found <= NEWEST) => break,
            Ok(found) => return Err(StoreError::NewerSchema { found, known: NEWEST }),
            Err(error) if attempt < MIGRATION_ATTEMPTS && may_succeed_again(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Returns the version that was found before.
async fn apply_migrations(client: &mut Client) -> Result<i64, tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS schema_version
               (one bigint PRIMARY KEY CHECK (one = 1), version bigint NOT NULL);
             INSERT INTO schema_version VALUES (1, 0) ON CONFLICT DO NOTHING;",
        )
        .await?;
    let version = "SELECT version FROM schema_version WHERE one = 1 FOR UPDATE";
    let found: i64 = transaction.query_one(version, &[]).await?.try_get(0)?;
    let applied = usize::try_from(found).unwrap_or(NEWEST);
    for (step, migration) in (1_i64..).zip(&MIGRATIONS).skip(applied) {
        transaction.batch_execute(migration.postgres).await?;
        transaction.execute("UPDATE schema_version SET version = $1", &[&step]).await?;
    }
    transaction.commit().await?;
    Ok(found)
}

/// Whether somebody else was in the way, or the connection was lost, so that it may be tried again.
pub(super) fn may_succeed_again(error: &StoreError) -> bool {
    let source = match error {
        StoreError::Unreachable { .. } => return true,
        StoreError::Failed { source, .. } => source,
        _ => return false,
    };
    let Some(error) = source.downcast_ref::<tokio_postgres::Error>() else { return false };
    let transient = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
    ];
    error.code().is_some_and(|code| transient.contains(code))
}

/// Whether there is no server to talk to: it is away, ends, or does not serve yet.
fn is_unreachable(error: &tokio_postgres::Error) -> bool {
    let away = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    match error.code() {
        Some(code) => away.contains(code),
        None => error.is_closed() || error.source().is_some_and(<dyn Error>::is::<io::Error>),
    }
}

/// Maps an error of the engine; a full disk and a server that is away are told apart.
pub(super) fn failed(operation: &'static str, error: tokio_postgres::Error) -> StoreError {
    match error.code() {
        Some(code) if *code == SqlState::DISK_FULL => StoreError::Full,
        _ if is_unreachable(&error) => StoreError::unreachable(operation, error),
        _ => StoreError::failed(operation, error),
    }
}
