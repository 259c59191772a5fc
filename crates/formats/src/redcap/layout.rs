//! A study version as a REDCap project: which column stands for which item.
//!
//! What came from REDCap goes back as it was. A study that was defined otherwise gets names of the
//! same kind: forms and events by their OIDs, fields by the names of their items. A repeating group
//! is an instrument of its own, for REDCap repeats nothing smaller.

mod fields;
mod names;

use std::collections::{BTreeSet, HashMap};

use kernel::{
    DataType, FormOid, ItemGroupOid, ItemOid, StudyEventOid, StudyVersion,
    study::{Design, GroupShape},
};

use self::names::Names;
use super::{
    dictionary::{Arm, Dictionary, Event, ONLY_EVENT},
    field::{Choice, Column, Field},
    study::kept,
};
use crate::{Finding, Severity};

/// A study version as a project.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub study_oid: String,
    pub dictionary: Dictionary,
    pub instruments: Vec<Instrument>,
    /// In the order of the dictionary.
    pub variables: Vec<Variable>,
    pub events: Vec<EventPlan>,
    /// What the dictionary cannot say of the study.
    pub findings: Vec<Finding>,
    by_name: HashMap<String, usize>,
    by_item: HashMap<(ItemGroupOid, ItemOid), usize>,
}

/// A form, or a repeating group of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    pub name: String,
    pub label: String,
    pub form: FormOid,
    /// The group of which each row is one repeat.
    pub group: Option<ItemGroupOid>,
    /// Whether the form itself repeats.
    pub repeats: bool,
}

/// One column of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Of the column: `race___2` for a choice of the field `race`.
    pub name: String,
    /// The place of its field in the dictionary.
    pub field: usize,
    /// The place of its instrument.
    pub instrument: usize,
    pub group: ItemGroupOid,
    pub item: ItemOid,
    pub data_type: DataType,
    /// The code of a choice of a checkbox field.
    pub code: Option<String>,
    pub choices: Vec<Choice>,
    /// Computed, and never entered.
    pub is_derived: bool,
}

/// An event and its name in the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPlan {
    pub oid: StudyEventOid,
    pub unique_name: String,
    pub repeats: bool,
    /// Instruments that are filled there.
    pub instruments: Vec<usize>,
}

impl Layout {
    /// Plans the project of a study version.
    pub fn of(design: &Design) -> Self {
        let version = design.version();
        let mut layout = Self { study_oid: version.study_oid.to_string(), ..Self::default() };
        let record_id = kept(&version.kept, "RecordIdField").unwrap_or("record_id");
        layout.dictionary.title.clone_from(&version.study_name);
        let missing_codes = kept(&version.kept, "MissingDataCodes").unwrap_or_default();
        missing_codes.clone_into(&mut layout.dictionary.missing_codes);
        let mut names = Names::default();
        names.take(record_id);
        layout.instruments(design, &mut names);
        layout.record_id(version, record_id);
        for at in 0..layout.instruments.len() {
            layout.fields_of(design, at, &mut names);
        }
        layout.events(version);
        layout.languages(version);
        layout.by_name =
            layout.variables.iter().enumerate().map(|(at, one)| (one.name.clone(), at)).collect();
        let by_item = layout.variables.iter().enumerate();
        layout.by_item =
            by_item.map(|(at, one)| ((one.group.clone(), one.item.clone()), at)).collect();
        layout
    }

    /// The column of that name.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.by_name.get(name).map(|at| &self.variables[*at])
    }

    /// The column of an item.
    pub fn variable_of(&self, group: &str, item: &str) -> Option<usize> {
        self.by_item.get(&(ItemGroupOid::new(group), ItemOid::new(item))).copied()
    }

    pub fn instrument(&self, name: &str) -> Option<usize> {
        self.instruments.iter().position(|one| one.name == name)
    }

    /// An event by its unique name; in a project without events its only one.
    pub fn event(&self, unique_name: &str) -> Option<&EventPlan> {
        match self.events.as_slice() {
            [only] if unique_name.is_empty() || unique_name == only.unique_name => Some(only),
            events => events.iter().find(|event| event.unique_name == unique_name),
        }
    }

    pub fn is_longitudinal(&self) -> bool {
        self.events.len() > 1
    }

    /// Whether anything repeats.
    pub fn has_repeats(&self) -> bool {
        self.events.iter().any(|event| event.repeats)
            || self.instruments.iter().any(|one| one.repeats || one.group.is_some())
    }

    fn instruments(&mut self, design: &Design, names: &mut Names) {
        for form in &design.version().forms {
            let label = form.description.in_lang("en").unwrap_or(&form.name).to_owned();
            let name = names.form(form.oid.as_str());
            self.instruments.push(Instrument {
                name,
                label: label.clone(),
                form: form.oid.clone(),
                group: None,
                repeats: form.repeating,
            });
            let groups = design.shape(&form.oid).map_or(&[][..], |shape| shape.groups.as_slice());
            for group in groups.iter().filter(|group| group.repeats) {
                let def = design.group(&group.oid);
                let of = def.and_then(|def| def.description.in_lang("en")).unwrap_or_default();
                self.instruments.push(Instrument {
                    name: names.form(group.oid.as_str()),
                    label: if of.is_empty() { label.clone() } else { of.to_owned() },
                    form: form.oid.clone(),
                    group: Some(group.oid.clone()),
                    repeats: false,
                });
            }
        }
        self.dictionary.form_labels =
            self.instruments.iter().map(|one| (one.name.clone(), one.label.clone())).collect();
    }

    /// The field that names the record; it is nobody's item.
    fn record_id(&mut self, version: &StudyVersion, name: &str) {
        let said = version.items.iter().find(|item| item.oid.as_str() == name);
        let mut field = said.map(|item| fields::kept_field(&item.kept)).unwrap_or_default();
        if field.name().is_empty() {
            field.set(Column::Name, name);
            field.set(Column::Type, "text");
            field.set(Column::Label, "Record ID");
        }
        if self.instrument(field.form()).is_none() {
            let first = self.instruments.first().map_or("form_1", |one| one.name.as_str());
            field.set(Column::Form, first.to_owned());
        }
        self.dictionary.fields.push(field);
    }

    /// The groups whose items stand on an instrument.
    fn groups_of<'a>(&self, design: &'a Design, instrument: usize) -> Vec<&'a GroupShape> {
        let one = &self.instruments[instrument];
        let groups = design.shape(&one.form).map_or(&[][..], |shape| shape.groups.as_slice());
        let mine = |group: &&GroupShape| match &one.group {
            None => !group.repeats,
            Some(oid) => group.oid == *oid,
        };
        groups.iter().filter(mine).collect()
    }

    /// A dictionary has one language: English, where there is an English text.
    fn languages(&mut self, version: &StudyVersion) {
        let tags = version.items.iter().flat_map(|item| item.question.0.keys());
        let others: BTreeSet<&str> = tags
            .map(String::as_str)
            .filter(|tag| !tag.is_empty() && !tag.starts_with("en"))
            .collect();
        if !others.is_empty() {
            let others: Vec<&str> = others.into_iter().collect();
            self.findings.push(Finding {
                severity: Severity::Note,
                file: "dictionary".to_owned(),
                line: None,
                about: format!("study {}", version.study_oid),
                text: format!("labels are in one language; left out: {}", others.join(", ")),
            });
        }
    }

    fn events(&mut self, version: &StudyVersion) {
        let mut taken = BTreeSet::new();
        let is_classic = version.events.len() == 1;
        let said_arms = version.protocol.arms.iter().filter_map(|arm| {
            let number = arm.oid.as_str().strip_prefix("ARM.")?.parse().ok()?;
            Some(Arm { number, name: arm.name.clone() })
        });
        if kept(&version.kept, "RecordIdField").is_some() {
            self.dictionary.arms.extend(said_arms);
        }
        for event in &version.events {
            let said = kept(&event.kept, "ArmNum");
            let arm = said.and_then(|arm| arm.parse().ok()).unwrap_or(1);
            let unique_name = match (is_classic, said) {
                (true, _) => ONLY_EVENT.to_owned(),
                (false, Some(_)) => event.oid.to_string(),
                (false, None) => format!("{}_arm_1", names::plain(event.oid.as_str())),
            };
            let unique_name = names::free(&unique_name, &mut taken);
            let mut instruments = Vec::new();
            for form in &event.forms {
                let of = self.instruments.iter().enumerate();
                let of = of.filter(|(_, one)| one.form == form.form).map(|(at, _)| at);
                instruments.extend(of);
            }
            let kept_or_empty = |name| kept(&event.kept, name).unwrap_or_default().to_owned();
            if !is_classic {
                if !self.dictionary.arms.iter().any(|one| one.number == arm) {
                    let name = format!("Arm {arm}");
                    self.dictionary.arms.push(Arm { number: arm, name });
                }
                self.dictionary.events.push(Event {
                    unique_name: unique_name.clone(),
                    name: event.name.clone(),
                    arm,
                    day_offset: kept_or_empty("DayOffset"),
                    offset_min: kept_or_empty("OffsetMin"),
                    offset_max: kept_or_empty("OffsetMax"),
                    label: kept_or_empty("CustomEventLabel"),
                });
            }
            for at in &instruments {
                let one = &self.instruments[*at];
                let mapping = (unique_name.clone(), one.name.clone());
                if one.repeats || one.group.is_some() {
                    self.dictionary.repeating.push((mapping.0.clone(), Some(mapping.1.clone())));
                }
                if !is_classic {
                    self.dictionary.mappings.push(mapping);
                }
            }
            if event.repeating {
                self.dictionary.repeating.push((unique_name.clone(), None));
            }
            self.events.push(EventPlan {
                oid: event.oid.clone(),
                unique_name,
                repeats: event.repeating,
                instruments,
            });
        }
    }
}

impl Field {
    /// Whether the field is a checkbox field.
    pub fn is_checkbox(&self) -> bool {
        self.kind() == "checkbox"
    }
}
