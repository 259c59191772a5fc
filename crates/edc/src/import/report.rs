use std::fmt;

use super::Place;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is in a record that did not exist before.
    Accepted,
    /// It changed a record that was there.
    Changed,
    /// Everything in it was there already.
    Unchanged,
    /// The mapping leaves it out.
    Skipped,
    /// It cannot be loaded.
    Rejected,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::Rejected => "rejected",
        })
    }
}

/// One row of the file in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowReport {
    pub place: Place,
    pub outcome: Outcome,
    /// Why it was skipped or rejected; of a row that was loaded what is to be known of it, such as why no
    /// reference range was found; mostly empty.
    pub reason: String,
    /// The same in Chinese, of a row that was loaded.
    pub reason_zh: Option<String>,
}

impl RowReport {
    pub fn new(place: Place, outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { place, outcome, reason: reason.into(), reason_zh: None }
    }
}

/// How many rows became what. They add up to the rows of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub accepted: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub skipped: u64,
    pub rejected: u64,
}

impl Counts {
    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Changed => self.changed += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Rejected => self.rejected += 1,
        }
    }

    pub fn rows(&self) -> u64 {
        self.accepted + self.changed + self.unchanged + self.skipped + self.rejected
    }
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    pub counts: Counts,
    /// Form records that were saved, or subjects that were made or moved.
    pub records: u64,
    /// Values that were recorded or corrected.
    pub values: u64,
    pub queries_opened: u64,
    pub queries_closed: u64,
    /// Where the file breaks off, if it does.
    pub broken: Option<String>,
    /// Whether anything was written.
    pub applied: bool,
}
