//! One sheet, held as text.

use std::io::{Read, Seek};

use calamine::XlsxCellReader;

use super::{
    MAX_SHEET_BYTES, MAX_SHEET_CELLS, broken,
    cell::{address, column_letters, text},
    fault,
};
use crate::{FormatError, table::MAX_FIELD_BYTES};

/// So many faulty cells are named in one message.
const MOST_NAMED: usize = 10;

/// The cells of a sheet that have a value, row by row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet {
    pub name: String,
    text: String,
    /// Of each cell its column, from 0, and where its text ends.
    cells: Vec<(u32, usize)>,
    /// Of each row with a value its number in the sheet, from 1, and where its cells end.
    rows: Vec<(u32, usize)>,
}

impl Sheet {
    /// Reads all cells. Refuses cells without a text, naming them; cells out of order; and more than the
    /// limits.
    pub fn read<RS: Read + Seek>(
        reader: &mut XlsxCellReader<'_, RS>,
        file: &str,
        name: &str,
        is_1904: bool,
    ) -> Result<Self, FormatError> {
        let mut sheet = Self::named(name);
        let mut faulty: Vec<(u32, String)> = Vec::new();
        let mut last = None;
        while let Some((cell, style)) =
            reader.next_cell_with_style_id().map_err(|error| broken(file, &error))?
        {
            let (row, column) = cell.get_position();
            let refuse = |what: String| {
                let what = format!("sheet '{name}', cell {}: {what}", address(row, column));
                Err(fault(file, row + 1, what, "split the sheet, or save it as .csv"))
            };
            if last.is_some_and(|last| last >= (row, column)) {
                return refuse("stands behind a later cell".to_owned());
            }
            last = Some((row, column));
            match text(cell.get_value(), reader.styles().get(style), is_1904) {
                Ok(text) if text.is_empty() => {}
                Ok(text) if text.len() > MAX_FIELD_BYTES => {
                    return refuse(format!("has more than {MAX_FIELD_BYTES} bytes"));
                }
                Ok(text) => sheet.push(row, column, &text),
                Err(why) => faulty.push((row, format!("{} ({why})", address(row, column)))),
            }
            if sheet.cells.len() > MAX_SHEET_CELLS || sheet.text.len() > MAX_SHEET_BYTES {
                return refuse(format!(
                    "the sheet has more than {MAX_SHEET_CELLS} cells or {MAX_SHEET_BYTES} bytes"
                ));
            }
        }
        faults(file, name, &faulty).map_or(Ok(sheet), Err)
    }

    /// A sheet without cells.
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Adds a cell, both from 0, behind all others.
    pub(super) fn push(&mut self, row: u32, column: u32, text: &str) {
        self.text.push_str(text);
        self.cells.push((column, self.text.len()));
        let end = self.cells.len();
        match self.rows.last_mut() {
            Some((number, cells)) if *number == row + 1 => *cells = end,
            _ => self.rows.push((row + 1, end)),
        }
    }

    /// A row by its place among those with a value: its number in the sheet, from 1, and its cells with
    /// their columns, from 0.
    pub fn row(&self, at: usize) -> Option<(u32, impl Iterator<Item = (u32, &str)>)> {
        let (number, end) = *self.rows.get(at)?;
        let start = at.checked_sub(1).map_or(0, |before| self.rows[before].1);
        let cells = (start..end).map(|cell| {
            let (column, end) = self.cells[cell];
            let start = cell.checked_sub(1).map_or(0, |before| self.cells[before].1);
            (column, &self.text[start..end])
        });
        Some((number, cells))
    }

    /// A fault in a cell; the row counts from 1, the column from 0.
    pub fn fault(
        &self,
        file: &str,
        (row, column): (u32, u32),
        what: &str,
        advice: &str,
    ) -> FormatError {
        let at = format!("{}{row}", column_letters(column));
        fault(file, row, format!("sheet '{}', cell {at}: {what}", self.name), advice)
    }
}

fn faults(file: &str, name: &str, faulty: &[(u32, String)]) -> Option<FormatError> {
    let (row, _) = faulty.first()?;
    let mut named: Vec<&str> =
        faulty.iter().take(MOST_NAMED).map(|(_, one)| one.as_str()).collect();
    let more = format!("{} more", faulty.len().saturating_sub(MOST_NAMED));
    if faulty.len() > MOST_NAMED {
        named.push(&more);
    }
    let what = format!("sheet '{name}' has no value in {}", named.join(", "));
    Some(fault(file, row + 1, what, "correct the cells, or empty them"))
}
