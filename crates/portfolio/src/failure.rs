//! What can come of a call besides its answer.

use std::error::Error as _;

use contract::{Context, Error};
use store::StoreError;

/// A rule said no, or something is broken.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Refused(#[from] Error),
    #[error("the study changed too often while this was decided; try again")]
    Busy,
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the log {0} is broken; run verify")]
    Broken(String),
    #[error("a row of view {view} cannot be read; rebuild the views")]
    Row {
        view: u16,
        #[source]
        source: serde_json::Error,
    },
    #[error("no row of view {view} has the study that the index names; rebuild the views")]
    RowMissing { view: u16 },
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// The answer to a call, or the error that the caller sees.
pub(crate) fn answer<T>(context: &Context, result: Result<T>) -> Result<T, Error> {
    result.map_err(|failure| match failure {
        Failure::Refused(error) => error,
        Failure::Busy => Error::aborted("BUSY", failure.to_string()),
        Failure::Store(StoreError::Full) => Error::exhausted("STORAGE_FULL", failure.to_string()),
        Failure::Store(StoreError::Unacceptable { why }) => Error::invalid("", why),
        Failure::Store(StoreError::Closed) => Error::unavailable("the store was closed"),
        Failure::Store(error @ StoreError::Unreachable { .. }) => {
            tracing::warn!(request.id = %context.request_id, error = %error, "a call was not done");
            Error::unavailable("the database cannot be reached; the call may or may not be done")
        }
        other => incident(context, &other),
    })
}

/// What went wrong is for the log; the caller gets the id under which it is found there.
fn incident(context: &Context, failure: &Failure) -> Error {
    let mut told = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        told.push_str(": ");
        told.push_str(&cause.to_string());
        source = cause.source();
    }
    tracing::error!(incident = %context.request_id, failure = told, "a call failed");
    Error::incident(&context.request_id)
}
