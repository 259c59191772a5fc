use super::connection::{failed, open_reader};
use crate::sql::{self, Statement};
use crate::{
    Head, LogName, LogRef, Position, Range, Result, Sealed, SealedRef, SqliteOptions, View,
};
use foldhash::{HashMap, HashMapExt as _};
use journal::Hash;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Params, Row};
use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A fixed number of connections; a read takes the next free one and runs in the caller's thread.
#[derive(Debug)]
pub(super) struct Readers {
    connections: Box<[Mutex<Connection>]>,
    next: AtomicUsize,
}

impl Readers {
    pub(super) fn open(file: &Path, options: &SqliteOptions) -> Result<Self> {
        let open = |_| open_reader(file, options).map(Mutex::new);
        let connections: Result<_> = (0..options.readers.max(1)).map(open).collect();
        Ok(Self { connections: connections?, next: AtomicUsize::new(0) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        let count = self.connections.len();
        let first = self.next.fetch_add(1, Relaxed) % count;
        let mut turns = (first..first + count).map(|turn| &self.connections[turn % count]);
        let free = turns.find_map(|connection| connection.try_lock().ok());
        // A reader that panicked left nothing half done: it only read.
        let wait = || self.connections[first].lock().unwrap_or_else(PoisonError::into_inner);
        free.unwrap_or_else(wait)
    }

    fn query<T>(
        &self,
        statement: &'static Statement,
        parameters: impl Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let connection = self.connection();
        let run = || {
            let mut prepared = connection.prepare_cached(statement.sqlite)?;
            prepared.query_map(parameters, row)?.collect::<rusqlite::Result<_>>()
        };
        run().map_err(|error| failed(statement.name, error))
    }

    pub(super) fn head(&self, log: &LogName) -> Result<Option<Head>> {
        let name = (&log.study, &log.kind, &log.key);
        self.query(&sql::HEAD, name, |row| head(row, 1)).map(|rows| rows.into_iter().next())
    }

    pub(super) fn read(&self, log: &LogName, from: u64, limit: u32) -> Result<Vec<Sealed>> {
        let page = (&log.study, &log.kind, &log.key, signed(from), limit);
        self.query(&sql::READ, page, sealed)
    }

    pub(super) fn entry(&self, log: &LogName, sequence: u64) -> Result<Option<Sealed>> {
        let place = (&log.study, &log.kind, &log.key, signed(sequence));
        self.query(&sql::ENTRY, place, sealed).map(|rows| rows.into_iter().next())
    }

    pub(super) fn follow(
        &self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, LogName, Sealed)>> {
        self.query(&sql::FOLLOW, (signed(after.0), limit), |row| {
            Ok((Position(unsigned(row, 3)?), log_name(row, 4)?, sealed(row)?))
        })
    }

    pub(super) fn scan(
        &self,
        after: Position,
        last: Position,
        each: &mut dyn for<'e> FnMut(LogRef<'e>, SealedRef<'e>),
    ) -> Result<()> {
        let connection = self.connection();
        let mut names: HashMap<i64, Option<LogName>> = HashMap::new();
        let mut run = || {
            let mut prepared = connection.prepare_cached(sql::SCAN.sqlite)?;
            let mut rows = prepared.query((signed(after.0), signed(last.0)))?;
            while let Some(row) = rows.next()? {
                let id = row.get(4)?;
                let name = match names.entry(id) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(log_of_entry(&connection, id)?),
                };
                // What a reader of the log would not find is not shown.
                let study = row.get_ref(3)?.as_bytes()?;
                let Some(log) = name.as_ref().filter(|log| log.study.as_bytes() == study) else {
                    continue;
                };
                let bytes = row.get_ref(1)?.as_blob()?;
                let sealed = SealedRef { sequence: unsigned(row, 0)?, bytes, hash: hash(row, 2)? };
                each(log.as_ref(), sealed);
            }
            Ok(())
        };
        run().map_err(|error| failed(sql::SCAN.name, error))
    }

    pub(super) fn last_position(&self) -> Result<Position> {
        let rows = self.query(&sql::LAST_POSITION, (), |row| unsigned(row, 0))?;
        Ok(rows.into_iter().next().map(Position).unwrap_or_default())
    }

    pub(super) fn logs(
        &self,
        study: Option<&str>,
        after: Option<&LogName>,
        limit: u32,
    ) -> Result<Vec<(LogName, Head)>> {
        let log = |row: &Row<'_>| Ok((log_name(row, 0)?, head(row, 3)?));
        let start = LogName::default();
        let after = after.unwrap_or(&start);
        match study {
            None => self.query(&sql::LOGS, (&after.study, &after.kind, &after.key, limit), log),
            Some(study) => {
                let after = if after.study.as_str() == study { after } else { &start };
                self.query(&sql::LOGS_OF_STUDY, (study, &after.kind, &after.key, limit), log)
            }
        }
    }

    pub(super) fn view(&self, view: View, study: &str, key: &str) -> Result<Option<Vec<u8>>> {
        let rows = self.query(&sql::VIEW, (study, view.0, key), |row| row.get(0))?;
        Ok(rows.into_iter().next())
    }

    pub(super) fn noted(&self, study: &str, queue: &str, key: &str) -> Result<Option<Vec<u8>>> {
        let rows = self.query(&sql::NOTED, (study, queue, key), |row| row.get(0))?;
        Ok(rows.into_iter().next())
    }

    pub(super) fn list(&self, range: &Range) -> Result<Vec<(String, Vec<u8>)>> {
        let Range { view, study, limit, .. } = range;
        let start = range.start();
        let pair = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        match range.end() {
            None => self.query(&sql::LIST, (study, view.0, start, limit), pair),
            Some(end) => {
                let page = (study, view.0, start, end, limit);
                self.query(&sql::LIST_BEFORE, page, pair)
            }
        }
    }

    pub(super) fn is_due(&self, queue: &str, now_ms: i64) -> Result<bool> {
        self.query(&sql::IS_DUE, (queue, now_ms), |_| Ok(())).map(|rows| !rows.is_empty())
    }
}

fn log_of_entry(connection: &Connection, id: i64) -> rusqlite::Result<Option<LogName>> {
    let mut query = connection.prepare_cached(sql::LOG_OF_ENTRY.sqlite)?;
    query.query_row([id], |row| log_name(row, 0)).optional()
}

fn sealed(row: &Row<'_>) -> rusqlite::Result<Sealed> {
    Ok(Sealed { sequence: unsigned(row, 0)?, bytes: row.get(1)?, hash: hash(row, 2)? })
}

/// Reads a head from two columns: sequence, hash.
pub(super) fn head(row: &Row<'_>, column: usize) -> rusqlite::Result<Head> {
    Ok(Head { sequence: unsigned(row, column)?, hash: hash(row, column + 1)? })
}

/// Reads a log name from three columns: study, kind, key.
fn log_name(row: &Row<'_>, column: usize) -> rusqlite::Result<LogName> {
    Ok(LogName { study: row.get(column)?, kind: row.get(column + 1)?, key: row.get(column + 2)? })
}

fn hash(row: &Row<'_>, column: usize) -> rusqlite::Result<Hash> {
    let broken = |error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, error)
    };
    let bytes = row.get_ref(column)?.as_blob().map_err(|error| broken(error.into()))?;
    Hash::try_from(bytes).map_err(|error| broken(error.into()))
}

pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// Both engines keep signed numbers; nothing is ever stored beyond them.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
