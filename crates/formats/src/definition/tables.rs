//! Definitions in tables: a REDCap dictionary with the tables beside it, the sheets of an XLSForm, or of a
//! form of OpenClinica.

use super::{DefinitionFile, extension};
use crate::{
    FormatError, ImportedDesign, openclinica, redcap,
    table::{CsvTable, Table as _, TextEncoding},
    workbook::Workbook,
    xlsform,
};

/// How the sheets of an XLSForm begin: with the survey.
const XLSFORM_BEGINS: &[u8] = b"survey";

/// Reads a dictionary with the tables of arms, events and forms that are given beside it, or an
/// XLSForm.
pub(super) fn read(
    file: &DefinitionFile<'_>,
    files: &[DefinitionFile<'_>],
    study: Option<&str>,
) -> Result<ImportedDesign, FormatError> {
    let oid = study.map_or_else(|| oid_of(file.name), str::to_owned);
    if is_xlsform(file) {
        let sheets = xlsform::Sheets::read_csv(file.content, file.name)?;
        return Ok(xlsform::to_study(&sheets, &oid));
    }
    let mut dictionary = redcap::Dictionary::read_csv(file.content, file.name)?;
    for beside in files.iter().filter(|one| extension(one.name) == "csv") {
        if is_schedule(beside) {
            dictionary.read_schedule(beside.content, beside.name)?;
        }
    }
    Ok(redcap::to_study(&dictionary, file.name, &oid))
}

/// Reads a workbook: that of a form of OpenClinica, or an XLSForm. Their sheets tell them apart.
pub(super) fn read_workbook(
    file: &DefinitionFile<'_>,
    study: Option<&str>,
) -> Result<ImportedDesign, FormatError> {
    let oid = study.map_or_else(|| oid_of(file.name), str::to_owned);
    let mut book = Workbook::open_old_or_new(file.content, file.name)?;
    if openclinica::Template::is_template(&book.sheet_names()) {
        let template = openclinica::Template::of_workbook(&mut book, file.name)?;
        return Ok(openclinica::to_study(&template, &oid));
    }
    let sheets = xlsform::Sheets::of_workbook(&mut book, file.name)?;
    Ok(xlsform::to_study(&sheets, &oid))
}

/// Whether a table says when something happens, and not what is collected.
pub(super) fn is_schedule(file: &DefinitionFile<'_>) -> bool {
    let table = CsvTable::open(file.content, file.name, TextEncoding::UTF_8, b',');
    !is_xlsform(file) && table.is_ok_and(|table| redcap::Dictionary::is_schedule(table.columns()))
}

fn is_xlsform(file: &DefinitionFile<'_>) -> bool {
    let text = file.content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file.content);
    text.strip_prefix(b"\"").unwrap_or(text).starts_with(XLSFORM_BEGINS)
}

/// The OID of a study whose file does not say one: the name of the file.
pub(super) fn oid_of(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    redcap::project_oid(file.rsplit_once('.').map_or(file, |(stem, _)| stem))
}
