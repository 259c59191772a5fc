//! How the rows of a table become values of a casebook, as `docs/import-mapping.md` says.
//!
//! [`Mapping::parse`] reads a mapping file, [`check`] and [`check_columns`] name everything in it
//! that the study or the table does not have, before a row is read, and [`MappedRows`] then turns
//! rows into form records. Every row ends in exactly one [`Mapped`]: in a record or a subject, left
//! out for a stated reason, or refused for one.
//!
//! Memory: rows are held until their subject is complete ([`Hold::Subject`]), which needs a table
//! that keeps the rows of a subject together ([`subjects_together`] tells); or until the table ends
//! ([`Hold::File`]), in any order, up to a limit. A joined table is held whole, up to a limit.

mod check;
mod columns;
mod convert;
mod file;
mod gather;
mod join;
mod record;
mod resolve;
mod rows;
mod rule;
mod suggest;
mod toml_place;

use std::{io, sync::Arc};

use kernel::{
    MissingReason, SiteOid, SubjectKey,
    casebook::{ItemKey, RecordKey},
};

pub use self::{
    check::check,
    columns::check_columns,
    rows::{MappedRows, OpenJoin, subjects_together},
    suggest::suggest,
};
pub(crate) use self::{
    file::OneOrMore,
    toml_place::{TomlPlaces, fault_at},
};
use crate::{FormatError, table::TextEncoding};

/// A mapping file, checked in itself but not against a study or a table.
#[derive(Clone, Debug)]
pub struct Mapping {
    file: String,
    rules: rule::Rules,
}

impl Mapping {
    /// Reads the text of a mapping file. `file` is its name in messages; `beside` reads a file that
    /// lies beside it and that it names.
    pub fn parse(
        text: &str,
        file: &str,
        beside: &dyn Fn(&str) -> io::Result<String>,
    ) -> Result<Self, FormatError> {
        let rules = file::parse(text, file, beside)?;
        Ok(Self { file: file.to_owned(), rules })
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The OID of the study that the mapping is for.
    pub fn study(&self) -> &str {
        &self.rules.study
    }

    /// What a row makes.
    pub fn creates(&self) -> Creates {
        self.rules.creates
    }

    /// The encoding of the table, if the mapping names it.
    pub fn encoding(&self) -> Option<TextEncoding> {
        self.rules.encoding
    }

    /// The sheet of a workbook, if the mapping names it.
    pub fn sheet(&self) -> Option<&str> {
        self.rules.sheet.as_deref()
    }

    /// The files, beside the source, whose columns are joined.
    pub fn join_files(&self) -> Vec<&str> {
        self.rules.joins.iter().map(|join| join.file.as_str()).collect()
    }
}

/// What the rows of a table make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Creates {
    /// Form records of subjects that exist.
    #[default]
    Records,
    /// Subjects, with dated milestones.
    Subjects,
    /// Dated milestones of subjects that exist.
    Milestones,
}

/// How long rows are held before their records are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Until another subject's row comes. A subject whose rows are not together is refused.
    Subject,
    /// Until the table ends.
    File,
}

/// Where a row stands in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowPlace {
    /// Among the rows of data, from 1.
    pub number: u64,
    /// 0 for a table without lines.
    pub line: u32,
}

/// What became of one row, or of the rows of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// All accepted rows of one form record.
    Record(MappedRecord),
    /// A subject to make, or milestones of one that exists.
    Subject(MappedSubject),
    /// A rule of the mapping leaves the row out.
    Skipped { row: RowPlace, reason: String },
    /// The row contradicts the mapping, the study, or another row; nothing of it is used.
    Refused { row: RowPlace, reason: String },
}

/// One form record, to be saved at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedRecord {
    pub subject: SubjectKey,
    pub record: RecordKey,
    /// Each item at most once, in the order of the rows. Blank cells set nothing and are not here.
    pub cells: Vec<MappedCell>,
    /// The rows that make up the record.
    pub rows: Vec<RowPlace>,
}

/// One value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedCell {
    /// The number of the row.
    pub row: u64,
    /// The column; empty for a value that the mapping states.
    pub column: Arc<str>,
    pub key: ItemKey,
    pub given: Given,
}

/// What a cell gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Text as collected, after the conversion that the mapping asks for. It is not yet checked
    /// against the item's type and code list.
    Text(String),
    Missing(MissingReason),
}

/// A subject and dated facts about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedSubject {
    pub subject: SubjectKey,
    /// Only when the mapping creates subjects.
    pub site: Option<SiteOid>,
    pub milestones: Vec<MappedMilestone>,
    pub row: RowPlace,
}

/// `name` is one of [`MILESTONES`]; `date` is ISO 8601, perhaps partial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedMilestone {
    pub name: Arc<str>,
    pub date: String,
}

/// The dated facts that a mapping may note.
pub const MILESTONES: [&str; 5] =
    ["CONSENTED", "RANDOMISED", "SCREEN_FAILED", "COMPLETED", "DISCONTINUED"];

#[cfg(test)]
mod tests;
