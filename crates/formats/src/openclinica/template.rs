//! The sheets of a workbook, as rows with named cells.

use std::{collections::BTreeMap, io::Read};

use crate::{
    Finding, FormatError, Severity,
    workbook::{Workbook, column_letters},
};

const CRF: &str = "crf";
const SECTIONS: &str = "sections";
const GROUPS: &str = "groups";
const ITEMS: &str = "items";
/// The most rows of a sheet.
const MOST_ROWS: usize = 20_000;

/// Columns that older templates call otherwise.
const RENAMED: [(&str, &str); 4] = [
    ("RESPONSE_VALUES", "RESPONSE_VALUES_OR_CALCULATIONS"),
    ("GROUP_REPEAT_NUM", "GROUP_REPEAT_NUMBER"),
    ("LEFT_ITEM", "LEFT_ITEM_TEXT"),
    ("RIGHT_ITEM", "RIGHT_ITEM_TEXT"),
];

/// One row of a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TemplateRow {
    pub sheet: &'static str,
    /// From 1.
    pub number: u32,
    /// Texts with their columns, from 0, by the names of those.
    cells: BTreeMap<String, (u32, String)>,
}

/// The workbook of one case report form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pub(super) file: String,
    pub(super) crf: TemplateRow,
    pub(super) sections: Vec<TemplateRow>,
    pub(super) groups: Vec<TemplateRow>,
    pub(super) items: Vec<TemplateRow>,
    /// Older templates have no layout of groups: all repeat.
    pub(super) has_layout: bool,
}

impl TemplateRow {
    pub fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", |(_, text)| text)
    }

    /// A finding about a cell of this row.
    pub fn finding(
        &self,
        file: &str,
        severity: Severity,
        column: &str,
        text: impl Into<String>,
    ) -> Finding {
        let at = self.cells.get(column).map(|(at, _)| column_letters(*at));
        let about = match at {
            Some(letters) => format!("{}, {column} ({letters}{})", self.sheet, self.number),
            None => format!("{}, {column} (row {})", self.sheet, self.number),
        };
        Finding {
            severity,
            file: file.to_owned(),
            line: Some(self.number),
            about,
            text: text.into(),
        }
    }
}

impl Template {
    /// Whether sheets of these names are such a workbook, and no XLSForm.
    pub(crate) fn is_template(names: &[String]) -> bool {
        let has = |wanted: &str| names.iter().any(|name| name.trim().eq_ignore_ascii_case(wanted));
        has(CRF) && has(SECTIONS) && has(ITEMS)
    }

    /// Reads a workbook, `.xls` or `.xlsx`. Sheets with other names are left aside. Refuses one without a
    /// form or without items.
    pub fn read(input: impl Read, file: &str) -> Result<Self, FormatError> {
        Self::of_workbook(&mut Workbook::open_old_or_new(input, file)?, file)
    }

    pub(crate) fn of_workbook(book: &mut Workbook, file: &str) -> Result<Self, FormatError> {
        let mut template = Self { file: file.to_owned(), ..Self::default() };
        for name in book.sheet_names() {
            let sheet = match name.trim().to_lowercase().as_str() {
                CRF => "CRF",
                SECTIONS => "Sections",
                GROUPS => "Groups",
                ITEMS => "Items",
                _ => continue,
            };
            let (columns, rows) = rows(book, &name, sheet)?;
            match sheet {
                "CRF" => template.crf = rows.into_iter().next().unwrap_or_default(),
                "Sections" => template.sections = rows,
                "Groups" => {
                    template.has_layout = columns.iter().any(|column| column == "GROUP_LAYOUT");
                    template.groups = rows;
                }
                _ => template.items = rows,
            }
        }
        let missing = if template.crf.get("CRF_NAME").is_empty() {
            Some("the sheet CRF says no CRF_NAME")
        } else if template.items.is_empty() {
            Some("the sheet Items has no item")
        } else {
            None
        };
        match missing {
            None => Ok(template),
            Some(what) => Err(FormatError {
                file: file.to_owned(),
                line: 0,
                column: 0,
                what: what.to_owned(),
                advice: "fill in the design template of OpenClinica".to_owned(),
            }),
        }
    }
}

/// The columns of a sheet, and its rows under them.
fn rows(
    book: &mut Workbook,
    name: &str,
    sheet: &'static str,
) -> Result<(Vec<String>, Vec<TemplateRow>), FormatError> {
    let read = book.sheet(name)?;
    let mut columns: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    let mut at = 0;
    while let Some((number, cells)) = read.row(at).filter(|_| at <= MOST_ROWS) {
        at += 1;
        if columns.is_empty() {
            for (column, text) in cells {
                columns.resize(
                    usize::try_from(column).unwrap_or(usize::MAX).min(MOST_ROWS),
                    String::new(),
                );
                columns.push(column_name(text));
            }
            continue;
        }
        let named = cells.filter_map(|(column, text)| {
            let name = columns.get(usize::try_from(column).ok()?)?;
            let text = text.trim();
            (!name.is_empty() && !text.is_empty())
                .then(|| (name.clone(), (column, text.to_owned())))
        });
        let cells: BTreeMap<_, _> = named.collect();
        if !cells.is_empty() {
            rows.push(TemplateRow { sheet, number, cells });
        }
    }
    Ok((columns, rows))
}

/// `ITEM_NAME*` is `ITEM_NAME`.
fn column_name(text: &str) -> String {
    let plain = text.trim().trim_matches('*').trim().to_uppercase().replace([' ', '\n'], "_");
    let renamed = RENAMED.iter().find(|(old, _)| *old == plain);
    renamed.map_or(plain, |(_, new)| (*new).to_owned())
}
