//! Workbooks of before 2007 (`.xls`, MS-XLS in MS-CFB), which are still what OpenClinica takes.
//!
//! The library reads such a workbook whole, and makes a full table of each sheet. What it would make is
//! counted first, record by record, so that a small file cannot claim much memory.

use std::io::{Cursor, Read as _};

use calamine::{Data, DataRef, Range, Reader as _, SheetType, SheetVisible, Xls, XlsError};

use super::{
    Sheet,
    cell::{address, text},
    fault, guarded,
};
use crate::FormatError;

/// The largest workbook of before 2007, in bytes.
pub const MAX_OLD_WORKBOOK_BYTES: usize = 8 << 20;
/// The most places of all its tables, blank ones included.
const MAX_PLACES: u64 = 4_000_000;
/// The most text of all its cells, in bytes.
const MAX_TEXT_BYTES: u64 = 64 << 20;
const MAX_SHEETS: usize = 256;

/// A sheet, and whether it is shown.
pub(super) struct OldSheet {
    pub is_shown: bool,
    pub sheet: Sheet,
}

/// Reads all sheets. Refuses what is over the limits, and what has a password.
pub(super) fn read(bytes: Vec<u8>, file: &str) -> Result<Vec<OldSheet>, FormatError> {
    if bytes.len() > MAX_OLD_WORKBOOK_BYTES {
        let what =
            format!("a workbook of before 2007 has more than {MAX_OLD_WORKBOOK_BYTES} bytes");
        return Err(fault(file, 0, what, "save it as .xlsx"));
    }
    guarded(file, || {
        check(&bytes)
            .map_err(|what| fault(file, 0, what, "save it as .xlsx without a password"))?;
        let mut book = Xls::new(Cursor::new(bytes)).map_err(|error| broken(file, &error))?;
        let is_1904 = book.has_1904_epoch();
        let mut sheets = Vec::new();
        for one in book.sheets_metadata().to_vec() {
            if one.typ != SheetType::WorkSheet {
                continue;
            }
            let range = book.worksheet_range(&one.name).map_err(|error| broken(file, &error))?;
            let is_shown = one.visible == SheetVisible::Visible;
            sheets.push(OldSheet { is_shown, sheet: table(&range, file, &one.name, is_1904)? });
        }
        Ok(sheets)
    })
}

fn broken(file: &str, error: &XlsError) -> FormatError {
    fault(file, 0, format!("the workbook is damaged: {error}"), "open it and save it as .xlsx")
}

fn table(range: &Range<Data>, file: &str, name: &str, is_1904: bool) -> Result<Sheet, FormatError> {
    let mut sheet = Sheet::named(name);
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let at = |number: usize, first: u32| {
            u32::try_from(number).unwrap_or(u32::MAX).saturating_add(first)
        };
        let (row, column) = (at(row, top), at(column, left));
        match text(&borrowed(value), None, is_1904) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => sheet.push(row, column, &text),
            Err(why) => {
                let what =
                    format!("sheet '{name}' has no value in {}: {why}", address(row, column));
                return Err(fault(file, row + 1, what, "correct the cell, or empty it"));
            }
        }
    }
    Ok(sheet)
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(is) => DataRef::Bool(*is),
        Data::DateTime(serial) => DataRef::DateTime(*serial),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// Counts what the library would hold. Says what is over the limits.
fn check(bytes: &[u8]) -> Result<(), String> {
    let damaged = || "the workbook is damaged".to_owned();
    let mut container = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|_| damaged())?;
    let stream = container
        .open_stream("/Workbook")
        .map_err(|_| "it is no workbook of Excel 97 to 2003, or has a password".to_owned())?;
    let mut book = Vec::new();
    let most = u64::try_from(MAX_OLD_WORKBOOK_BYTES).unwrap_or(u64::MAX);
    stream.take(most).read_to_end(&mut book).map_err(|_| damaged())?;
    let globals = Globals::read(&book).ok_or_else(damaged)?;
    if globals.sheets.len() > MAX_SHEETS {
        return Err(format!("the workbook has more than {MAX_SHEETS} sheets"));
    }
    let (mut places, mut text) = (0, 0);
    for start in &globals.sheets {
        let counted = Counted::read(book.get(*start..).ok_or_else(damaged)?, &globals.strings);
        let counted = counted.ok_or_else(damaged)?;
        places += counted.places();
        text += counted.text_bytes;
    }
    if places > MAX_PLACES || text > MAX_TEXT_BYTES {
        return Err(format!(
            "its sheets have more than {MAX_PLACES} places or {MAX_TEXT_BYTES} bytes of text"
        ));
    }
    Ok(())
}

/// One record: its kind, and its bytes.
type Record<'b> = (u16, &'b [u8]);

/// The records of a stream, to its end. `None` when one reaches over it.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = Option<Record<'_>>> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let [a, b, c, d] = *head;
        let length = usize::from(u16::from_le_bytes([c, d]));
        let Some((data, rest)) = rest.split_at_checked(length) else {
            bytes = &[];
            return Some(None);
        };
        bytes = rest;
        Some(Some((u16::from_le_bytes([a, b]), data)))
    })
}

fn number(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..at + 2).map(|two| u32::from(u16::from_le_bytes([two[0], two[1]])))
}

const END: u16 = 0x000A;
const SHEET: u16 = 0x0085;
const SHARED_STRINGS: u16 = 0x00FC;
const CONTINUED: u16 = 0x003C;
const DIMENSIONS: u16 = 0x0200;
const SHARED_STRING: u16 = 0x00FD;
/// Other cells: of a formula, of several numbers, with a text of their own, a number, a truth.
const CELLS: [u16; 7] = [0x0006, 0x00BD, 0x00D6, 0x0203, 0x0204, 0x0205, 0x027E];
const NUMBERS: u16 = 0x00BD;

/// What a workbook says before its sheets.
struct Globals {
    /// Where each sheet starts.
    sheets: Vec<usize>,
    /// The lengths of the texts that sheets share, in bytes as they will be held.
    strings: Vec<u64>,
}

impl Globals {
    fn read(book: &[u8]) -> Option<Self> {
        let mut globals = Self { sheets: Vec::new(), strings: Vec::new() };
        let mut shared: Vec<&[u8]> = Vec::new();
        let mut in_shared = false;
        for record in records(book) {
            let (kind, data) = record?;
            match kind {
                END => break,
                SHEET => {
                    let start = data.first_chunk::<4>().map(|four| u32::from_le_bytes(*four))?;
                    globals.sheets.push(usize::try_from(start).ok()?);
                }
                SHARED_STRINGS => shared = vec![data],
                CONTINUED if in_shared => shared.push(data),
                _ => {}
            }
            in_shared = kind == SHARED_STRINGS || (in_shared && kind == CONTINUED);
        }
        if !shared.is_empty() {
            globals.strings = lengths(&shared)?;
        }
        Some(globals)
    }
}

/// The lengths of shared texts. A text may go on in the next record, which then begins with its flags.
fn lengths(parts: &[&[u8]]) -> Option<Vec<u64>> {
    const WIDE: u8 = 1;
    const WITH_PHONETICS: u8 = 4;
    const WITH_RUNS: u8 = 8;
    /// The most bytes that a character becomes.
    const MOST_BYTES: u64 = 3;
    let mut at = Reading { parts, skip: 8 };
    let mut all = Vec::new();
    while at.has_more() {
        let characters = u64::from(at.two()?);
        let mut flags = at.one()?;
        let runs = if flags & WITH_RUNS != 0 { at.two()? } else { 0 };
        let phonetics = if flags & WITH_PHONETICS != 0 {
            u32::from(at.two()?) | (u32::from(at.two()?) << 16)
        } else {
            0
        };
        let mut left = usize::try_from(characters).ok()?;
        while left > 0 {
            if at.is_at_break() {
                flags = at.one()?;
            }
            let width = 1 + usize::from(flags & WIDE);
            let here = (at.left_here() / width).min(left);
            if here == 0 {
                return None;
            }
            at.pass(here * width);
            left -= here;
        }
        at.pass_over(usize::from(runs) * 4 + usize::try_from(phonetics).ok()?)?;
        all.push(characters * MOST_BYTES);
    }
    Some(all)
}

/// A place in the records of shared texts.
struct Reading<'b> {
    parts: &'b [&'b [u8]],
    /// Bytes of the first part that are behind.
    skip: usize,
}

impl Reading<'_> {
    fn left_here(&self) -> usize {
        self.parts.first().map_or(0, |part| part.len().saturating_sub(self.skip))
    }

    fn has_more(&mut self) -> bool {
        self.is_at_break();
        self.left_here() > 0
    }

    /// Goes on to the next part if this one is read; whether it did.
    fn is_at_break(&mut self) -> bool {
        let before = self.parts.len();
        while self.left_here() == 0 && self.parts.len() > 1 {
            self.parts = &self.parts[1..];
            self.skip = 0;
        }
        self.parts.len() < before
    }

    fn pass(&mut self, bytes: usize) {
        self.skip += bytes;
    }

    fn pass_over(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > 0 {
            self.is_at_break();
            let here = self.left_here().min(bytes);
            if here == 0 {
                return None;
            }
            self.pass(here);
            bytes -= here;
        }
        Some(())
    }

    fn one(&mut self) -> Option<u8> {
        self.is_at_break();
        let byte = *self.parts.first()?.get(self.skip)?;
        self.pass(1);
        Some(byte)
    }

    fn two(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.one()?, self.one()?]))
    }
}

/// What one sheet would take.
#[derive(Default)]
struct Counted {
    /// The first and last row and column with a cell.
    rows: Option<(u32, u32)>,
    columns: Option<(u32, u32)>,
    /// The places that the sheet itself says it has.
    said: u64,
    text_bytes: u64,
}

impl Counted {
    fn read(sheet: &[u8], strings: &[u64]) -> Option<Self> {
        let mut counted = Self::default();
        for record in records(sheet) {
            let (kind, data) = record?;
            match kind {
                END => break,
                DIMENSIONS => {
                    let four = |at: usize| {
                        let bytes = data.get(at..at + 4)?.first_chunk::<4>()?;
                        Some(u64::from(u32::from_le_bytes(*bytes)))
                    };
                    let rows = four(4)?.checked_sub(four(0)?)? + 1;
                    let columns = u64::from(number(data, 10)?.checked_sub(number(data, 8)?)?) + 1;
                    counted.said = counted.said.max(rows.checked_mul(columns)?);
                }
                SHARED_STRING => {
                    let string = data.get(6..10)?.first_chunk::<4>()?;
                    let string = usize::try_from(u32::from_le_bytes(*string)).ok()?;
                    counted.text_bytes += strings.get(string).copied().unwrap_or(0);
                    counted.cell(data, 1)?;
                }
                NUMBERS => counted.cell(data, u32::try_from(data.len() / 6).ok()?)?,
                _ if CELLS.contains(&kind) => counted.cell(data, 1)?,
                _ => {}
            }
        }
        Some(counted)
    }

    fn cell(&mut self, data: &[u8], width: u32) -> Option<()> {
        let (row, column) = (number(data, 0)?, number(data, 2)?);
        let wider = |one: Option<(u32, u32)>, from: u32, to: u32| {
            one.map_or((from, to), |(first, last)| (first.min(from), last.max(to)))
        };
        self.rows = Some(wider(self.rows, row, row));
        self.columns = Some(wider(self.columns, column, column + width));
        Some(())
    }

    fn places(&self) -> u64 {
        let count = |one: Option<(u32, u32)>| one.map_or(0, |(a, b)| u64::from(b - a) + 1);
        self.said.max(count(self.rows) * count(self.columns))
    }
}
