//! What can come of a call besides its answer.

use kernel::casebook::{MalformedEvent, MalformedRecord, Refusal};
use store::StoreError;

use crate::views::MalformedRow;

/// A rule of the trial said no, or something is broken.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Denied(#[from] contract::Error),
    #[error("there is no study {0}")]
    StudyUnknown(String),
    #[error("study {0} has no published version")]
    StudyNotPublished(String),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("entry {sequence} of log {log} cannot be read")]
    Entry { log: String, sequence: u64, source: MalformedEvent },
    #[error("the log {0} is broken; run verify")]
    Broken(String),
    #[error(transparent)]
    Record(#[from] MalformedRecord),
    #[error(transparent)]
    Row(#[from] MalformedRow),
    #[error("the casebook of {0} changed too often while this was decided; try again")]
    Busy(String),
    #[error("the stored study version {0} does not compile any more")]
    Version(String),
    #[error("{0}")]
    Broke(String),
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;
