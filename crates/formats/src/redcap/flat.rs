//! The records of one participant as rows of a flat table.

use std::collections::BTreeMap;

use kernel::{DataType, Datum};

use super::{
    layout::{Layout, Variable},
    select::Selection,
};

/// One form record as it was collected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordValues {
    pub event: String,
    pub event_repeat: String,
    pub form: String,
    pub form_repeat: String,
    pub complete: bool,
    pub values: Vec<ValueAt>,
}

/// One value and where it stands in its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueAt {
    pub group: String,
    pub group_repeat: String,
    pub item: String,
    pub datum: Datum,
}

/// A participant with everything that is exported of him.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Participant {
    pub key: String,
    pub site: String,
    pub records: Vec<RecordValues>,
}

/// One row: which place it is about, and what stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutRow {
    /// The place of its event in the layout.
    pub event: usize,
    /// The instrument of which it is a repeat.
    pub instrument: Option<usize>,
    /// The number of the repeat.
    pub instance: Option<u32>,
    /// Texts by the place of the variable.
    pub values: BTreeMap<usize, String>,
    /// Of each instrument that has a record here, whether it is complete.
    pub complete: BTreeMap<usize, bool>,
}

/// Codes of a form's status.
pub const INCOMPLETE: &str = "0";
pub const COMPLETE: &str = "2";

type Place = (usize, u8, usize, u32);

impl Layout {
    /// The rows of a participant, in the order of events; what repeats stands behind the rest.
    pub fn rows(&self, participant: &Participant) -> Vec<OutRow> {
        let mut rows: BTreeMap<Place, OutRow> = BTreeMap::new();
        let mut counted: BTreeMap<(usize, usize), u32> = BTreeMap::new();
        for record in &participant.records {
            self.place(record, &mut rows, &mut counted);
        }
        if rows.is_empty() {
            return vec![OutRow::default()];
        }
        rows.into_values().collect()
    }

    fn place(
        &self,
        record: &RecordValues,
        rows: &mut BTreeMap<Place, OutRow>,
        counted: &mut BTreeMap<(usize, usize), u32>,
    ) {
        let event = self.events.iter().position(|one| one.oid.as_str() == record.event);
        let Some(event) = event else { return };
        let is_main = |one: &super::layout::Instrument| {
            one.group.is_none() && one.form.as_str() == record.form
        };
        let Some(main) = self.instruments.iter().position(is_main) else { return };
        let event_instance =
            self.events[event].repeats.then(|| record.event_repeat.parse().unwrap_or(1));
        let (instrument, instance) = if self.instruments[main].repeats {
            let own = record.form_repeat.parse().ok();
            (Some(main), own.or(Some(1)))
        } else {
            (None, event_instance)
        };
        let row = row_at(rows, event, instrument, instance);
        row.complete.insert(main, record.complete);
        self.untick(main, row);
        let mut repeats: BTreeMap<(usize, &str), u32> = BTreeMap::new();
        for value in &record.values {
            let Some(at) = self.variable_of(&value.group, &value.item) else { continue };
            let variable = &self.variables[at];
            let text = raw(variable, &value.datum);
            if variable.instrument == main {
                row_at(rows, event, instrument, instance).values.insert(at, text);
                continue;
            }
            let number = *repeats
                .entry((variable.instrument, value.group_repeat.as_str()))
                .or_insert_with(|| {
                    let last = counted.entry((event, variable.instrument)).or_default();
                    let is_plain = !self.instruments[main].repeats && !self.events[event].repeats;
                    let own = value.group_repeat.parse().ok().filter(|_| is_plain);
                    *last = own.unwrap_or(*last + 1);
                    *last
                });
            let row = row_at(rows, event, Some(variable.instrument), Some(number));
            row.complete.insert(variable.instrument, record.complete);
            row.values.insert(at, text);
        }
    }

    /// Whether a value has a column. One that was collected under another version of the study may
    /// have none.
    pub fn has_column(&self, record: &RecordValues, value: &ValueAt) -> bool {
        self.events.iter().any(|event| event.oid.as_str() == record.event)
            && self.instruments.iter().any(|one| one.form.as_str() == record.form)
            && self.variable_of(&value.group, &value.item).is_some()
    }

    /// A choice of a checkbox field that nobody ticked is 0 on a form that was filled.
    fn untick(&self, instrument: usize, row: &mut OutRow) {
        let choices = self.variables.iter().enumerate();
        for (at, _) in choices.filter(|(_, one)| one.instrument == instrument && one.code.is_some())
        {
            row.values.entry(at).or_insert_with(|| "0".to_owned());
        }
    }

    /// Whether a row belongs to what was asked for.
    pub fn is_wanted(&self, selection: &Selection, row: &OutRow) -> bool {
        let name = &self.events.get(row.event).map(|event| event.unique_name.as_str());
        selection.events.is_empty()
            || name.is_some_and(|name| selection.events.iter().any(|one| one == name))
    }
}

fn row_at(
    rows: &mut BTreeMap<Place, OutRow>,
    event: usize,
    instrument: Option<usize>,
    instance: Option<u32>,
) -> &mut OutRow {
    let place = match instrument {
        None => (event, 0, 0, instance.unwrap_or_default()),
        Some(one) => (event, 1, one, instance.unwrap_or_default()),
    };
    rows.entry(place).or_insert_with(|| OutRow { event, instrument, instance, ..OutRow::default() })
}

/// A value as REDCap writes it: truth as 1 and 0, a blank between date and time, the code of the
/// reason for what is missing.
pub fn raw(variable: &Variable, datum: &Datum) -> String {
    let text = match datum {
        Datum::Missing(reason) => return reason.code().to_owned(),
        Datum::Value { text, .. } => text,
    };
    match variable.data_type {
        DataType::Boolean => (if &**text == "true" { "1" } else { "0" }).to_owned(),
        DataType::Datetime => text.replacen('T', " ", 1),
        _ => text.to_string(),
    }
}

impl Participant {
    /// Adds one line of an export in lines of JSON.
    pub fn add_line(&mut self, line: &serde_json::Value) {
        let said = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        self.key = said("subject");
        self.site = said("site");
        let mut record = RecordValues {
            event: said("event"),
            event_repeat: said("event_repeat"),
            form: said("form"),
            form_repeat: said("form_repeat"),
            complete: line["complete"].as_bool().unwrap_or_default(),
            values: Vec::new(),
        };
        for row in line["rows"].as_array().into_iter().flatten() {
            let said = |name: &str| row[name].as_str().unwrap_or_default();
            let items = row["items"].as_object().into_iter().flatten();
            for (item, value) in items {
                let Ok(datum) = serde_json::from_value::<Datum>(value.clone()) else { continue };
                record.values.push(ValueAt {
                    group: said("group").to_owned(),
                    group_repeat: said("repeat").to_owned(),
                    item: item.clone(),
                    datum,
                });
            }
        }
        self.records.push(record);
    }
}
