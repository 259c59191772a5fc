//! What of the records is asked for, and the columns that come of it.

use super::{
    field::Column,
    flat::{COMPLETE, INCOMPLETE, OutRow},
    layout::Layout,
    rows,
};

/// A choice of fields, forms and events, and how they are written. Empty lists choose everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub fields: Vec<String>,
    pub forms: Vec<String>,
    pub events: Vec<String>,
    /// Labels of choices instead of codes.
    pub labels: bool,
    /// Labels of fields instead of names.
    pub label_headers: bool,
    /// The label of a choice for what is ticked, instead of the word.
    pub checkbox_labels: bool,
    pub groups: bool,
    /// Nothing for the status of a form without a record, instead of 0.
    pub blank_for_gray: bool,
}

/// One column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnOf {
    Record,
    Event,
    Instrument,
    Instance,
    Group,
    /// By the place of the variable.
    Variable(usize),
    /// The status of an instrument.
    Complete(usize),
}

impl Layout {
    /// The columns of a selection.
    pub fn columns(&self, selection: &Selection) -> Vec<ColumnOf> {
        let mut columns = vec![ColumnOf::Record];
        if self.is_longitudinal() {
            columns.push(ColumnOf::Event);
        }
        if self.has_repeats() {
            columns.extend([ColumnOf::Instrument, ColumnOf::Instance]);
        }
        if selection.groups {
            columns.push(ColumnOf::Group);
        }
        let everything = selection.fields.is_empty() && selection.forms.is_empty();
        for (place, instrument) in self.instruments.iter().enumerate() {
            let whole = everything || selection.forms.contains(&instrument.name);
            for (at, variable) in self.variables.iter().enumerate() {
                if variable.instrument != place {
                    continue;
                }
                let field = self.dictionary.fields[variable.field].name();
                let named = |one: &String| one == field || *one == variable.name;
                if whole || selection.fields.iter().any(named) {
                    columns.push(ColumnOf::Variable(at));
                }
            }
            let status = format!("{}_complete", instrument.name);
            if whole || selection.fields.contains(&status) {
                columns.push(ColumnOf::Complete(place));
            }
        }
        columns
    }

    /// The fields and forms of a selection that the project does not have.
    pub fn unknown(&self, selection: &Selection) -> Vec<String> {
        let dictionary = &self.dictionary;
        let knows_field = |name: &str| {
            dictionary.fields.iter().any(|field| field.name() == name)
                || self.variable(name).is_some()
                || name
                    .strip_suffix("_complete")
                    .is_some_and(|form| self.instrument(form).is_some())
                || matches!(name, rows::EVENT | rows::INSTRUMENT | rows::INSTANCE | rows::GROUP)
        };
        let fields = selection.fields.iter().filter(|name| !knows_field(name));
        let forms = selection.forms.iter().filter(|name| self.instrument(name).is_none());
        let events = selection.events.iter().filter(|name| self.event(name).is_none());
        fields.chain(forms).chain(events).cloned().collect()
    }

    /// What stands above a column.
    pub fn header(&self, selection: &Selection, column: ColumnOf) -> String {
        let labels = selection.label_headers;
        let either = |name: &str, label: &str| if labels { label } else { name }.to_owned();
        match column {
            ColumnOf::Record => {
                let field = &self.dictionary.fields[0];
                either(field.name(), field.get(Column::Label))
            }
            ColumnOf::Event => either(rows::EVENT, "Event Name"),
            ColumnOf::Instrument => either(rows::INSTRUMENT, "Repeat Instrument"),
            ColumnOf::Instance => either(rows::INSTANCE, "Repeat Instance"),
            ColumnOf::Group => either(rows::GROUP, "Data Access Group"),
            ColumnOf::Complete(at) => {
                either(&format!("{}_complete", self.instruments[at].name), "Complete?")
            }
            ColumnOf::Variable(at) => {
                let variable = &self.variables[at];
                let label = self.dictionary.fields[variable.field].get(Column::Label);
                match variable.choices.first().filter(|_| variable.code.is_some()) {
                    Some(choice) => {
                        either(&variable.name, &format!("{label} (choice={})", choice.label))
                    }
                    None => either(&variable.name, label),
                }
            }
        }
    }

    /// What stands in a column of a row.
    pub fn cell(
        &self,
        selection: &Selection,
        (record, group): (&str, &str),
        row: &OutRow,
        column: ColumnOf,
    ) -> String {
        match column {
            ColumnOf::Record => record.to_owned(),
            ColumnOf::Group => group.to_owned(),
            ColumnOf::Event => self.event_text(selection, row),
            ColumnOf::Instrument => row.instrument.map_or_else(String::new, |at| {
                let one = &self.instruments[at];
                if selection.labels { one.label.clone() } else { one.name.clone() }
            }),
            ColumnOf::Instance => row.instance.map_or_else(String::new, |at| at.to_string()),
            ColumnOf::Complete(at) => self.status(selection, row, at),
            ColumnOf::Variable(at) => {
                let text = row.values.get(&at).map_or("", String::as_str);
                if selection.labels { self.label(selection, at, text) } else { text.to_owned() }
            }
        }
    }

    fn event_text(&self, selection: &Selection, row: &OutRow) -> String {
        let Some(event) = self.events.get(row.event) else { return String::new() };
        let said = self.dictionary.events.iter().find(|one| one.unique_name == event.unique_name);
        match said.filter(|_| selection.labels) {
            Some(said) => said.name.clone(),
            None => event.unique_name.clone(),
        }
    }

    fn status(&self, selection: &Selection, row: &OutRow, instrument: usize) -> String {
        let code = match row.complete.get(&instrument) {
            Some(true) => COMPLETE,
            Some(false) => INCOMPLETE,
            None => {
                let one = &self.instruments[instrument];
                let is_filled_here = self
                    .events
                    .get(row.event)
                    .is_some_and(|event| event.instruments.contains(&instrument));
                let is_base = row.instrument.is_none() && !one.repeats && one.group.is_none();
                if selection.blank_for_gray || !is_base || !is_filled_here {
                    return String::new();
                }
                INCOMPLETE
            }
        };
        let label = if code == COMPLETE { "Complete" } else { "Incomplete" };
        if selection.labels { label.to_owned() } else { code.to_owned() }
    }

    fn label(&self, selection: &Selection, at: usize, text: &str) -> String {
        let variable = &self.variables[at];
        if variable.code.is_some() {
            return match (text, selection.checkbox_labels) {
                ("1", true) => {
                    variable.choices.first().map_or_else(String::new, |one| one.label.clone())
                }
                ("1", false) => "Checked".to_owned(),
                ("", _) | (_, true) => String::new(),
                (_, false) => "Unchecked".to_owned(),
            };
        }
        let choice = variable.choices.iter().find(|choice| choice.code == text);
        choice.map_or_else(|| text.to_owned(), |choice| choice.label.clone())
    }
}
