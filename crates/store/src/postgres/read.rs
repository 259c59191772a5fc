use super::Parameters;
use super::connection::{client, failed, prepared};
use crate::sql::{self, Statement};
use crate::{Head, Job, LogName, Position, Range, Result, Sealed, StoreError, View};
use deadpool_postgres::Pool;
use journal::Hash;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

async fn query(
    pool: &Pool,
    statement: &'static Statement,
    parameters: &Parameters<'_>,
) -> Result<Vec<Row>> {
    let client = client(pool).await?;
    let prepared = prepared(&client, statement).await?;
    client.query(&prepared, parameters).await.map_err(|error| failed(statement.name, error))
}

pub(super) async fn head(pool: &Pool, log: &LogName) -> Result<Option<Head>> {
    let rows = query(pool, &sql::HEAD, &[&log.study, &log.kind, &log.key]).await?;
    rows.first().map(|row| head_at(row, 1)).transpose()
}

pub(super) async fn entries(
    pool: &Pool,
    log: &LogName,
    from: u64,
    limit: u32,
) -> Result<Vec<Sealed>> {
    let (from, limit) = (signed(from), i64::from(limit));
    let name = (&log.study, &log.kind, &log.key);
    let rows = query(pool, &sql::READ, &[name.0, name.1, name.2, &from, &limit]).await?;
    rows.iter().map(sealed).collect()
}

pub(super) async fn entry(pool: &Pool, log: &LogName, sequence: u64) -> Result<Option<Sealed>> {
    let sequence = signed(sequence);
    let place: &Parameters<'_> = &[&log.study, &log.kind, &log.key, &sequence];
    query(pool, &sql::ENTRY, place).await?.first().map(sealed).transpose()
}

pub(super) async fn follow(
    pool: &Pool,
    after: Position,
    limit: u32,
) -> Result<Vec<(Position, LogName, Sealed)>> {
    let rows = query(pool, &sql::FOLLOW, &[&signed(after.0), &i64::from(limit)]).await?;
    let entry = |row| Ok((Position(unsigned(row, 3)?), log_name(row, 4)?, sealed(row)?));
    rows.iter().map(entry).collect()
}

pub(super) async fn last_position(pool: &Pool) -> Result<Position> {
    let rows = query(pool, &sql::LAST_POSITION, &[]).await?;
    rows.first().map_or(Ok(Position::default()), |row| unsigned(row, 0).map(Position))
}

pub(super) async fn logs(
    pool: &Pool,
    study: Option<&str>,
    after: Option<&LogName>,
    limit: u32,
) -> Result<Vec<(LogName, Head)>> {
    let start = LogName::default();
    let after = after.unwrap_or(&start);
    let limit = i64::from(limit);
    let rows = match study {
        None => {
            let page: &Parameters<'_> = &[&after.study, &after.kind, &after.key, &limit];
            query(pool, &sql::LOGS, page).await?
        }
        Some(study) => {
            let after = if after.study.as_str() == study { after } else { &start };
            let page: &Parameters<'_> = &[&study, &after.kind, &after.key, &limit];
            query(pool, &sql::LOGS_OF_STUDY, page).await?
        }
    };
    rows.iter().map(|row| Ok((log_name(row, 0)?, head_at(row, 3)?))).collect()
}

pub(super) async fn view(
    pool: &Pool,
    view: View,
    study: &str,
    key: &str,
) -> Result<Option<Vec<u8>>> {
    let rows = query(pool, &sql::VIEW, &[&study, &i32::from(view.0), &key]).await?;
    rows.first().map(|row| column(row, 0)).transpose()
}

pub(super) async fn noted(
    pool: &Pool,
    study: &str,
    queue: &str,
    key: &str,
) -> Result<Option<Vec<u8>>> {
    let rows = query(pool, &sql::NOTED, &[&study, &queue, &key]).await?;
    rows.first().map(|row| column(row, 0)).transpose()
}

pub(super) async fn list(pool: &Pool, range: &Range) -> Result<Vec<(String, Vec<u8>)>> {
    let Range { view, study, limit, .. } = range;
    let (view, limit) = (i32::from(view.0), i64::from(*limit));
    let start = range.start();
    let rows = match range.end() {
        None => query(pool, &sql::LIST, &[study, &view, &start, &limit]).await?,
        Some(end) => {
            let page: &Parameters<'_> = &[study, &view, &start, &end, &limit];
            query(pool, &sql::LIST_BEFORE, page).await?
        }
    };
    rows.iter().map(|row| Ok((column(row, 0)?, column(row, 1)?))).collect()
}

pub(super) async fn claim(
    pool: &Pool,
    queue: &str,
    now_ms: i64,
    until_ms: i64,
) -> Result<Option<Job>> {
    let rows = query(pool, &sql::CLAIM, &[&until_ms, &queue, &now_ms]).await?;
    let job = |row| {
        Ok(Job {
            study: column(row, 0)?,
            queue: column(row, 1)?,
            key: column(row, 2)?,
            payload: column(row, 3)?,
            attempt: column(row, 4)?,
            token: column(row, 5)?,
        })
    };
    rows.first().map(job).transpose()
}

fn sealed(row: &Row) -> Result<Sealed> {
    Ok(Sealed { sequence: unsigned(row, 0)?, bytes: column(row, 1)?, hash: hash(row, 2)? })
}

/// Reads a head from two columns: sequence, hash.
pub(super) fn head_at(row: &Row, first: usize) -> Result<Head> {
    Ok(Head { sequence: unsigned(row, first)?, hash: hash(row, first + 1)? })
}

/// Reads a log name from three columns: study, kind, key.
fn log_name(row: &Row, first: usize) -> Result<LogName> {
    let (study, kind, key) =
        (column(row, first)?, column(row, first + 1)?, column(row, first + 2)?);
    Ok(LogName { study, kind, key })
}

fn hash(row: &Row, index: usize) -> Result<Hash> {
    let bytes: &[u8] = column(row, index)?;
    Hash::try_from(bytes).map_err(|error| StoreError::failed("reading a hash", error))
}

pub(super) fn unsigned(row: &Row, index: usize) -> Result<u64> {
    let value: i64 = column(row, index)?;
    u64::try_from(value).map_err(|error| StoreError::failed("reading a number", error))
}

pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(|error| failed("reading a column", error))
}

/// Both engines keep signed numbers; nothing is ever stored beyond them.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
