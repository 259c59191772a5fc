//! Excel workbooks (`.xlsx`, ECMA-376; `.xls` of before 2007): their sheets as rows of text. Formulas count with the values that
//! are stored for them; nothing is computed.
//!
//! What is inside is unpacked once against limits before anything is parsed, so that a small file cannot
//! claim much memory. A sheet is held as text, up to [`MAX_SHEET_CELLS`] and [`MAX_SHEET_BYTES`].

mod cell;
mod old;
mod serial;
mod sheet;

use std::{
    io::{self, Cursor, Read},
    panic::{self, AssertUnwindSafe},
};

use calamine::{Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use zip::ZipArchive;

use self::old::OldSheet;
pub(crate) use self::{cell::column_letters, sheet::Sheet};
use crate::FormatError;

/// The largest workbook, in bytes as it is stored.
pub const MAX_WORKBOOK_BYTES: u64 = 64 << 20;
/// The most that all parts of a workbook unpack to, in bytes.
pub const MAX_UNPACKED_BYTES: u64 = 512 << 20;
/// The most that the parts beside the sheets unpack to, in bytes: they are held in memory.
const MAX_HELD_BYTES: u64 = 128 << 20;
/// The most parts of a workbook.
const MAX_PARTS: usize = 10_000;
/// The most cells with a value in a sheet that is read.
pub const MAX_SHEET_CELLS: usize = 8_000_000;
/// The most text in a sheet that is read, in bytes.
pub const MAX_SHEET_BYTES: usize = 256 << 20;

/// Where the sheets stand among the parts.
const SHEETS: &str = "xl/worksheets/";
/// How an OLE container begins: a workbook of before 2007, or one of after with a password.
const OLE: &[u8] = b"\xd0\xcf\x11\xe0";

/// An opened workbook.
pub(crate) struct Workbook {
    file: String,
    book: Book,
}

enum Book {
    New(Box<Xlsx<Cursor<Vec<u8>>>>),
    Old(Vec<OldSheet>),
}

impl Workbook {
    /// Reads a workbook whole. `file` is its name in messages. Refuses what is larger than the limits, and
    /// what is no workbook of Excel 2007 or later.
    pub fn open(input: impl Read, file: &str) -> Result<Self, FormatError> {
        let bytes = whole(input, file)?;
        check_sizes(&bytes, file)?;
        let read = || Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(file, &error));
        Ok(Self { file: file.to_owned(), book: Book::New(Box::new(guarded(file, read)?)) })
    }

    /// The same, and takes workbooks of before 2007, of which the dates say no format.
    pub fn open_old_or_new(input: impl Read, file: &str) -> Result<Self, FormatError> {
        let bytes = whole(input, file)?;
        if !bytes.starts_with(OLE) {
            return Self::open(bytes.as_slice(), file);
        }
        Ok(Self { file: file.to_owned(), book: Book::Old(old::read(bytes, file)?) })
    }

    /// The names of the sheets that hold cells and are not hidden, in their order.
    pub fn sheet_names(&self) -> Vec<String> {
        match &self.book {
            Book::New(book) => {
                let shown = book.sheets_metadata().iter().filter(|sheet| {
                    sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
                });
                shown.map(|sheet| sheet.name.clone()).collect()
            }
            Book::Old(sheets) => {
                let shown = sheets.iter().filter(|one| one.is_shown);
                shown.map(|one| one.sheet.name.clone()).collect()
            }
        }
    }

    /// The rows of the sheet of this name, hidden or not. Refuses cells that hold an error, with their
    /// addresses.
    pub fn sheet(&mut self, name: &str) -> Result<Sheet, FormatError> {
        let named = self.named();
        let file = &self.file;
        let unknown = || {
            let what = format!("there is no sheet '{name}'; there are {named}");
            fault(file, 0, what, "name one of its sheets")
        };
        match &mut self.book {
            Book::Old(sheets) => {
                let found = sheets.iter().find(|one| one.sheet.name == name);
                found.map(|one| one.sheet.clone()).ok_or_else(unknown)
            }
            Book::New(book) => {
                if !book.sheets_metadata().iter().any(|sheet| sheet.name == name) {
                    return Err(unknown());
                }
                let is_1904 = book.has_1904_epoch();
                guarded(file, || {
                    let cells = book.worksheet_cells_reader(name);
                    let mut cells = cells.map_err(|error| broken(file, &error))?;
                    Sheet::read(&mut cells, file, name, is_1904)
                })
            }
        }
    }

    /// The sheet that is meant: the one that is named, or the only one. Refuses to choose among several.
    pub fn sheet_or_only(&mut self, name: Option<&str>) -> Result<Sheet, FormatError> {
        let names = self.sheet_names();
        match (name, names.as_slice()) {
            (Some(name), _) => self.sheet(name),
            (None, [only]) => self.sheet(only),
            (None, _) => {
                let what = format!("the workbook has {} sheets: {}", names.len(), self.named());
                Err(fault(
                    &self.file,
                    0,
                    what,
                    "name one: sheet = \"…\" in the mapping, --sheet where one is suggested",
                ))
            }
        }
    }

    fn named(&self) -> String {
        let names: Vec<String> =
            self.sheet_names().into_iter().map(|name| format!("'{name}'")).collect();
        names.join(", ")
    }
}

fn whole(input: impl Read, file: &str) -> Result<Vec<u8>, FormatError> {
    let mut bytes = Vec::new();
    let read = input.take(MAX_WORKBOOK_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| fault(file, 0, format!("cannot be read: {error}"), "try again"))?;
    Ok(bytes)
}

/// Unpacks every part into nothing and counts: what a file says of its own sizes is not believed.
fn check_sizes(bytes: &[u8], file: &str) -> Result<(), FormatError> {
    let refuse = |what: String| Err(fault(file, 0, what, "split it, or save the sheet as .csv"));
    if bytes.len() as u64 > MAX_WORKBOOK_BYTES {
        return refuse(format!("the workbook is larger than {MAX_WORKBOOK_BYTES} bytes"));
    }
    if bytes.starts_with(OLE) {
        let what = "it is a workbook of before 2007, or one with a password".to_owned();
        return Err(fault(file, 0, what, "save it as .xlsx without a password"));
    }
    let no_zip = |cause: String| {
        fault(file, 0, format!("it is no .xlsx workbook: {cause}"), "save it as .xlsx with Excel")
    };
    let mut parts = ZipArchive::new(Cursor::new(bytes)).map_err(|why| no_zip(why.to_string()))?;
    if parts.len() > MAX_PARTS {
        return refuse(format!("the workbook has more than {MAX_PARTS} parts"));
    }
    let (mut all, mut held) = (0, 0);
    for at in 0..parts.len() {
        let part = parts.by_index(at).map_err(|why| no_zip(why.to_string()))?;
        let name = part.name().map_err(|why| no_zip(why.to_string()))?;
        let is_sheet = name.to_lowercase().starts_with(SHEETS);
        let mut limited = part.take(MAX_UNPACKED_BYTES - all + 1);
        let size =
            io::copy(&mut limited, &mut io::sink()).map_err(|why| no_zip(why.to_string()))?;
        all += size;
        held += if is_sheet { 0 } else { size };
        if all > MAX_UNPACKED_BYTES {
            return refuse(format!("the workbook unpacks to more than {MAX_UNPACKED_BYTES} bytes"));
        }
        if held > MAX_HELD_BYTES {
            return refuse(format!(
                "its parts beside the sheets have more than {MAX_HELD_BYTES} bytes"
            ));
        }
    }
    Ok(())
}

/// Lets the library read. It computes with the numbers of a file before it checks them, and stops the
/// thread where they do not fit together (calamine 0.38 with `<dimension ref="B9:A1"/>`).
fn guarded<T>(file: &str, read: impl FnOnce() -> Result<T, FormatError>) -> Result<T, FormatError> {
    let damaged = |_| {
        let what = "the workbook is damaged: its numbers do not fit together".to_owned();
        Err(fault(file, 0, what, "open and save it with Excel"))
    };
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(damaged)
}

fn broken(file: &str, error: &XlsxError) -> FormatError {
    fault(file, 0, format!("the workbook is damaged: {error}"), "open and save it with Excel")
}

/// A fault on a row of a sheet; 0 for none.
fn fault(file: &str, row: u32, what: String, advice: &str) -> FormatError {
    FormatError { file: file.to_owned(), line: row, column: 0, what, advice: advice.to_owned() }
}

#[cfg(test)]
mod tests;
