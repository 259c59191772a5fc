//! Tables of reference ranges, as `docs/laboratory.md` describes them: a row for each range, read whole,
//! with every fault at once.

mod row;

use kernel::laboratory::{ReferenceRange, clashes};

use crate::{FormatError, table::Table};

/// Ranges of one file, at most.
pub const MOST_RANGES: usize = 50_000;
/// Faults that are named, at most.
pub const MOST_FAULTS: usize = 200;

/// The columns of a table of ranges; each goes by any of its names, in upper or lower case.
const COLUMNS: [(Column, &[&str]); 13] = [
    (Column::Laboratory, &["LABORATORY", "LBNAM"]),
    (Column::Site, &["SITE", "SITEID"]),
    (Column::Test, &["TEST", "LBTESTCD"]),
    (Column::Unit, &["UNIT", "LBORRESU"]),
    (Column::Sex, &["SEX"]),
    (Column::AgeFrom, &["AGE_FROM"]),
    (Column::AgeTo, &["AGE_TO"]),
    (Column::AgeUnit, &["AGE_UNIT", "AGEU"]),
    (Column::Low, &["LOW", "LBORNRLO"]),
    (Column::High, &["HIGH", "LBORNRHI"]),
    (Column::Texts, &["TEXTS", "LBSTNRC"]),
    (Column::ValidFrom, &["VALID_FROM"]),
    (Column::ValidTo, &["VALID_TO"]),
];

/// A column of a table of ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    Laboratory,
    Site,
    Test,
    Unit,
    Sex,
    AgeFrom,
    AgeTo,
    AgeUnit,
    Low,
    High,
    Texts,
    ValidFrom,
    ValidTo,
}

impl Column {
    /// The name by which it is told.
    pub fn name(self) -> &'static str {
        COLUMNS.iter().find(|(column, _)| *column == self).map_or("", |(_, names)| names[0])
    }

    fn of(name: &str) -> Option<Self> {
        let is = |known: &str| known.eq_ignore_ascii_case(name.trim());
        COLUMNS.iter().find(|(_, names)| names.iter().any(|one| is(one))).map(|(column, _)| *column)
    }
}

/// One thing that is wrong with a table of ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeFault {
    /// From 1; the line on which the row begins, its row in a sheet, or its number.
    pub line: u32,
    pub column: Option<Column>,
    pub what: String,
}

/// What was read of a table of ranges: each with its line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangesRead {
    pub lines: Vec<u32>,
    pub ranges: Vec<ReferenceRange>,
    pub faults: Vec<RangeFault>,
}

/// Reads a table of ranges. What is wrong with a row is among the faults, and so are two ranges that fit
/// the same result. Refuses a file that is no table, and one with a column that is not known, is there
/// twice, or is lacking.
pub fn read_ranges(table: &mut dyn Table) -> Result<RangesRead, FormatError> {
    let columns = columns(table)?;
    let mut read = RangesRead::default();
    while let Some(row) = table.next_row()? {
        let number = u32::try_from(row.number).unwrap_or(u32::MAX);
        let line = if row.line == 0 { number } else { row.line };
        if read.ranges.len() >= MOST_RANGES {
            return Err(fault(
                table,
                line,
                &format!("there are more than {MOST_RANGES} ranges"),
                "import them laboratory by laboratory",
            ));
        }
        let mut faults = Vec::new();
        let range = row::range(&columns, &row.cells, &mut |column, what| {
            faults.push(RangeFault { line, column, what });
        });
        if faults.is_empty() {
            read.lines.push(line);
            read.ranges.push(range);
        }
        read.faults.extend(faults);
    }
    for (earlier, later) in clashes(&read.ranges, MOST_FAULTS) {
        let first = read.lines[earlier];
        let what = format!("{} fits what the range of line {first} fits", read.ranges[later]);
        read.faults.push(RangeFault { line: read.lines[later], column: None, what });
    }
    read.faults.sort_by_key(|fault| (fault.line, fault.column));
    Ok(read)
}

fn columns(table: &dyn Table) -> Result<Vec<Column>, FormatError> {
    let mut columns = Vec::with_capacity(table.columns().len());
    for name in table.columns() {
        let known = || COLUMNS.map(|(column, _)| column.name()).join(", ");
        let Some(column) = Column::of(name) else {
            let what = format!("there is no column '{name}' in a table of ranges");
            return Err(fault(table, 1, &what, &format!("name the columns {}", known())));
        };
        if columns.contains(&column) {
            let what = format!("column '{name}' is {} a second time", column.name());
            return Err(fault(table, 1, &what, "leave one of them out"));
        }
        columns.push(column);
    }
    if columns.contains(&Column::Test) {
        return Ok(columns);
    }
    Err(fault(table, 1, "there is no column TEST", "name the test of each range by its code"))
}

fn fault(table: &dyn Table, line: u32, what: &str, advice: &str) -> FormatError {
    let (file, what, advice) = (table.file().to_owned(), what.to_owned(), advice.to_owned());
    FormatError { file, line, column: 0, what, advice }
}
