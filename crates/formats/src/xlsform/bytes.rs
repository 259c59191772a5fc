//! Sheets as files: a workbook, a CSV file, or all forms of a study in an archive.

use std::{
    collections::BTreeSet,
    io::{self, Cursor, Write as _},
};

use kernel::study::Design;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    sheets::{SheetRow, Sheets},
    write,
};
use crate::{Finding, Severity, csv_out::push_field};

/// Columns in the order in which they are written; those of a language follow their own.
const COLUMNS: [&str; 19] = [
    "list_name",
    "type",
    "name",
    "label",
    "hint",
    "required",
    "required_message",
    "relevant",
    "constraint",
    "constraint_message",
    "calculation",
    "read_only",
    "appearance",
    "form_title",
    "form_id",
    "version",
    "default_language",
    "namespaces",
    "bind",
];
/// The list of what the forms of an archive do not say.
const FINDINGS: &str = "not_said.csv";

/// A kind of file that holds a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormFile {
    /// An Excel workbook.
    Workbook,
    /// One table in which the first column names the sheet.
    Csv,
}

impl FormFile {
    pub fn extension(self) -> &'static str {
        match self {
            Self::Workbook => "xlsx",
            Self::Csv => "csv",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

impl Sheets {
    /// The form as a file. Refuses a text that is too long for a cell of a workbook.
    pub fn write(&self, file: FormFile) -> io::Result<Vec<u8>> {
        match file {
            FormFile::Csv => Ok(self.to_csv()),
            FormFile::Workbook => self.to_workbook().map_err(io::Error::other),
        }
    }

    fn sheets(&self) -> [(&'static str, &[SheetRow]); 3] {
        let settings = std::slice::from_ref(&self.settings);
        [("survey", &self.survey), ("choices", &self.choices), ("settings", settings)]
    }

    fn to_csv(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (sheet, rows) in self.sheets() {
            let columns = columns(rows);
            let mut line = |first: &str, cells: &mut dyn Iterator<Item = &str>| {
                push_field(&mut out, first);
                for cell in cells {
                    out.push(b',');
                    push_field(&mut out, cell);
                }
                out.extend_from_slice(b"\r\n");
            };
            if columns.is_empty() {
                continue;
            }
            line(sheet, &mut columns.iter().map(String::as_str));
            for row in rows {
                line("", &mut columns.iter().map(|column| row.get(column)));
            }
        }
        out
    }

    fn to_workbook(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        // The same form is the same bytes, whenever it is written.
        let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let heading = Format::new().set_bold();
        for (name, rows) in self.sheets() {
            let columns = columns(rows);
            if columns.is_empty() {
                continue;
            }
            let sheet = book.add_worksheet();
            sheet.set_name(name)?;
            sheet.set_freeze_panes(1, 0)?;
            for (at, column) in (0_u16..).zip(&columns) {
                sheet.write_string_with_format(0, at, column, &heading)?;
            }
            for (number, row) in (1_u32..).zip(rows) {
                for (at, column) in (0_u16..).zip(&columns) {
                    if let Some(text) = row.cells.get(column) {
                        sheet.write_string(number, at, text)?;
                    }
                }
            }
        }
        book.save_to_buffer()
    }
}

/// All forms of a study version in a ZIP archive, one file each, with a list of what they do not say.
pub fn archive(design: &Design, file: FormFile) -> io::Result<(Vec<u8>, Vec<Finding>)> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut findings = write::of_study(design, FINDINGS);
    let mut taken = BTreeSet::new();
    for form in &design.version().forms {
        let Some(out) = write::of_form(design, &form.oid) else { continue };
        let name = write::free(form.oid.as_str(), &mut taken);
        zip.start_file(format!("{name}.{}", file.extension()), options)?;
        zip.write_all(&out.sheets.write(file)?)?;
        findings.extend(out.findings);
    }
    zip.start_file(FINDINGS, options)?;
    zip.write_all(&listed(&findings))?;
    Ok((zip.finish()?.into_inner(), findings))
}

fn listed(findings: &[Finding]) -> Vec<u8> {
    let mut out = b"form,about,severity,text\r\n".to_vec();
    for finding in findings {
        let severity = match finding.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let form = finding.file.trim_end_matches(".xlsx");
        for (at, field) in [form, &finding.about, severity, &finding.text].into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            push_field(&mut out, field);
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The columns that some row has, in their order.
fn columns(rows: &[SheetRow]) -> Vec<String> {
    let all: BTreeSet<&String> = rows.iter().flat_map(|row| row.cells.keys()).collect();
    let mut columns: Vec<String> = all.into_iter().cloned().collect();
    columns.sort_by_key(|column| {
        let base = column.split("::").next().unwrap_or(column);
        COLUMNS.iter().position(|known| *known == base).unwrap_or(COLUMNS.len())
    });
    columns
}
