//! Records as REDCap hands them around: flat rows, and rows of one value (EAV).

/// One row of a flat table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlatRow {
    /// Among the rows of its source, from 1.
    pub number: u64,
    /// The line of its source; 0 where there are none.
    pub line: u32,
    pub record: String,
    /// Empty in a project without events.
    pub event: String,
    /// The form that repeats; empty otherwise.
    pub instrument: String,
    /// Empty where nothing repeats; `new` for the next one.
    pub instance: String,
    /// The data access group; empty for none.
    pub group: String,
    /// Columns and their texts, in the order of the source.
    pub values: Vec<(String, String)>,
}

/// The columns that are no fields.
pub const EVENT: &str = "redcap_event_name";
pub const INSTRUMENT: &str = "redcap_repeat_instrument";
pub const INSTANCE: &str = "redcap_repeat_instance";
pub const GROUP: &str = "redcap_data_access_group";
pub const SURVEY: &str = "redcap_survey_identifier";

/// A source row that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub number: u64,
    pub line: u32,
    pub why: String,
}

impl FlatRow {
    /// Takes columns by name; the one called `record_id` names the record.
    pub fn of_columns(
        number: u64,
        line: u32,
        record_id: &str,
        columns: impl Iterator<Item = (String, String)>,
    ) -> Self {
        let mut row = Self { number, line, ..Self::default() };
        for (name, text) in columns {
            match name.as_str() {
                name if name == record_id => text.trim().clone_into(&mut row.record),
                EVENT => text.trim().clone_into(&mut row.event),
                INSTRUMENT => text.trim().clone_into(&mut row.instrument),
                INSTANCE => text.trim().clone_into(&mut row.instance),
                GROUP => text.trim().clone_into(&mut row.group),
                SURVEY => {}
                _ => row.values.push((name, text)),
            }
        }
        row
    }

    /// Whether the rows name the same record, event and repeat.
    pub fn same_place(&self, other: &Self) -> bool {
        (&self.record, &self.event, &self.instrument, &self.instance)
            == (&other.record, &other.event, &other.instrument, &other.instance)
    }
}

/// Puts rows of one value (`record, field_name, value`) together, those that follow each other in
/// one place. A checkbox field gives the code of each choice that is ticked.
pub fn of_eav(
    number: u64,
    line: u32,
    columns: &[(String, String)],
    is_checkbox: &dyn Fn(&str) -> bool,
) -> Result<FlatRow, Unread> {
    let said = |name: &str| columns.iter().find(|(column, _)| column == name).map(|(_, text)| text);
    let (Some(record), Some(field)) = (said("record"), said("field_name")) else {
        let why = "a row of one value has the columns record, field_name and value".to_owned();
        return Err(Unread { number, line, why });
    };
    let mut row = FlatRow { number, line, record: record.trim().to_owned(), ..FlatRow::default() };
    row.event = said(EVENT).map(|text| text.trim().to_owned()).unwrap_or_default();
    row.instrument = said(INSTRUMENT).map(|text| text.trim().to_owned()).unwrap_or_default();
    row.instance = said(INSTANCE).map(|text| text.trim().to_owned()).unwrap_or_default();
    let value = said("value").cloned().unwrap_or_default();
    match field.as_str() {
        GROUP => row.group = value,
        field if is_checkbox(field) && !field.contains("___") => {
            row.values.push((super::field::choice_column(field, &value), "1".to_owned()));
        }
        field => row.values.push((field.to_owned(), value)),
    }
    Ok(row)
}
