//! Writing what was collected in the formats that others read.
//!
//! The caller walks the records of a study and hands each to an [`Exporter`], which writes to the
//! files that a [`Sink`] makes, with flat memory. A new format is one file with an exporter and one
//! line in [`FORMATS`].

mod manifest;
mod out;
mod study;

use std::io::{self, Write};

use kernel::casebook::MalformedRecord;

pub(crate) use self::out::Out;
pub use self::{
    manifest::manifest,
    study::{QueryOut, RecordOut, SignatureOut, StudyOut, SubjectOut, TrailKind, TrailOut},
};
use crate::{
    csv_out::CsvExporter,
    json_out::{JsonExporter, NdjsonExporter},
    odm::FileType,
    odm_out::OdmExporter,
    redcap::RedcapExporter,
};

/// Where the files of an export go: a folder, an archive, the body of one answer.
pub trait Sink {
    /// Makes a file. Several may be open at once unless the exporter writes one stream.
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + Send>>;
}

/// Writes one export. The order of calls is `begin`, then for each subject `subject` and its
/// `record`s together and in the order of their keys, then `finish`.
pub trait Exporter: Send {
    /// Whether each record must come with its changes.
    fn needs_trail(&self) -> bool {
        false
    }

    /// Whether the study must come with its users and the meanings of signatures.
    fn needs_people(&self) -> bool {
        false
    }

    /// Whether there is exactly one file, so that it can be the body of one answer.
    fn one_stream(&self) -> bool;

    /// Whether subjects may come several times, each time with some of their records.
    fn any_order(&self) -> bool {
        false
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError>;

    fn subject(&mut self, subject: &SubjectOut<'_>) -> Result<(), ExportError>;

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError>;

    /// Completes the files and says what was written.
    fn finish(self: Box<Self>) -> Result<Vec<Written>, ExportError>;
}

/// One file of an export.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    pub name: String,
    /// Rows of data, or records.
    pub rows: u64,
    /// Values and reasons for missing.
    pub values: u64,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}

/// An export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("writing {file} failed")]
    Io { file: String, source: io::Error },
    #[error("the record of {place} cannot be read")]
    Record { place: String, source: Box<MalformedRecord> },
    #[error("an export must be begun before it goes on")]
    NotBegun,
}

impl ExportError {
    pub(crate) fn unreadable(record: &RecordOut<'_>, source: MalformedRecord) -> Self {
        let (subject, event, form) = (record.subject.key, record.event, record.form);
        let place = format!("subject {subject}, event {event}, form {form}");
        Self::Record { place, source: Box::new(source) }
    }
}

/// What a caller can choose, beside the format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// Starts text files with a byte order mark, for spreadsheet programs that need it.
    pub byte_order_mark: bool,
    /// Writes the history of each value where the format can hold it.
    pub trail: bool,
}

/// A format that can be written.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    pub name: &'static str,
    /// Of its only file; of a format with several files, that of each.
    pub media_type: &'static str,
    /// In one line, for help texts.
    pub summary: &'static str,
    make: fn(&ExportOptions) -> Box<dyn Exporter>,
}

/// All formats.
pub const FORMATS: &[Format] = &[
    Format {
        name: "csv",
        media_type: "text/csv; charset=utf-8",
        summary: "one table for each form and each repeating group",
        make: |options| Box::new(CsvExporter::new(*options)),
    },
    Format {
        name: "json",
        media_type: "application/json",
        summary: "one document: subjects, their events, forms and rows",
        make: |_| Box::new(JsonExporter::default()),
    },
    Format {
        name: "ndjson",
        media_type: "application/x-ndjson",
        summary: "one line for each form record",
        make: |_| Box::new(NdjsonExporter::default()),
    },
    Format {
        name: "odm",
        media_type: "application/xml",
        summary: "ODM 1.3.2 snapshot: the definition, and what is there",
        make: |options| Box::new(OdmExporter::new(FileType::Snapshot, *options)),
    },
    Format {
        name: "odm-transactional",
        media_type: "application/xml",
        summary: "ODM 1.3.2 transactional: the definition, and every change with its audit record",
        make: |options| Box::new(OdmExporter::new(FileType::Transactional, *options)),
    },
    Format {
        name: "redcap",
        media_type: "text/csv; charset=utf-8",
        summary: "REDCap: flat records, data dictionary, events",
        make: |_| Box::new(RedcapExporter::default()),
    },
];

/// The exporter of a format by its name; none for a name that is not in [`FORMATS`].
pub fn exporter(format: &str, options: &ExportOptions) -> Option<Box<dyn Exporter>> {
    FORMATS.iter().find(|known| known.name == format).map(|known| (known.make)(options))
}

#[cfg(test)]
pub(crate) mod tests;
