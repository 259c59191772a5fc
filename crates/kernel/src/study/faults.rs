//! What keeps a draft from being published: references to what does not exist, and contradictions.
//! All faults are listed at once. Expressions are checked by whoever can compile them.

use std::collections::{HashMap, HashSet};

use super::{Design, ItemGroupRef, StudyVersion};
use crate::DataType;

/// One thing that is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind of the definition at fault, as ODM names it: `ItemDef`, `FormDef`, `EditCheck`…
    pub kind: &'static str,
    /// Its OID.
    pub oid: String,
    pub message: String,
}

impl Fault {
    pub fn new(kind: &'static str, oid: impl AsRef<str>, message: impl Into<String>) -> Self {
        Self { kind, oid: oid.as_ref().to_owned(), message: message.into() }
    }
}

/// Every fault of a draft's structure.
pub fn faults(design: &Design) -> Vec<Fault> {
    let mut all = Vec::new();
    let version = design.version();
    if version.study_oid.as_str().is_empty() {
        all.push(Fault::new("Study", "", "the study has no OID"));
    }
    duplicates(version, &mut all);
    references(design, &mut all);
    names(design, &mut all);
    items(design, &mut all);
    protocol(design, &mut all);
    plans(design, &mut all);
    all
}

fn duplicates(version: &StudyVersion, all: &mut Vec<Fault>) {
    fn twice<'a>(kind: &'static str, oids: impl Iterator<Item = &'a str>, all: &mut Vec<Fault>) {
        let mut seen = HashSet::new();
        for oid in oids {
            if oid.is_empty() {
                all.push(Fault::new(kind, oid, "has no OID"));
            } else if oid.chars().any(char::is_control) {
                all.push(Fault::new(kind, oid, "the OID contains a control character"));
            } else if !seen.insert(oid) {
                all.push(Fault::new(kind, oid, "is defined twice"));
            }
        }
    }
    twice("StudyEventDef", version.events.iter().map(|e| e.oid.as_str()), all);
    twice("FormDef", version.forms.iter().map(|e| e.oid.as_str()), all);
    twice("ItemGroupDef", version.item_groups.iter().map(|e| e.oid.as_str()), all);
    twice("ItemDef", version.items.iter().map(|e| e.oid.as_str()), all);
    twice("CodeList", version.code_lists.iter().map(|e| e.oid.as_str()), all);
    twice("MethodDef", version.methods.iter().map(|e| e.oid.as_str()), all);
    twice("ConditionDef", version.conditions.iter().map(|e| e.oid.as_str()), all);
    twice("MeasurementUnit", version.units.iter().map(|e| e.oid.as_str()), all);
    twice("EditCheck", version.checks.iter().map(|e| e.oid.as_str()), all);
    for list in &version.code_lists {
        let mut seen = HashSet::new();
        for item in list.items.iter().filter(|item| !seen.insert(&item.coded_value)) {
            let message = format!("the coded value '{}' occurs twice", item.coded_value);
            all.push(Fault::new("CodeList", &list.oid, message));
        }
    }
}

fn references(design: &Design, all: &mut Vec<Fault>) {
    let version = design.version();
    let condition = |kind, oid: &str, exception: &Option<crate::ConditionOid>| {
        let missing = exception.as_ref().filter(|c| design.condition(c).is_none());
        missing.map(|c| {
            Fault::new(kind, oid, format!("refers to ConditionDef {c}, which is not defined"))
        })
    };
    for event in &version.events {
        let mut seen = HashSet::new();
        for form in &event.forms {
            if !seen.insert(&form.form) {
                let message = format!("refers to FormDef {} twice", form.form);
                all.push(Fault::new("StudyEventDef", &event.oid, message));
            }
            if design.form(&form.form).is_none() {
                let message = format!("refers to FormDef {}, which is not defined", form.form);
                all.push(Fault::new("StudyEventDef", &event.oid, message));
            }
            all.extend(condition("StudyEventDef", event.oid.as_str(), &form.exception));
        }
    }
    let mut groups = |kind, oid: &str, refs: &[ItemGroupRef]| {
        for group in refs {
            if design.group(&group.group).is_none() {
                let message =
                    format!("refers to ItemGroupDef {}, which is not defined", group.group);
                all.push(Fault::new(kind, oid, message));
            }
            all.extend(condition(kind, oid, &group.exception));
        }
    };
    for form in &version.forms {
        groups("FormDef", form.oid.as_str(), &form.groups);
    }
    for group in &version.item_groups {
        groups("ItemGroupDef", group.oid.as_str(), &group.groups);
    }
    for group in &version.item_groups {
        let mut seen = HashSet::new();
        for item in &group.items {
            let mut say =
                |message: String| all.push(Fault::new("ItemGroupDef", &group.oid, message));
            if design.item(&item.item).is_none() {
                say(format!("refers to ItemDef {}, which is not defined", item.item));
            }
            if !seen.insert(&item.item) {
                say(format!("refers to ItemDef {} twice", item.item));
            }
            if let Some(method) = item.method.as_ref().filter(|m| design.method(m).is_none()) {
                say(format!("refers to MethodDef {method}, which is not defined"));
            }
            all.extend(condition("ItemGroupDef", group.oid.as_str(), &item.exception));
        }
    }
}

/// Expressions refer to items by name, so a name means one item in a form.
fn names(design: &Design, all: &mut Vec<Fault>) {
    for form in &design.version().forms {
        let Some(shape) = design.shape(&form.oid) else { continue };
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for (_, item) in shape.items() {
            let other = seen.insert(&item.name, item.oid.as_str());
            if let Some(other) = other.filter(|other| *other != item.oid.as_str()) {
                let message =
                    format!("items {other} and {} are both named '{}'", item.oid, item.name);
                all.push(Fault::new("FormDef", &form.oid, message));
            }
        }
    }
}

fn items(design: &Design, all: &mut Vec<Fault>) {
    for item in &design.version().items {
        let mut say = |message: String| all.push(Fault::new("ItemDef", &item.oid, message));
        for unit in item.units.iter().filter(|unit| design.unit(unit).is_none()) {
            say(format!("refers to MeasurementUnit {unit}, which is not defined"));
        }
        if let Some(oid) = &item.code_list {
            match design.code_list(oid) {
                None => say(format!("refers to CodeList {oid}, which is not defined")),
                Some(list) if list.data_type.is_number() != item.data_type.is_number() => {
                    say(format!(
                        "is {}, its CodeList {oid} is {}",
                        item.data_type.as_odm(),
                        list.data_type.as_odm()
                    ));
                }
                Some(_) => {}
            }
        }
        for check in &item.range_checks {
            let numbers = item.data_type.is_number() && check.comparator.is_some();
            for value in check.values.iter().filter(|_| numbers) {
                if crate::canonical(DataType::Decimal, value).is_err() {
                    say(format!("a RangeCheck compares with '{value}', which is not a number"));
                }
            }
            if check.comparator.is_some() && check.values.is_empty() {
                say("a RangeCheck has a comparator and no value".to_owned());
            }
        }
    }
}

fn protocol(design: &Design, all: &mut Vec<Fault>) {
    let protocol = &design.version().protocol;
    for reference in &protocol.event_refs {
        if design.event(&reference.event).is_none() {
            let message =
                format!("refers to StudyEventDef {}, which is not defined", reference.event);
            all.push(Fault::new("Protocol", "", message));
        }
    }
    for timing in &protocol.timings {
        let (event, anchor) = (&timing.event, &timing.anchor);
        if design.event(event).is_none() {
            let message = format!("refers to StudyEventDef {event}, which is not defined");
            all.push(Fault::new("TimingConstraint", &timing.oid, message));
        }
        if design.event(anchor).is_none() {
            let message =
                format!("its window counts from StudyEventDef {anchor}, which is not defined");
            all.push(Fault::new("StudyEventDef", event, message));
        }
    }
    for arm in &protocol.arms {
        for epoch in arm.epochs.iter().filter(|e| !protocol.epochs.iter().any(|one| one.oid == **e))
        {
            let message = format!("refers to Epoch {epoch}, which is not defined");
            all.push(Fault::new("Arm", &arm.oid, message));
        }
    }
}

fn plans(design: &Design, all: &mut Vec<Fault>) {
    let version = design.version();
    for check in &version.checks {
        let mut say = |message: String| all.push(Fault::new("EditCheck", &check.oid, message));
        let Some(shape) = design.shape(&check.form) else {
            say(format!("runs on FormDef {}, which is not defined", check.form));
            continue;
        };
        if let Some(group) = check.group.as_ref().filter(|group| shape.group(group).is_none()) {
            say(format!("runs on group {group}, which form {} does not have", check.form));
        }
        if !shape.items().any(|(_, item)| item.oid == check.item) {
            say(format!("asks at item {}, which form {} does not have", check.item, check.form));
        }
        for event in check.events.iter().filter(|event| design.event(event).is_none()) {
            say(format!("runs at event {event}, which is not defined"));
        }
        if check.message.is_empty() {
            say("has no message".to_owned());
        }
    }
    let planned =
        version.sdv.rules.iter().flat_map(|rule| &rule.items).map(|item| ("SdvPlan", item));
    let blinded = version.blinding.items.iter().map(|item| ("Blinding", item));
    let dates = version.visit_dates.iter().map(|item| ("VisitDates", item));
    for (kind, item) in planned.chain(blinded).chain(dates) {
        if design.item(item).is_none() {
            all.push(Fault::new(kind, item, "names an item that is not defined"));
        }
    }
}
