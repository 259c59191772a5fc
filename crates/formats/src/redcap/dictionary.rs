//! A REDCap project's design: its fields, arms, events, which form is filled at which event, and
//! what repeats.

use std::{collections::BTreeSet, io::Read};

use super::field::{COLUMNS, Column, Field};
use crate::{
    FormatError,
    table::{CsvTable, Table, TextEncoding},
};

/// The most fields of a dictionary.
pub const MAX_FIELDS: usize = 20_000;

/// The design of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    /// The name of the project, if its source says it.
    pub title: String,
    /// In the order of the source. The first names the record.
    pub fields: Vec<Field>,
    /// What is shown for a form; by its name where nothing is said.
    pub form_labels: Vec<(String, String)>,
    /// Empty for a project in which nothing is told apart by time.
    pub arms: Vec<Arm>,
    pub events: Vec<Event>,
    /// A unique event name and a form that is filled there.
    pub mappings: Vec<(String, String)>,
    /// A unique event name, and a form that repeats there; without a form the whole event does.
    pub repeating: Vec<(String, Option<String>)>,
    /// The names of data access groups.
    pub groups: Vec<String>,
    /// Codes that say why a value is missing, as choices.
    pub missing_codes: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arm {
    pub number: u32,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub unique_name: String,
    pub name: String,
    pub arm: u32,
    pub day_offset: String,
    pub offset_min: String,
    pub offset_max: String,
    pub label: String,
}

/// The event of a project that has no events.
pub const ONLY_EVENT: &str = "event_1_arm_1";

impl Dictionary {
    /// Reads a data dictionary (CSV with the 18 columns, by their headings in a file or by their
    /// names in the interface, in any order; columns at the end may be left out).
    pub fn read_csv(input: impl Read, file: &str) -> Result<Self, FormatError> {
        let mut table = CsvTable::open(input, file, TextEncoding::UTF_8, b',')?;
        let places = places(&table, file)?;
        let mut dictionary = Self::default();
        while let Some(row) = table.next_row()? {
            let mut field = Field::at(row.line);
            for (place, cell) in places.iter().zip(row.cells) {
                if let Some(place) = place {
                    field.set_at(*place, cell.trim().to_owned());
                }
            }
            if field.name().is_empty() && field.form().is_empty() {
                continue;
            }
            dictionary.fields.push(field);
            if dictionary.fields.len() > MAX_FIELDS {
                return Err(fault(file, row.line, format!("more than {MAX_FIELDS} fields")));
            }
        }
        dictionary.check(file)?;
        Ok(dictionary)
    }

    /// Whether what must be there is there: names, forms, and no name twice.
    pub fn check(&self, file: &str) -> Result<(), FormatError> {
        if self.fields.is_empty() {
            return Err(fault(file, 0, "the dictionary has no field".to_owned()));
        }
        let mut seen = BTreeSet::new();
        for field in &self.fields {
            let name = field.name();
            if !is_name(name) {
                let what = format!("'{name}' is not the name of a field");
                return Err(fault(file, field.line, what));
            }
            if !is_name(field.form()) {
                let what = format!("field {name} has no form, or '{}' is none", field.form());
                return Err(fault(file, field.line, what));
            }
            if !seen.insert(name) {
                return Err(fault(file, field.line, format!("field {name} is there twice")));
            }
        }
        Ok(())
    }

    /// The name of the field that names the record.
    pub fn record_id(&self) -> &str {
        self.fields.first().map_or("record_id", Field::name)
    }

    /// The forms in the order of their first fields.
    pub fn forms(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.fields.iter().map(Field::form).filter(|form| seen.insert(*form)).collect()
    }

    /// What is shown for a form.
    pub fn form_label(&self, form: &str) -> String {
        let said = self.form_labels.iter().find(|(name, _)| name == form);
        said.map_or_else(|| label_of_name(form), |(_, label)| label.clone())
    }

    /// Whether events are told apart.
    pub fn is_longitudinal(&self) -> bool {
        self.events.len() > 1
    }

    /// The events with their forms; one with all forms where the project has none.
    pub fn schedule(&self) -> Vec<(String, Vec<String>)> {
        if self.events.is_empty() {
            let forms = self.forms().into_iter().map(str::to_owned).collect();
            return vec![(ONLY_EVENT.to_owned(), forms)];
        }
        let of = |event: &Event| -> Vec<String> {
            let mine = self.mappings.iter().filter(|(name, _)| *name == event.unique_name);
            mine.map(|(_, form)| form.clone()).collect()
        };
        self.events.iter().map(|event| (event.unique_name.clone(), of(event))).collect()
    }

    /// Writes the dictionary with the headings of a file, or with the names of the interface.
    pub fn write_csv(&self, with_headings: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let heading = COLUMNS.iter().map(|(name, head)| if with_headings { *head } else { *name });
        push_row(&mut out, heading);
        for field in &self.fields {
            push_row(&mut out, field.columns().map(|(_, text)| text));
        }
        out
    }
}

/// Appends one row of comma separated text.
pub(super) fn push_row<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        crate::csv_out::push_field(out, cell);
    }
    out.push(b'\n');
}

/// Which column of the dictionary each column of the table is.
fn places<R: Read>(table: &CsvTable<R>, file: &str) -> Result<Vec<Option<usize>>, FormatError> {
    let same = |a: &str, b: &str| {
        let plain = |text: &str| {
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
        };
        plain(a) == plain(b)
    };
    let mut places = Vec::with_capacity(table.columns().len());
    for column in table.columns() {
        let column = column.trim().trim_start_matches('\u{feff}');
        let place =
            COLUMNS.iter().position(|(name, head)| same(name, column) || same(head, column));
        if place.is_none() && !column.is_empty() {
            let what = format!("'{column}' is no column of a data dictionary");
            return Err(fault(file, 1, what));
        }
        places.push(place);
    }
    for needed in [Column::Name, Column::Form, Column::Type] {
        if !places.contains(&Some(needed as usize)) {
            let what = format!("the column '{}' is missing", COLUMNS[needed as usize].1);
            return Err(fault(file, 1, what));
        }
    }
    Ok(places)
}

/// Whether a text is the name of a field, form or event.
pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && text.len() <= 100
}

/// `visit_lab_data` as `Visit Lab Data`.
fn label_of_name(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty()).map(|word| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        first + chars.as_str()
    });
    words.collect::<Vec<_>>().join(" ")
}

pub(super) fn fault(file: &str, line: u32, what: String) -> FormatError {
    let advice = "correct the dictionary and give it again".to_owned();
    FormatError { file: file.to_owned(), line, column: 0, what, advice }
}
