//! The sheets of a form, as tables of text.

use std::{collections::BTreeMap, io::Read};

use kernel::Texts;

use crate::{
    FormatError,
    table::{CsvTable, TextEncoding},
    workbook::Workbook,
};

/// The most rows of all sheets.
const MOST_ROWS: usize = 50_000;
/// The most columns of a sheet of a workbook.
const MOST_COLUMNS: usize = 1_000;

/// The sheets that are read, and what they may also be called.
const SURVEY: &str = "survey";
const CHOICES: [&str; 2] = ["choices", "choices and columns"];
const SETTINGS: &str = "settings";

/// A row as it stands in a sheet: its number, from 1, and its cells.
type Numbered = (u32, Vec<String>);

/// One row: its number in the sheet, from 1, and texts by the names of their columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SheetRow {
    pub number: u32,
    pub cells: BTreeMap<String, String>,
}

/// The sheets of one form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheets {
    pub(super) file: String,
    pub(super) survey: Vec<SheetRow>,
    pub(super) choices: Vec<SheetRow>,
    pub(super) settings: SheetRow,
}

impl SheetRow {
    pub fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// The texts of a column in all languages: `label`, `label::English (en)`.
    pub fn texts(&self, column: &str, default: &str) -> Texts {
        let mut texts = Texts::default();
        for (name, text) in self.cells.iter().filter(|(_, text)| !text.is_empty()) {
            if name == column {
                texts.set(default, text.clone());
            } else if let Some(lang) = name.strip_prefix(column).and_then(|n| n.strip_prefix("::"))
            {
                texts.set(language(lang), text.clone());
            }
        }
        texts
    }
}

/// `English (en)` is `en`; a language without a code stays as it is written.
fn language(text: &str) -> String {
    let code = text.rsplit_once('(').and_then(|(_, code)| code.trim().strip_suffix(')'));
    code.unwrap_or(text).trim().to_owned()
}

impl Sheets {
    /// Puts sheets together. Each is a name and rows, of which the first is the header.
    fn new(
        file: &str,
        sheets: impl IntoIterator<Item = (String, Vec<Numbered>)>,
    ) -> Result<Self, FormatError> {
        let mut form = Self { file: file.to_owned(), ..Self::default() };
        for (name, rows) in sheets {
            let rows = named(rows);
            match name.trim().to_lowercase().as_str() {
                SURVEY => form.survey = rows,
                name if CHOICES.contains(&name) => form.choices = rows,
                SETTINGS => form.settings = rows.into_iter().next().unwrap_or_default(),
                _ => {}
            }
        }
        let rows = form.survey.len() + form.choices.len();
        if form.survey.is_empty() || rows > MOST_ROWS {
            let what = if rows > MOST_ROWS {
                format!("the form has more than {MOST_ROWS} rows")
            } else {
                "there is no sheet called survey with a row".to_owned()
            };
            let advice = "give an XLSForm with the sheets survey, choices and settings".to_owned();
            return Err(FormatError { file: file.to_owned(), line: 0, column: 0, what, advice });
        }
        Ok(form)
    }

    /// Reads a form as a workbook. Sheets with other names are left aside.
    pub fn read_workbook(input: impl Read, file: &str) -> Result<Self, FormatError> {
        Self::of_workbook(&mut Workbook::open_old_or_new(input, file)?, file)
    }

    pub(crate) fn of_workbook(book: &mut Workbook, file: &str) -> Result<Self, FormatError> {
        let mut sheets = Vec::new();
        for name in book.sheet_names() {
            let lower = name.trim().to_lowercase();
            if ![SURVEY, SETTINGS].contains(&lower.as_str()) && !CHOICES.contains(&lower.as_str()) {
                continue;
            }
            let sheet = book.sheet(&name)?;
            let mut rows: Vec<Numbered> = Vec::new();
            let mut width = None;
            while let Some((number, cells)) = sheet.row(rows.len()) {
                let mut row = Vec::new();
                for (column, text) in cells {
                    let at = usize::try_from(column).unwrap_or(usize::MAX);
                    // The header is the first row; what stands behind it has no name.
                    if at < width.unwrap_or(MOST_COLUMNS) {
                        row.resize(at, String::new());
                        row.push(text.to_owned());
                    }
                }
                width.get_or_insert(row.len());
                rows.push((number, row));
                if rows.len() > MOST_ROWS {
                    break;
                }
            }
            sheets.push((name, rows));
        }
        Self::new(file, sheets)
    }

    /// Reads a form as one CSV file: the first column names the sheet, and a row with such a name
    /// holds nothing else or begins the header.
    pub fn read_csv(input: impl Read, file: &str) -> Result<Self, FormatError> {
        let mut table = CsvTable::open_ragged(input, file, TextEncoding::UTF_8, b',');
        let mut sheets: Vec<(String, Vec<Numbered>)> = Vec::new();
        while let Some(mut row) = table.next_ragged()? {
            let first = if row.cells.is_empty() { String::new() } else { row.cells.remove(0) };
            if !first.trim().is_empty() {
                sheets.push((first, Vec::new()));
            }
            let is_blank = row.cells.iter().all(|cell| cell.trim().is_empty());
            if let Some((_, rows)) = sheets.last_mut().filter(|_| !is_blank) {
                let number = u32::try_from(rows.len() + 1).unwrap_or(u32::MAX);
                rows.push((number, row.cells));
            }
        }
        Self::new(file, sheets)
    }
}

fn named(rows: Vec<Numbered>) -> Vec<SheetRow> {
    let mut rows = rows.into_iter();
    let Some((_, header)) = rows.next() else { return Vec::new() };
    let header: Vec<String> = header.iter().map(|name| column(name)).collect();
    rows.map(|(number, cells)| SheetRow {
        number,
        cells: header
            .iter()
            .zip(cells)
            .filter(|(name, text)| !name.is_empty() && !text.trim().is_empty())
            .map(|(name, text)| (name.clone(), text.trim().to_owned()))
            .collect(),
    })
    .filter(|row| !row.cells.is_empty())
    .collect()
}

/// The names that a column may have, as one.
fn column(name: &str) -> String {
    let name = name.trim();
    let (base, lang) = match name.split_once("::").or_else(|| name.split_once(':')) {
        Some((base, lang)) => (base.trim(), Some(lang.trim_start_matches(':').trim())),
        None => (name, None),
    };
    let plain = base.to_lowercase().replace([' ', '-'], "_");
    let base = match plain.as_str() {
        "relevance" => "relevant",
        "constraint_msg" | "constraintmsg" => "constraint_message",
        "calculate" => "calculation",
        "list" | "list_name" => "list_name",
        "value" => "name",
        "caption" => "label",
        "read_only" => "readonly",
        other => other,
    };
    match lang {
        Some(lang) => format!("{base}::{lang}"),
        None => base.to_owned(),
    }
}
