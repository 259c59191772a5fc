//! A sheet of a workbook as a table.

use std::io::Read;

use super::{MAX_COLUMNS, Row, Table};
use crate::{
    FormatError,
    workbook::{Sheet, Workbook},
};

/// The rows of one sheet. The first row with a value is the header; a row without one is no row.
#[derive(Debug)]
pub struct WorkbookTable {
    file: String,
    sheet: Sheet,
    columns: Vec<String>,
    /// Where the columns stand in the sheet, from 0.
    places: Vec<u32>,
    /// How many rows were read, with the header.
    read: usize,
}

impl WorkbookTable {
    /// Opens the sheet of this name, or the only one. `file` is the name of the workbook in messages.
    pub fn open(input: impl Read, file: &str, sheet: Option<&str>) -> Result<Self, FormatError> {
        let sheet = Workbook::open(input, file)?.sheet_or_only(sheet)?;
        let Some((row, header)) = sheet.row(0) else {
            let what = "the sheet is empty";
            return Err(sheet.fault(file, (1, 0), what, "give a sheet with a header row"));
        };
        let (places, columns): (Vec<u32>, Vec<String>) =
            header.map(|(place, name)| (place, name.to_owned())).unzip();
        super::check_columns(&columns, |what, advice| {
            sheet.fault(file, (row, places.first().copied().unwrap_or_default()), what, advice)
        })?;
        if columns.len() > MAX_COLUMNS {
            let what = format!("there are more than {MAX_COLUMNS} columns");
            return Err(sheet.fault(file, (row, 0), &what, "check the header row"));
        }
        Ok(Self { file: file.to_owned(), columns, places, sheet, read: 1 })
    }
}

impl Table for WorkbookTable {
    fn file(&self) -> &str {
        &self.file
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next_row(&mut self) -> Result<Option<Row>, FormatError> {
        let Some((line, found)) = self.sheet.row(self.read) else { return Ok(None) };
        let mut cells = vec![String::new(); self.columns.len()];
        for (place, text) in found {
            let Ok(at) = self.places.binary_search(&place) else {
                let advice = "name the column in the header row, or empty the cell";
                return Err(self.sheet.fault(&self.file, (line, place), "has no column", advice));
            };
            text.clone_into(&mut cells[at]);
        }
        let number = self.read as u64;
        self.read += 1;
        Ok(Some(Row { number, line, cells }))
    }
}
