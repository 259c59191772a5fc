//! Writing what was collected in the formats that others read.
//!
//! The caller walks the records of a study and hands each to an [`Exporter`], which writes to the
//! files that a [`Sink`] makes, with flat memory. A new format is one file with an exporter and one
//! line in [`FORMATS`].

mod casebook;
mod manifest;
mod out;
mod spool;
mod study;

use std::io::{self, Read, Seek, Write};

use kernel::casebook::MalformedRecord;

pub(crate) use self::spool::{Spool, Spooled};
pub use self::{
    casebook::{CasebookOut, ChainOut, EntryOut, SignedOut, SignedPart, SiteOut, VersionOut},
    manifest::manifest,
    out::Out,
    study::{QueryOut, RecordOut, SignatureOut, StudyOut, SubjectOut, TrailKind, TrailOut},
};
use crate::{
    casebook_pdf::CasebookPdfExporter,
    csv_out::CsvExporter,
    dataset_json::Form,
    dataset_json_out::DatasetJsonTables,
    fhir::{FhirExporter, Frame},
    json_out::{JsonExporter, NdjsonExporter},
    odm::FileType,
    odm_out::OdmExporter,
    parquet_out::ParquetTables,
    redcap::RedcapExporter,
    scripts_out::ScriptedTables,
    table::TextEncoding,
    tabular::{TableWriter, TabularExporter},
    xpt_out::XptTables,
};

/// Where the files of an export go: a folder, an archive, the body of one answer.
pub trait Sink {
    /// Makes a file. Several may be open at once unless the exporter writes one stream.
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + Send>>;

    /// Makes a file that is gone when the export is over: for formats whose files begin with what is
    /// known only at the end.
    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>>;
}

/// What is written first and read again afterwards.
pub trait Scratch: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> Scratch for T {}

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

    /// Whether it takes what it writes from several forms, so that none may be left out.
    fn needs_whole_casebooks(&self) -> bool {
        false
    }

    /// Whether the mapping of the study version makes its datasets, so that there must be one.
    fn needs_tabulation(&self) -> bool {
        false
    }

    /// Whether it is handed [`Self::casebook`] for each subject, and neither `subject` nor `record`.
    fn takes_casebooks(&self) -> bool {
        false
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError>;

    /// Writes a whole casebook with its journal.
    fn casebook(
        &mut self,
        _study: &StudyOut<'_>,
        _casebook: &CasebookOut<'_>,
        _sink: &mut dyn Sink,
    ) -> Result<(), ExportError> {
        Ok(())
    }

    fn subject(&mut self, subject: &SubjectOut<'_>) -> Result<(), ExportError>;

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError>;

    /// Completes the files, makes those whose place is known only now, and says what was written.
    fn finish(self: Box<Self>, sink: &mut dyn Sink) -> Result<Vec<Written>, ExportError>;
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
    /// The encoding of texts, where the file does not say it itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Characters that the fonts of the format lack, each shown as a box.
    #[serde(skip_serializing_if = "is_none")]
    pub boxes: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// An export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("writing {file} failed")]
    Io { file: String, source: io::Error },
    #[error("the record of {place} cannot be read")]
    Record { place: String, source: Box<MalformedRecord> },
    /// The format cannot hold something, and would have to cut it.
    #[error("{what} does not fit the format; {advice}")]
    DoesNotFit { what: String, advice: String },
    /// The mapping of the study version cannot be used, or there is none.
    #[error("datasets for tabulation need the mapping of the study version: {0}")]
    Mapping(String),
    /// The document could not be put together.
    #[error("{file} cannot be made: {why}")]
    Document { file: String, why: String },
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// Starts text files with a byte order mark, for spreadsheet programs that need it.
    pub byte_order_mark: bool,
    /// Writes the history of each value where the format can hold it.
    pub trail: bool,
    /// The language of labels and decodes (BCP 47), where the study has it.
    pub language: String,
    /// The encoding of texts in SAS transport files, which do not say it themselves.
    pub encoding: TextEncoding,
    /// The authority whose limits a SAS transport file keeps.
    pub authority: Authority,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            byte_order_mark: false,
            trail: false,
            language: "en".to_owned(),
            encoding: TextEncoding::UTF_8,
            authority: Authority::default(),
        }
    }
}

/// An authority that takes datasets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Authority {
    /// Datasets are split above 5 GB (FDA Study Data Technical Conformance Guide §3.3.2).
    #[default]
    Fda,
    /// Datasets are split above 4 GB, and names are in lower case (NMPA 2020 no. 16).
    Nmpa,
}

impl Authority {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "fda" => Some(Self::Fda),
            "nmpa" => Some(Self::Nmpa),
            _ => None,
        }
    }
}

/// A format that can be written.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    pub name: &'static str,
    /// Of its only file; of a format with several files, that of each.
    pub media_type: &'static str,
    /// In one line, for help texts.
    pub summary: &'static str,
    /// Makes an exporter.
    pub make: fn(&ExportOptions) -> Box<dyn Exporter>,
}

/// All formats.
pub const FORMATS: &[Format] = &[
    Format {
        name: "csv",
        media_type: "text/csv; charset=utf-8",
        summary: "one table for each form and each repeating group",
        make: |options| Box::new(CsvExporter::new(options.clone())),
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
        name: "xpt",
        media_type: "application/x-sas-xport",
        summary: "SAS transport files of version 5, one dataset for each table",
        make: |options| {
            Box::new(TabularExporter::files(XptTables::new(options), &options.language))
        },
    },
    Format {
        name: "dataset-json",
        media_type: "application/json",
        summary: "CDISC Dataset-JSON 1.1, one dataset for each table",
        make: |options| dataset_json(Form::Json, options),
    },
    Format {
        name: "dataset-ndjson",
        media_type: "application/x-ndjson",
        summary: "CDISC Dataset-JSON 1.1 with a line for each row",
        make: |options| dataset_json(Form::Ndjson, options),
    },
    Format {
        name: "dsjc",
        media_type: "application/vnd.cdisc.dataset-json.compressed",
        summary: "CDISC Dataset-JSON 1.1, compressed",
        make: |options| dataset_json(Form::Dsjc, options),
    },
    Format {
        name: "parquet",
        media_type: "application/vnd.apache.parquet",
        summary: "Apache Parquet with typed columns, one file for each table",
        make: |options| {
            Box::new(TabularExporter::files(ParquetTables::default(), &options.language))
        },
    },
    Format {
        name: "csv-scripts",
        media_type: "text/csv; charset=utf-8",
        summary: "CSV with scripts that read it into SAS, SPSS, R and Stata with labels",
        make: |options| {
            Box::new(TabularExporter::files(ScriptedTables::new(options), &options.language))
        },
    },
    Format {
        name: "odm",
        media_type: "application/xml",
        summary: "ODM 1.3.2 snapshot: the definition, and what is there",
        make: |options| Box::new(OdmExporter::new(FileType::Snapshot, options.clone())),
    },
    Format {
        name: "odm-transactional",
        media_type: "application/xml",
        summary: "ODM 1.3.2 transactional: the definition, and every change with its audit record",
        make: |options| Box::new(OdmExporter::new(FileType::Transactional, options.clone())),
    },
    Format {
        name: "odm2",
        media_type: "application/xml",
        summary: "ODM 2.0 snapshot: the definition, and what is there",
        make: |options| Box::new(OdmExporter::v2(FileType::Snapshot, options.clone())),
    },
    Format {
        name: "odm2-transactional",
        media_type: "application/xml",
        summary: "ODM 2.0 transactional: the definition, and every change with its audit record",
        make: |options| Box::new(OdmExporter::v2(FileType::Transactional, options.clone())),
    },
    Format {
        name: "fhir",
        media_type: "application/fhir+json",
        summary: "FHIR R4: one Bundle of the study, its questionnaires, subjects and their records",
        make: |options| Box::new(FhirExporter::new(Frame::Bundle, options)),
    },
    Format {
        name: "fhir-ndjson",
        media_type: "application/fhir+ndjson",
        summary: "FHIR R4: the same with one resource on each line",
        make: |options| Box::new(FhirExporter::new(Frame::Lines, options)),
    },
    Format {
        name: "casebook-pdf",
        media_type: "application/pdf",
        summary: "the casebook of each subject as PDF/A with signatures, queries and audit trail",
        make: |options| Box::new(CasebookPdfExporter::new(options)),
    },
    Format {
        name: "redcap",
        media_type: "text/csv; charset=utf-8",
        summary: "REDCap: flat records, data dictionary, events",
        make: |_| Box::new(RedcapExporter::default()),
    },
];

/// SAS transport files of whatever tables there are.
pub fn xpt_tables(options: &ExportOptions) -> Box<dyn TableWriter> {
    Box::new(XptTables::new(options))
}

/// Dataset-JSON of whatever tables there are.
pub fn dataset_json_tables(options: &ExportOptions) -> Box<dyn TableWriter> {
    Box::new(DatasetJsonTables::new(Form::Json, &options.language))
}

/// CSV with scripts of whatever tables there are.
pub fn csv_tables(options: &ExportOptions) -> Box<dyn TableWriter> {
    Box::new(ScriptedTables::new(options))
}

fn dataset_json(form: Form, options: &ExportOptions) -> Box<dyn Exporter> {
    Box::new(TabularExporter::files(
        DatasetJsonTables::new(form, &options.language),
        &options.language,
    ))
}

/// The exporter of a format by its name; none for a name that is not in [`FORMATS`].
pub fn exporter(format: &str, options: &ExportOptions) -> Option<Box<dyn Exporter>> {
    FORMATS.iter().find(|known| known.name == format).map(|known| (known.make)(options))
}

#[cfg(test)]
pub(crate) mod tests;
