use crate::migration::{MIGRATIONS, NEWEST};
use crate::{Result, SqliteOptions, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

/// How long a connection waits for another process to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const STATEMENT_CACHE: usize = 64;
const KIB_PER_MIB: i64 = 1024;
const BYTES_PER_KIB: i64 = 1024;

/// Opens the connection that alone writes in this process, and migrates the schema.
pub(super) fn open_writer(file: &Path, options: &SqliteOptions) -> Result<Connection> {
    let mut connection = open(file, options.cache_mib)?;
    let settled = connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        .and_then(|()| limit_pages(&connection, options.max_pages));
    settled.map_err(|error| failed("opening the database", error))?;
    migrate(&mut connection)?;
    make_name_durable(file)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(file: &Path, options: &SqliteOptions) -> Result<Connection> {
    let readers = u32::try_from(options.readers.max(1)).unwrap_or(u32::MAX);
    let connection = open(file, (options.cache_mib / readers).max(2))?;
    let mapped = i64::from(options.mapped_mib) * KIB_PER_MIB * BYTES_PER_KIB;
    let settings = format!("PRAGMA query_only = ON; PRAGMA mmap_size = {mapped};");
    let settled = connection.execute_batch(&settings);
    settled.map_err(|error| failed("opening the database", error))?;
    Ok(connection)
}

fn open(file: &Path, cache_mib: u32) -> Result<Connection> {
    let open = || {
        let connection = Connection::open(file)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        // Else a statement with a range is compiled anew each time its bounds are other ones.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // A negative size is in KiB, a positive one in pages.
        let size = -i64::from(cache_mib) * KIB_PER_MIB;
        connection.pragma_update(None, "cache_size", size)?;
        Ok(connection)
    };
    open().map_err(|error| failed("opening the database", error))
}

fn limit_pages(connection: &Connection, max_pages: Option<u32>) -> rusqlite::Result<()> {
    let Some(max_pages) = max_pages else { return Ok(()) };
    connection.query_row(&format!("PRAGMA max_page_count = {max_pages}"), [], |_| Ok(()))
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let found = apply_migrations(connection).map_err(|error| failed("migrating", error))?;
    if usize::try_from(found).is_ok_and(|found| found <= NEWEST) {
        return Ok(());
    }
    Err(StoreError::NewerSchema { found, known: NEWEST })
}

/// Applies the steps that are missing, and returns the version that was found before.
fn apply_migrations(connection: &mut Connection) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT",
    )?;
    let version = "SELECT coalesce(max(version), 0) FROM schema_version";
    let found: i64 = transaction.query_row(version, [], |row| row.get(0))?;
    let applied = usize::try_from(found).unwrap_or(NEWEST);
    for (step, migration) in (1_i64..).zip(&MIGRATIONS).skip(applied) {
        transaction.execute_batch(migration.sqlite)?;
        transaction.execute("INSERT INTO schema_version VALUES ($1)", [step])?;
    }
    transaction.commit()?;
    Ok(found)
}

/// Makes the folder's record of a new file survive a loss of power.
fn make_name_durable(file: &Path) -> Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| StoreError::failed("syncing the folder of the database", error))
}

/// Copies one state of the whole database to a new file, and makes it durable.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let io = |error| StoreError::failed("backing up", error);
    if fs::exists(to).map_err(io)? {
        return Err(StoreError::Unacceptable { why: "the file of a backup must not exist" });
    }
    let name_is_text = StoreError::Unacceptable { why: "the file of a backup is named in UTF-8" };
    let target = to.to_str().ok_or(name_is_text)?;
    let copied = open(from, 2)?.execute("VACUUM INTO $1", [target]);
    copied.map_err(|error| failed("backing up", error))?;
    File::open(to).and_then(|copy| copy.sync_all()).map_err(io)?;
    make_name_durable(to)
}

/// Maps an error of the engine; a full disk is told apart, whoever says so.
pub(super) fn failed(operation: &'static str, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        _ => StoreError::failed(operation, error),
    }
}
