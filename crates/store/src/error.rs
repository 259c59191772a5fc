use crate::{Position, View};
use journal::{Head, LogName};
use thiserror::Error;

/// Why a store did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else appended first, or the log never was where the caller thought.
    #[error("log {log} ends at entry {}, not where it was expected", actual.sequence)]
    HeadMoved { log: LogName, actual: Head },
    /// A row that had to be new exists.
    #[error("key {key} of view {} in study {study} is taken", view.0)]
    KeyTaken { study: String, view: View, key: String },
    /// Entries were appended since the views that are to be swapped in were computed.
    #[error("the store has entries up to position {}, beyond those seen", actual.0)]
    PositionMoved { actual: Position },
    /// Nothing was written; it will work again when there is room.
    #[error("no room left to write")]
    Full,
    #[error("the database has schema {found}, this program knows schema {known} and no newer")]
    NewerSchema { found: i64, known: usize },
    /// The caller asked for something that no store can keep.
    #[error("the request cannot be stored: {why}")]
    Unacceptable { why: &'static str },
    #[error("the store was closed")]
    Closed,
    /// The database is away or starting. An append may yet have been written: read the head, or
    /// append the same entries again, which is refused if they are there.
    #[error("{operation} failed: the database cannot be reached")]
    Unreachable { operation: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    /// The engine failed.
    #[error("{operation} failed")]
    Failed { operation: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
}

impl StoreError {
    pub(crate) fn failed(
        operation: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Failed { operation, source: source.into() }
    }
    pub(crate) fn unreachable(
        operation: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unreachable { operation, source: source.into() }
    }
}
