//! What a mapping names, against what the study has.

use std::collections::HashSet;

use kernel::{
    FormOid, ItemGroupOid, ItemOid, StudyEventOid,
    study::{Design, ItemDef},
};

use super::{
    Mapping,
    convert::Conversion,
    resolve,
    rule::{EventMap, ItemRule, Pivot, Reading, RecordRule, Source, Target},
};
use crate::{Finding, Severity};

/// Names every event, form, group, item and code of a mapping that the study does not have, and
/// everything else that could not be loaded, before a row is read. Each finding is an error.
pub fn check(mapping: &Mapping, design: &Design) -> Vec<Finding> {
    let mut check = Check { mapping, design, findings: Vec::new() };
    let study = design.version().study_oid.as_str();
    if mapping.study() != study {
        let text = format!("the mapping is for the study {}, not for {study}", mapping.study());
        check.find(1, "study", text);
    }
    if let Target::Record(rule) = &mapping.rules.target {
        check.record(rule);
    }
    check.findings
}

struct Check<'c> {
    mapping: &'c Mapping,
    design: &'c Design,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn find(&mut self, line: u32, about: impl Into<String>, text: impl Into<String>) {
        self.findings.push(Finding {
            severity: Severity::Error,
            file: self.mapping.file.clone(),
            line: Some(line).filter(|line| *line > 0),
            about: about.into(),
            text: text.into(),
        });
    }

    fn record(&mut self, rule: &RecordRule) {
        let stated = |source: &Source| match source {
            Source::Value(value) => Some(value.clone()),
            Source::Column(_) => None,
        };
        let event = stated(&rule.event.source).filter(|_| rule.events.is_none());
        let form = stated(&rule.form.source);
        self.events(rule, event.as_deref());
        self.form(rule, event.as_deref(), form.as_deref());
        let form = form.map(FormOid::from).filter(|form| self.design.form(form).is_some());
        for group in rule.group_repeats.keys() {
            self.group_repeat(group, form.as_ref());
        }
        let mut seen = HashSet::new();
        for item in &rule.items {
            if !seen.insert((&item.group, &item.item)) {
                self.find(item.cell.line, &item.item, "the item is mapped twice");
            }
            self.item(item, form.as_ref());
        }
        if let Some(pivot) = &rule.pivot {
            self.pivot(pivot, form.as_ref());
        }
    }

    fn events(&mut self, rule: &RecordRule, stated: Option<&str>) {
        let line = rule.events.as_ref().map_or(rule.event.line, |map| map.line);
        let mapped = rule.events.iter().flat_map(EventMap::events);
        let unknown: Vec<String> = mapped
            .chain(stated)
            .filter(|event| self.design.event(&StudyEventOid::new(event)).is_none())
            .map(str::to_owned)
            .collect();
        for event in unknown {
            self.find(line, event, "the study has no such event");
        }
    }

    fn form(&mut self, rule: &RecordRule, event: Option<&str>, form: Option<&str>) {
        let Some(form) = form else { return };
        let oid = FormOid::new(form);
        let line = rule.form.line;
        let Some(def) = self.design.form(&oid) else {
            return self.find(line, form, "the study has no such form");
        };
        if !def.repeating && rule.form_repeat.is_some() {
            self.find(line, form, "the form does not repeat, but the mapping names a repeat key");
        }
        let events: Vec<&str> =
            event.into_iter().chain(rule.events.iter().flat_map(EventMap::events)).collect();
        let holds = |event: &&str| {
            let def = self.design.event(&StudyEventOid::new(event));
            def.is_some_and(|def| def.forms.iter().any(|reference| reference.form == oid))
        };
        if !events.is_empty() && !events.iter().any(holds) {
            let text = format!("the form does not occur in {}", events.join(", "));
            self.find(line, form, text);
        }
    }

    fn group_repeat(&mut self, group: &str, form: Option<&FormOid>) {
        let oid = ItemGroupOid::new(group);
        if !self.group_is_known(&oid, form, 0) {
            return;
        }
        if self.design.group(&oid).is_some_and(|def| !def.repeats()) {
            self.find(0, group, "the group does not repeat, but the mapping names a repeat key");
        }
    }

    /// Says so if the study, or the form, does not have a group.
    fn group_is_known(&mut self, group: &ItemGroupOid, form: Option<&FormOid>, line: u32) -> bool {
        if self.design.group(group).is_none() {
            self.find(line, group.as_str(), "the study has no such item group");
            return false;
        }
        if let Some(form) = form
            && !self.design.groups_of(form).contains(group)
        {
            self.find(line, group.as_str(), format!("the form {form} has no such item group"));
            return false;
        }
        true
    }

    fn item(&mut self, rule: &ItemRule, form: Option<&FormOid>) {
        let line = rule.cell.line;
        let group = ItemGroupOid::new(&rule.group);
        if !self.group_is_known(&group, form, line) {
            return;
        }
        let oid = ItemOid::new(&rule.item);
        let Some(def) = self.design.item(&oid) else {
            return self.find(line, &rule.item, "the study has no such item");
        };
        let reference =
            self.design.group(&group).and_then(|g| g.items.iter().find(|i| i.item == oid));
        match reference {
            None => self.find(line, &rule.item, format!("the group {group} has no such item")),
            Some(reference) if reference.method.is_some() => {
                self.find(line, &rule.item, "the item is derived and never entered");
            }
            Some(_) => self.reading(&rule.reading, def, line),
        }
        if let Source::Value(value) = &rule.cell.source {
            self.code(def, value, line);
        }
    }

    fn reading(&mut self, reading: &Reading, item: &ItemDef, line: u32) {
        match &reading.conversion {
            Conversion::Map(map) => {
                for value in map.values() {
                    self.code(item, value, line);
                }
            }
            Conversion::Decode(language) => {
                if let Err(text) = resolve::decodes(item, self.design, language) {
                    self.find(line, item.oid.as_str(), text);
                }
            }
            Conversion::Number(_) if !item.data_type.is_number() => {
                self.find(line, item.oid.as_str(), "the item is no number");
            }
            _ => {}
        }
    }

    /// Says so if a value is not in the item's code list.
    fn code(&mut self, item: &ItemDef, value: &str, line: u32) {
        let list = item.code_list.as_ref().and_then(|oid| self.design.code_list(oid));
        let Some(list) = list.filter(|list| list.external.is_none()) else { return };
        if !list.items.iter().any(|code| code.coded_value == value) {
            let text = format!("the code list {} has no code '{value}'", list.oid);
            self.find(line, item.oid.as_str(), text);
        }
    }

    fn pivot(&mut self, pivot: &Pivot, form: Option<&FormOid>) {
        let group = ItemGroupOid::new(&pivot.group);
        if !self.group_is_known(&group, form, pivot.line) {
            return;
        }
        let (before, after) = &pivot.item;
        let fits =
            |oid: &ItemOid| oid.as_str().starts_with(before) && oid.as_str().ends_with(after);
        let known =
            self.design.group(&group).is_some_and(|g| g.items.iter().any(|i| fits(&i.item)));
        if !known {
            let about = format!("{before}*{after}");
            self.find(pivot.line, about, format!("the group {group} has no item of this form"));
        }
    }
}
