//! Tables that data come in: delimited text, SAS transport files and Dataset-JSON, read row by row with flat
//! memory, and sheets of Excel workbooks, which are held.
//!
//! Every cell is text here. What it means is said by a [`mapping`](crate::mapping).

mod csv;
mod dataset_json;
mod encoding;
mod text;
mod workbook;
mod xpt;

use std::{collections::HashSet, io::Read};

pub use self::{
    csv::CsvTable, dataset_json::DatasetJsonTable, encoding::TextEncoding, workbook::WorkbookTable,
    xpt::XptTable,
};
use crate::FormatError;

/// The most columns that a table may have.
pub const MAX_COLUMNS: usize = 20_000;

/// The longest text of one cell, in bytes.
pub const MAX_FIELD_BYTES: usize = 4 << 20;

/// The longest row of delimited text, in bytes.
pub const MAX_ROW_BYTES: usize = 16 << 20;

/// One row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Among the rows of data, from 1.
    pub number: u64,
    /// The line of the file on which the row starts, or its row in a sheet; 0 for a file that has neither.
    pub line: u32,
    /// As many as the table has columns.
    pub cells: Vec<String>,
}

/// A source of rows.
pub trait Table {
    /// The name of the source in messages.
    fn file(&self) -> &str;

    fn columns(&self) -> &[String];

    /// The next row; none at the end.
    fn next_row(&mut self) -> Result<Option<Row>, FormatError>;
}

/// What kind of table a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Text with this ASCII character between the fields.
    Delimited(u8),
    /// A SAS transport file of version 5.
    Xpt,
    /// CDISC Dataset-JSON 1.1 in any of its forms.
    DatasetJson,
    /// A workbook of Excel 2007 or later.
    Workbook,
}

/// How a table is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableOptions<'o> {
    /// Of the file; the usual one of its format when absent.
    pub encoding: Option<TextEncoding>,
    /// The sheet of a workbook; the only one when absent.
    pub sheet: Option<&'o str>,
}

impl TableFormat {
    /// By the end of the file's name: `.csv` and `.txt` (comma), `.tsv` (tab), `.xpt`,
    /// `.json`, `.ndjson`, `.dsjc` and `.xlsx`.
    pub fn of_file(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "csv" | "txt" => Some(Self::Delimited(b',')),
            "tsv" => Some(Self::Delimited(b'\t')),
            "xpt" => Some(Self::Xpt),
            "json" | "ndjson" | "dsjc" => Some(Self::DatasetJson),
            "xlsx" => Some(Self::Workbook),
            _ => None,
        }
    }

    /// The encoding that such files have when nobody says: UTF-8 for text, windows-1252 for SAS.
    pub fn usual_encoding(self) -> TextEncoding {
        match self {
            Self::Delimited(_) | Self::DatasetJson | Self::Workbook => TextEncoding::UTF_8,
            Self::Xpt => TextEncoding::WINDOWS_1252,
        }
    }
}

/// Opens a table of the given format; `file` is its name in messages. Refuses to look for a sheet in a file
/// that is no workbook.
pub fn open<R: Read + Send + 'static>(
    format: TableFormat,
    input: R,
    file: &str,
    options: TableOptions<'_>,
) -> Result<Box<dyn Table + Send>, FormatError> {
    let encoding = options.encoding.unwrap_or_else(|| format.usual_encoding());
    if let Some(sheet) = options.sheet.filter(|_| format != TableFormat::Workbook) {
        return Err(FormatError {
            file: file.to_owned(),
            line: 0,
            column: 0,
            what: format!("sheet '{sheet}' is asked for, and the file is no workbook"),
            advice: "name no sheet, or give a .xlsx".to_owned(),
        });
    }
    Ok(match format {
        TableFormat::Delimited(delimiter) => {
            Box::new(CsvTable::open(input, file, encoding, delimiter)?)
        }
        TableFormat::DatasetJson => Box::new(DatasetJsonTable::open(input, file)?),
        TableFormat::Xpt => Box::new(XptTable::open(input, file, encoding)?),
        TableFormat::Workbook => Box::new(WorkbookTable::open(input, file, options.sheet)?),
    })
}

/// Refuses a header in which a column cannot be told by its name.
fn check_columns(
    columns: &[String],
    fault: impl Fn(&str, &str) -> FormatError,
) -> Result<(), FormatError> {
    let mut seen = HashSet::with_capacity(columns.len());
    match columns.iter().find(|column| !seen.insert(column.as_str())) {
        None => Ok(()),
        Some(column) => {
            let what = format!("two columns are called '{column}'");
            Err(fault(&what, "give each column its own name"))
        }
    }
}
