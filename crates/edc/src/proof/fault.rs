//! What is wrong, and where, in words for an auditor.

use std::fmt;

use journal::{Broken, LogName};
use store::View;

use super::{VerifyReport, words};

/// Where a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A log, at the first entry that is not what was written if one can be named.
    Log { log: LogName, sequence: Option<u64> },
    /// A row of a view of casebooks.
    Row { study: String, view: View, key: String },
    /// The checkpoint itself.
    Checkpoint,
}

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub place: Place,
    /// What is wrong there, as the rest of a sentence.
    pub what: String,
}

impl Fault {
    pub(super) fn in_log(log: &LogName, sequence: Option<u64>, what: impl Into<String>) -> Self {
        Self { place: Place::Log { log: log.clone(), sequence }, what: what.into() }
    }

    pub(super) fn in_row(study: &str, view: View, key: &str, what: impl Into<String>) -> Self {
        let (study, key) = (study.to_owned(), key.to_owned());
        Self { place: Place::Row { study, view, key }, what: what.into() }
    }

    pub(super) fn in_checkpoint(what: impl Into<String>) -> Self {
        Self { place: Place::Checkpoint, what: what.into() }
    }
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Self {
        Self::in_log(&broken.log, Some(broken.sequence), broken.why.to_string())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log { log, sequence: None } => write!(f, "log {log}"),
            Self::Log { log, sequence: Some(sequence) } => write!(f, "log {log}, entry {sequence}"),
            Self::Row { study, view, key } => {
                write!(f, "study {study}, {} {}", words::of_view(*view), words::of_key(key))
            }
            Self::Checkpoint => f.write_str("checkpoint"),
        }
    }
}

/// The first faults, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Faults {
    listed: Vec<Fault>,
    total: u64,
}

impl Faults {
    pub fn push(&mut self, fault: Fault) {
        self.total += 1;
        if !self.is_full() {
            self.listed.push(fault);
        }
    }

    pub fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }

    /// Counts a fault that is not listed any more.
    pub fn count(&mut self) {
        self.total += 1;
    }

    pub fn is_full(&self) -> bool {
        self.listed.len() >= VerifyReport::MAX_FAULTS
    }

    pub fn into_parts(self) -> (Vec<Fault>, u64) {
        (self.listed, self.total)
    }
}
