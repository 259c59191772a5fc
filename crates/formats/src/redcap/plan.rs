//! What a row of a flat table means for the forms of a participant.

use kernel::{DataType, FormOid, ItemGroupOid, ItemOid, MissingReason, StudyEventOid};

use super::{
    layout::{EventPlan, Layout, Variable},
    rows::FlatRow,
};

/// How rows are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// A blank makes an item blank, instead of leaving it as it is.
    pub overwrite: bool,
    pub dates: DateOrder,
}

/// In which order the parts of a date stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    #[default]
    YearMonthDay,
    MonthDayYear,
    DayMonthYear,
}

/// The values of one form that a row gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSave {
    pub event: StudyEventOid,
    pub event_repeat: String,
    pub form: FormOid,
    /// `new` for the next one.
    pub form_repeat: String,
    pub entries: Vec<PlannedEntry>,
    pub complete: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedEntry {
    /// The column, for messages.
    pub column: String,
    pub group: ItemGroupOid,
    /// `new` for the next one.
    pub group_repeat: String,
    pub item: ItemOid,
    pub given: PlannedValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlannedValue {
    Text(String),
    Missing(MissingReason),
    Clear,
}

/// A cell that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFault {
    pub record: String,
    pub column: String,
    pub value: String,
    pub why: String,
}

/// For a repeat that is to be made.
pub const NEW: &str = "new";

impl Layout {
    /// Plans the saves of a row. Lists everything that is wrong with it.
    pub fn plan(
        &self,
        row: &FlatRow,
        options: PlanOptions,
    ) -> Result<Vec<PlannedSave>, Vec<CellFault>> {
        let fault = |column: &str, value: &str, why: String| CellFault {
            record: row.record.clone(),
            column: column.to_owned(),
            value: value.to_owned(),
            why,
        };
        if row.record.is_empty() {
            return Err(vec![fault(self.dictionary.record_id(), "", "no record is named".into())]);
        }
        let Some(event) = self.event(&row.event) else {
            let why = format!("there is no event '{}'", row.event);
            return Err(vec![fault(super::rows::EVENT, &row.event, why)]);
        };
        let place = self
            .repeat(row, event)
            .map_err(|why| vec![fault(super::rows::INSTRUMENT, &row.instrument, why)])?;
        let mut planning = Planning { layout: self, event, place, saves: Vec::new() };
        let mut faults = Vec::new();
        for (column, value) in &row.values {
            if let Err(why) = planning.cell(column, value.trim(), options) {
                faults.push(fault(column, value, why));
            }
        }
        if faults.is_empty() { Ok(planning.finished()) } else { Err(faults) }
    }

    fn repeat<'r>(&self, row: &'r FlatRow, event: &EventPlan) -> Result<Repeat<'r>, String> {
        let instance = if row.instance.is_empty() { "1" } else { row.instance.as_str() };
        let is_number = instance.parse::<u32>().is_ok_and(|number| number > 0);
        if !is_number && instance != NEW {
            return Err(format!("'{instance}' is no number of a repeat"));
        }
        if row.instrument.is_empty() {
            if !event.repeats && instance != "1" {
                return Err("a repeat is numbered where nothing repeats".to_owned());
            }
            return Ok(Repeat { instrument: None, instance });
        }
        let known = self.instrument(&row.instrument);
        let at = known
            .filter(|at| self.instruments[*at].repeats || self.instruments[*at].group.is_some());
        let at = at.ok_or_else(|| format!("'{}' is no repeating instrument", row.instrument))?;
        Ok(Repeat { instrument: Some(at), instance })
    }
}

/// The repeat that a row is about.
#[derive(Clone, Copy)]
struct Repeat<'r> {
    instrument: Option<usize>,
    instance: &'r str,
}

struct Planning<'p> {
    layout: &'p Layout,
    event: &'p EventPlan,
    place: Repeat<'p>,
    saves: Vec<PlannedSave>,
}

impl Planning<'_> {
    fn cell(&mut self, column: &str, value: &str, options: PlanOptions) -> Result<(), String> {
        let form = column.strip_suffix("_complete").and_then(|form| self.layout.instrument(form));
        if let Some(instrument) = form.filter(|_| self.layout.variable(column).is_none()) {
            return self.status(instrument, value);
        }
        let Some(variable) = self.layout.variable(column) else {
            return self.not_collected(column, value);
        };
        if variable.is_derived || (value.is_empty() && !options.overwrite) {
            return Ok(());
        }
        if !self.is_here(variable.instrument) {
            // A blank beside the values of another instrument says nothing.
            return if value.is_empty() || (variable.code.is_some() && value == "0") {
                Ok(())
            } else {
                Err(self.elsewhere(variable.instrument))
            };
        }
        let given = given(variable, value, options.dates)?;
        let (event_repeat, form_repeat, group_repeat) = self.repeats(variable.instrument);
        let entry = PlannedEntry {
            column: column.to_owned(),
            group: variable.group.clone(),
            group_repeat,
            item: variable.item.clone(),
            given,
        };
        let instrument = variable.instrument;
        self.save(instrument, event_repeat, form_repeat).entries.push(entry);
        Ok(())
    }

    fn status(&mut self, instrument: usize, value: &str) -> Result<(), String> {
        let complete = match value {
            "" => return Ok(()),
            "0" | "1" | "Incomplete" | "Unverified" => false,
            "2" | "Complete" => true,
            _ => return Err("the status of a form is 0, 1 or 2".to_owned()),
        };
        if !self.is_here(instrument) {
            return if complete { Err(self.elsewhere(instrument)) } else { Ok(()) };
        }
        let (event_repeat, form_repeat, _) = self.repeats(instrument);
        self.save(instrument, event_repeat, form_repeat).complete = Some(complete);
        Ok(())
    }

    /// What a file field says is the name of a file that stays where it is.
    fn not_collected(&self, column: &str, value: &str) -> Result<(), String> {
        let field = self.layout.dictionary.fields.iter().find(|field| field.name() == column);
        match field {
            Some(field) if field.is_checkbox() && !value.is_empty() => {
                Err("a checkbox field has a column for each choice".to_owned())
            }
            Some(_) => Ok(()),
            None => Err("there is no such field".to_owned()),
        }
    }

    fn is_here(&self, instrument: usize) -> bool {
        let one = &self.layout.instruments[instrument];
        let is_repeat = one.repeats || one.group.is_some();
        self.event.instruments.contains(&instrument)
            && match self.place.instrument {
                Some(at) => at == instrument,
                None => !is_repeat,
            }
    }

    fn elsewhere(&self, instrument: usize) -> String {
        let one = &self.layout.instruments[instrument];
        if !self.event.instruments.contains(&instrument) {
            return format!(
                "instrument {} is not filled at event {}",
                one.name, self.event.unique_name
            );
        }
        format!("it belongs to the repeating instrument {}, or to none", one.name)
    }

    /// The repeat keys of event, form and group.
    fn repeats(&self, instrument: usize) -> (String, String, String) {
        let first = || "1".to_owned();
        let instance = self.place.instance.to_owned();
        let one = &self.layout.instruments[instrument];
        match self.place.instrument {
            None if self.event.repeats => (instance, first(), first()),
            None => (first(), first(), first()),
            Some(_) if one.group.is_some() => (first(), first(), instance),
            Some(_) => (first(), instance, first()),
        }
    }

    fn save(
        &mut self,
        instrument: usize,
        event_repeat: String,
        form_repeat: String,
    ) -> &mut PlannedSave {
        let form = self.layout.instruments[instrument].form.clone();
        let at = if let Some(at) = self.saves.iter().position(|save| save.form == form) {
            at
        } else {
            self.saves.push(PlannedSave {
                event: self.event.oid.clone(),
                event_repeat,
                form,
                form_repeat,
                entries: Vec::new(),
                complete: None,
            });
            self.saves.len() - 1
        };
        &mut self.saves[at]
    }

    /// Choices that nobody ticked do not make a form that nobody filled.
    fn finished(self) -> Vec<PlannedSave> {
        let says_something = |save: &PlannedSave| {
            let is_unticked = |entry: &PlannedEntry| {
                let variable = self.layout.variable(&entry.column);
                variable.is_some_and(|one| one.code.is_some())
                    && entry.given == PlannedValue::Text("false".to_owned())
            };
            save.complete.is_some() || !save.entries.iter().all(is_unticked)
        };
        let mut saves = self.saves;
        saves.retain(says_something);
        saves
    }
}

/// A text as the value of a variable.
fn given(variable: &Variable, value: &str, dates: DateOrder) -> Result<PlannedValue, String> {
    if value.is_empty() {
        return Ok(PlannedValue::Clear);
    }
    let is_choice = variable.choices.iter().any(|choice| choice.code == value);
    if let Some(reason) = MissingReason::parse(value).filter(|_| !is_choice) {
        return Ok(PlannedValue::Missing(reason));
    }
    let text = match variable.data_type {
        DataType::Boolean => match value {
            "1" | "Checked" | "true" | "True" => "true".to_owned(),
            "0" | "Unchecked" | "false" | "False" => "false".to_owned(),
            _ => return Err("it is ticked (1) or not (0)".to_owned()),
        },
        DataType::Date => ordered(value, dates),
        DataType::Datetime => ordered(&value.replacen(' ', "T", 1), dates),
        _ => value.to_owned(),
    };
    Ok(PlannedValue::Text(text))
}

/// A date with its parts in order; what is no date stays, and is refused where it is saved.
fn ordered(value: &str, dates: DateOrder) -> String {
    let (date, time) = match value.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (value, None),
    };
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else { return value.to_owned() };
    let (year, month, day) = match dates {
        _ if a.len() == 4 => (a, b, c),
        DateOrder::MonthDayYear => (c, a, b),
        DateOrder::DayMonthYear => (c, b, a),
        DateOrder::YearMonthDay => (a, b, c),
    };
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    time.map_or(date.clone(), |time| format!("{date}T{time}"))
}
