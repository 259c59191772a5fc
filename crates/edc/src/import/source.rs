//! Where rows come from, in the one form in which they are applied.

use std::{
    fs::File,
    io::{self, BufReader, Read as _},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use formats::{
    FormatError,
    mapping::{self, Hold, Mapped, MappedRows, Mapping},
    table::{self, Table, TableFormat, TableOptions, TextEncoding},
};
use journal::Hash;
use kernel::{
    MissingReason, SiteOid, SubjectKey, UnitOid,
    casebook::{ItemKey, RecordKey, RowKey},
    study::Design,
};

use super::ImportFailure;

/// Where a row stands in its file: its number, and its line where the file has lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub row: u64,
    pub line: u32,
}

/// What a cell says of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Given {
    Text(String),
    Missing(MissingReason),
    /// The item becomes blank.
    Clear,
}

/// What must be there before a cell is applied (ODM TransactionType).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expect {
    #[default]
    Anything,
    /// It is inserted: the item is blank.
    Blank,
    /// It is updated or removed: the item has a value.
    Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub row: u64,
    /// The name of the column, for messages.
    pub column: Arc<str>,
    pub item: ItemKey,
    pub given: Given,
    pub unit: Option<UnitOid>,
    pub expect: Expect,
}

/// The rows of a file that make up one form record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordUnit {
    pub subject: SubjectKey,
    pub record: RecordKey,
    pub cells: Vec<Cell>,
    pub rows: Vec<Place>,
    /// The record, or some rows of it, are to be removed.
    pub remove: Vec<Option<RowKey>>,
    /// Whether the record is complete, where the source says so; else as the options say.
    pub complete: Option<bool>,
}

/// A subject to be screened, or dated facts about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectUnit {
    pub subject: SubjectKey,
    pub site: Option<SiteOid>,
    /// Name and ISO date of each milestone.
    pub milestones: Vec<(String, String)>,
    pub row: Place,
    pub creates: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    Record(RecordUnit),
    Subject(SubjectUnit),
    Skipped { row: Place, reason: String },
    Refused { row: Place, reason: String },
}

/// Takes units in the order of the file, those of one subject together, until it says stop.
pub type Take<'a> = dyn FnMut(Unit) -> ControlFlow<()> + 'a;

pub(super) type Read = dyn Fn(&mut Take<'_>) -> Result<(), ImportFailure> + Send + Sync;

/// A file that can be read as often as needed.
pub struct Source {
    /// SHA-256 of file and mapping: what request ids are made from.
    pub digest: String,
    pub(super) read: Arc<Read>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// A table with its mapping. Refuses before the first row what the study or the file does not have.
pub fn table_source(
    file: &Path,
    mapping_file: &Path,
    design: Design,
) -> Result<Source, ImportFailure> {
    let text = std::fs::read_to_string(mapping_file)
        .map_err(|error| stopped("cannot read", mapping_file, &error))?;
    let folder = mapping_file.parent().unwrap_or(Path::new(".")).to_owned();
    let beside = |name: &str| std::fs::read_to_string(folder.join(name));
    let mapping = Mapping::parse(&text, &mapping_file.display().to_string(), &beside)?;
    let table = open_table(file, &mapping)?;
    let mut findings = mapping::check(&mapping, &design);
    findings.extend(mapping::check_columns(&mapping, table.columns()));
    findings.retain(|finding| finding.severity == formats::Severity::Error);
    if !findings.is_empty() {
        return Err(ImportFailure::Unfit(findings));
    }
    let together = mapping::subjects_together(&mapping, &mut *open_table(file, &mapping)?)?;
    let digest = digest(file, text.as_bytes())?;
    let file = file.to_owned();
    let read = move |take: &mut Take<'_>| -> Result<(), ImportFailure> {
        let hold = if together { Hold::Subject } else { Hold::File };
        let beside_source = file.parent().unwrap_or(Path::new(".")).to_owned();
        let mut join = |name: &str, sheet: Option<&str>| {
            open_plain(&beside_source.join(name), mapping.encoding(), sheet)
        };
        let table = open_table(&file, &mapping)?;
        let mut rows = MappedRows::open(&mapping, &design, table, &mut join, hold)?;
        let creates = mapping.creates() == mapping::Creates::Subjects;
        while let Some(mapped) = rows.next()? {
            if take(unit(mapped, creates)).is_break() {
                break;
            }
        }
        Ok(())
    };
    Ok(Source { digest, read: Arc::new(read) })
}

/// A mapping suggested for a table, as the text of a file. `sheet` names that of a workbook.
pub fn suggested_mapping(
    file: &Path,
    sheet: Option<&str>,
    design: &Design,
) -> Result<String, ImportFailure> {
    let mut table = open_plain(file, None, sheet)?;
    Ok(mapping::suggest(&mut *table, sheet, design)?)
}

fn unit(mapped: Mapped, creates: bool) -> Unit {
    let place = |row: mapping::RowPlace| Place { row: row.number, line: row.line };
    match mapped {
        Mapped::Record(record) => Unit::Record(RecordUnit {
            subject: record.subject,
            record: record.record,
            rows: record.rows.into_iter().map(place).collect(),
            cells: record.cells.into_iter().map(cell).collect(),
            remove: Vec::new(),
            complete: None,
        }),
        Mapped::Subject(subject) => {
            let milestones = subject.milestones.into_iter();
            Unit::Subject(SubjectUnit {
                subject: subject.subject,
                site: subject.site,
                milestones: milestones.map(|one| (one.name.to_string(), one.date)).collect(),
                row: place(subject.row),
                creates,
            })
        }
        Mapped::Skipped { row, reason } => Unit::Skipped { row: place(row), reason },
        Mapped::Refused { row, reason } => Unit::Refused { row: place(row), reason },
    }
}

fn cell(cell: mapping::MappedCell) -> Cell {
    Cell {
        row: cell.row,
        column: cell.column,
        item: cell.key,
        given: match cell.given {
            mapping::Given::Text(text) => Given::Text(text),
            mapping::Given::Missing(reason) => Given::Missing(reason),
        },
        unit: None,
        expect: Expect::Anything,
    }
}

fn open_table(file: &Path, mapping: &Mapping) -> Result<Box<dyn Table + Send>, ImportFailure> {
    Ok(open_plain(file, mapping.encoding(), mapping.sheet())?)
}

fn open_plain(
    file: &Path,
    encoding: Option<TextEncoding>,
    sheet: Option<&str>,
) -> Result<Box<dyn Table + Send>, FormatError> {
    let name = file.display().to_string();
    let broken = |what: String, advice: &str| FormatError {
        file: name.clone(),
        line: 0,
        column: 0,
        what,
        advice: advice.to_owned(),
    };
    let format = TableFormat::of_file(&name).ok_or_else(|| {
        broken(
            "the kind of table is not known".to_owned(),
            "give a .csv, .tsv, .xpt, .xlsx, .json, .ndjson or .dsjc",
        )
    })?;
    let opened = File::open(file)
        .map_err(|error| broken(error.to_string(), "check that the file is there"))?;
    table::open(format, BufReader::new(opened), &name, TableOptions { encoding, sheet })
}

/// SHA-256 over file and mapping, read in pieces.
pub(super) fn digest(file: &Path, mapping: &[u8]) -> Result<String, ImportFailure> {
    let mut reader = File::open(file).map_err(|error| stopped("cannot read", file, &error))?;
    let mut state = Hash::of(mapping);
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = reader.read(&mut piece).map_err(|error| stopped("cannot read", file, &error))?;
        if read == 0 {
            return Ok(state.to_string());
        }
        let mut joined = state.0.to_vec();
        joined.extend_from_slice(&piece[..read]);
        state = Hash::of(&joined);
    }
}

pub(super) fn stopped(what: &str, file: &Path, error: &io::Error) -> ImportFailure {
    let file: PathBuf = file.to_owned();
    ImportFailure::Stopped(format!("{what} {}: {error}", file.display()))
}
