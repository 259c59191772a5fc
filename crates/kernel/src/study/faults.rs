//! What keeps a draft from being published: references to what does not exist, and contradictions.
//! All faults are listed at once. Expressions are checked by whoever can compile them.

mod plans;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
};

use super::{Design, ItemGroupRef, StudyVersion};
use crate::{DataType, Wording};

/// One thing that is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind of the definition at fault, as ODM names it: `ItemDef`, `FormDef`, `EditCheck`…
    pub kind: &'static str,
    /// Its OID.
    pub oid: String,
    pub message: Wording,
}

impl Fault {
    pub fn new(kind: &'static str, oid: impl AsRef<str>, message: Wording) -> Self {
        Self { kind, oid: oid.as_ref().to_owned(), message }
    }
}

/// Every fault of a draft's structure.
pub fn faults(design: &Design) -> Vec<Fault> {
    let mut all = Vec::new();
    let version = design.version();
    if version.study_oid.as_str().is_empty() {
        let message = Wording::new("the study has no OID", "研究没有 OID");
        all.push(Fault::new("Study", "", message));
    }
    duplicates(version, &mut all);
    references(design, &mut all);
    names(design, &mut all);
    items(design, &mut all);
    plans::protocol(design, &mut all);
    plans::plans(design, &mut all);
    all
}

/// A reference to what does not exist.
fn undefined(kind: &str, oid: impl Display) -> Wording {
    Wording::new(
        format!("refers to {kind} {oid}, which is not defined"),
        format!("引用了未定义的 {kind} {oid}"),
    )
}

fn twice_there(kind: &str, oid: impl Display) -> Wording {
    let zh = format!("重复引用了 {kind} {oid}");
    Wording::new(format!("refers to {kind} {oid} twice"), zh)
}

fn duplicates(version: &StudyVersion, all: &mut Vec<Fault>) {
    fn twice<'a>(kind: &'static str, oids: impl Iterator<Item = &'a str>, all: &mut Vec<Fault>) {
        let mut seen = HashSet::new();
        for oid in oids {
            let message = if oid.is_empty() {
                Wording::new("has no OID", "没有 OID")
            } else if oid.chars().any(char::is_control) {
                Wording::new("the OID contains a control character", "OID 含有控制字符")
            } else if !seen.insert(oid) {
                Wording::new("is defined twice", "重复定义")
            } else {
                continue;
            };
            all.push(Fault::new(kind, oid, message));
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
            let value = &item.coded_value;
            let message = Wording::new(
                format!("the coded value '{value}' occurs twice"),
                format!("编码值“{value}”重复出现"),
            );
            all.push(Fault::new("CodeList", &list.oid, message));
        }
    }
}

fn references(design: &Design, all: &mut Vec<Fault>) {
    let version = design.version();
    let condition = |kind, oid: &str, exception: &Option<crate::ConditionOid>| {
        let missing = exception.as_ref().filter(|c| design.condition(c).is_none());
        missing.map(|c| Fault::new(kind, oid, undefined("ConditionDef", c)))
    };
    for planned in &version.protocol.event_refs {
        all.extend(condition("StudyEventDef", planned.event.as_str(), &planned.exception));
    }
    for event in &version.events {
        let mut seen = HashSet::new();
        for form in &event.forms {
            let mut say = |message| all.push(Fault::new("StudyEventDef", &event.oid, message));
            if !seen.insert(&form.form) {
                say(twice_there("FormDef", &form.form));
            }
            if design.form(&form.form).is_none() {
                say(undefined("FormDef", &form.form));
            }
            all.extend(condition("StudyEventDef", event.oid.as_str(), &form.exception));
        }
    }
    let mut groups = |kind, oid: &str, refs: &[ItemGroupRef]| {
        for group in refs {
            if design.group(&group.group).is_none() {
                all.push(Fault::new(kind, oid, undefined("ItemGroupDef", &group.group)));
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
            let mut say = |message| all.push(Fault::new("ItemGroupDef", &group.oid, message));
            if design.item(&item.item).is_none() {
                say(undefined("ItemDef", &item.item));
            }
            if !seen.insert(&item.item) {
                say(twice_there("ItemDef", &item.item));
            }
            if let Some(method) = item.method.as_ref().filter(|m| design.method(m).is_none()) {
                say(undefined("MethodDef", method));
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
                let message = Wording::new(
                    format!("items {other} and {} are both named '{}'", item.oid, item.name),
                    format!("条目 {other} 与 {} 同名“{}”", item.oid, item.name),
                );
                all.push(Fault::new("FormDef", &form.oid, message));
            }
        }
    }
}

fn items(design: &Design, all: &mut Vec<Fault>) {
    for item in &design.version().items {
        let mut say = |message: Wording| all.push(Fault::new("ItemDef", &item.oid, message));
        for unit in item.units.iter().filter(|unit| design.unit(unit).is_none()) {
            say(undefined("MeasurementUnit", unit));
        }
        if let Some(oid) = &item.code_list {
            match design.code_list(oid) {
                None => say(undefined("CodeList", oid)),
                Some(list) if list.data_type.is_number() != item.data_type.is_number() => {
                    let (own, its) = (item.data_type.as_odm(), list.data_type.as_odm());
                    say(Wording::new(
                        format!("is {own}, its CodeList {oid} is {its}"),
                        format!("类型为 {own}，而其 CodeList {oid} 为 {its}"),
                    ));
                }
                Some(_) => {}
            }
        }
        for check in &item.range_checks {
            let numbers = item.data_type.is_number() && check.comparator.is_some();
            for value in check.values.iter().filter(|_| numbers) {
                if crate::canonical(DataType::Decimal, value).is_err() {
                    say(Wording::new(
                        format!("a RangeCheck compares with '{value}', which is not a number"),
                        format!("RangeCheck 的界限值“{value}”不是数字"),
                    ));
                }
            }
            if check.comparator.is_some() && check.values.is_empty() {
                say(Wording::new(
                    "a RangeCheck has a comparator and no value",
                    "RangeCheck 有比较方式而没有界限值",
                ));
            }
        }
    }
}
