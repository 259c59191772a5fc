//! Which tables and columns a study version has.

use std::collections::{HashMap, HashSet};

use kernel::{
    DataType, ItemGroupOid,
    study::{Design, FormDef, ItemDef, ItemGroupDef, ItemGroupRef},
};

use super::{
    Column, Role, TableDef,
    items::{Item, Items},
};

/// The deepest nesting of groups that is followed, as in a [`Design`].
const MAX_GROUP_DEPTH: usize = 16;

/// The column that some formats put behind the others.
const MISSING: &str = "missing";

/// The keys of a table: name, short name, label.
type Key = (&'static str, &'static str, &'static str);

pub(super) const STUDY: Key = ("study", "STUDYID", "Study");
pub(super) const SITE: Key = ("site", "SITEID", "Site");
pub(super) const SUBJECT: Key = ("subject", "SUBJID", "Subject");
pub(super) const EVENT: Key = ("event", "EVENT", "Study event");
pub(super) const EVENT_REPEAT: Key = ("event_repeat", "EVENTRPT", "Repeat of the study event");
pub(super) const FORM: Key = ("form", "FORM", "Form");
pub(super) const FORM_REPEAT: Key = ("form_repeat", "FORMRPT", "Repeat of the form");
pub(super) const GROUP_REPEAT: Key = ("group_repeat", "GROUPRPT", "Repeat of the item group");

const RECORD_KEYS: [Key; 6] = [STUDY, SITE, SUBJECT, EVENT, EVENT_REPEAT, FORM_REPEAT];

#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) tables: Vec<TableDef>,
    pub(crate) forms: HashMap<Box<str>, FormPlan>,
    /// How each unit is written.
    pub(crate) units: HashMap<String, String>,
}

/// Where the groups of a form go.
#[derive(Debug, Default)]
pub(crate) struct FormPlan {
    /// The table of the groups that do not repeat.
    pub(crate) record_table: Option<usize>,
    pub(crate) groups: Vec<GroupPlan>,
}

#[derive(Debug)]
pub(crate) struct GroupPlan {
    pub(crate) group: Box<str>,
    pub(crate) repeats: bool,
    pub(crate) table: usize,
    pub(crate) items: Items,
}

/// Plans the tables of all forms, in the order of the study, with labels in a language.
pub(crate) fn plan(design: &Design, lang: &str) -> Plan {
    let mut plan = Plan { units: unit_names(design), ..Plan::default() };
    let planner = Planner { design, lang };
    for form in &design.version().forms {
        let mut groups = Vec::new();
        flatten(design, &form.groups, false, MAX_GROUP_DEPTH, &mut groups);
        let form_plan = planner.form(form, &groups, &mut plan.tables);
        plan.forms.insert(form.oid.as_str().into(), form_plan);
    }
    plan
}

/// A column that is part of the key.
pub(super) fn key_column((name, short_name, label): Key) -> Column {
    Column {
        name: name.to_owned(),
        label: label.to_owned(),
        role: Role::Key,
        data_type: DataType::Text,
        length: None,
        decimals: None,
        short_name: Some(short_name.to_owned()),
        item: None,
        origin: None,
    }
}

/// The groups of a form with nested ones; what lies in a repeating group repeats with it.
fn flatten<'d>(
    design: &'d Design,
    refs: &[ItemGroupRef],
    in_repeat: bool,
    depth: usize,
    into: &mut Vec<(&'d ItemGroupDef, bool)>,
) {
    for reference in refs {
        let known = |oid: &ItemGroupOid| into.iter().any(|(group, _)| group.oid == *oid);
        if depth == 0 || known(&reference.group) {
            continue;
        }
        if let Some(group) = design.group(&reference.group) {
            let repeats = in_repeat || group.repeats();
            into.push((group, repeats));
            flatten(design, &group.groups, repeats, depth - 1, into);
        }
    }
}

struct Planner<'d> {
    design: &'d Design,
    lang: &'d str,
}

impl<'d> Planner<'d> {
    fn form(
        &self,
        form: &FormDef,
        groups: &[(&'d ItemGroupDef, bool)],
        tables: &mut Vec<TableDef>,
    ) -> FormPlan {
        let mut plan = FormPlan::default();
        let form_label = form.description.in_lang(self.lang).unwrap_or(&form.name);
        let once: Vec<&ItemGroupDef> =
            groups.iter().filter(|(_, repeats)| !repeats).map(|(group, _)| *group).collect();
        if !once.is_empty() || groups.is_empty() {
            plan.record_table = Some(tables.len());
            let (columns, items) = self.columns(&once, &RECORD_KEYS);
            add_groups(&mut plan, &once, items, false, tables.len());
            tables.push(TableDef {
                name: form.oid.to_string(),
                label: form_label.to_owned(),
                form: Some(form.oid.clone()),
                dataset_name: match once.as_slice() {
                    [only] => only.sas_dataset_name.clone(),
                    _ => None,
                },
                columns,
                ..TableDef::default()
            });
        }
        for (group, _) in groups.iter().filter(|(_, repeats)| *repeats) {
            let keys: Vec<Key> = RECORD_KEYS.into_iter().chain([GROUP_REPEAT]).collect();
            let (columns, items) = self.columns(&[*group], &keys);
            add_groups(&mut plan, &[*group], items, true, tables.len());
            let group_label = group.description.in_lang(self.lang).unwrap_or(&group.name);
            let label = match () {
                () if group_label.is_empty() || group_label == form_label => form_label.to_owned(),
                () if form_label.is_empty() => group_label.to_owned(),
                () => format!("{form_label}: {group_label}"),
            };
            tables.push(TableDef {
                name: format!("{}.{}", form.oid, group.oid),
                label,
                form: Some(form.oid.clone()),
                group: Some(group.oid.clone()),
                dataset_name: group.sas_dataset_name.clone(),
                columns,
                ..TableDef::default()
            });
        }
        plan
    }

    fn columns(&self, groups: &[&'d ItemGroupDef], keys: &[Key]) -> (Vec<Column>, Vec<Items>) {
        let members: Vec<(&ItemGroupDef, &ItemDef)> = groups
            .iter()
            .flat_map(|group| {
                let mut seen = HashSet::new();
                let items = group.items.iter().filter_map(|item| self.design.item(&item.item));
                items.filter(move |item| seen.insert(&item.oid)).map(|item| (*group, item))
            })
            .collect();
        let mut columns: Vec<Column> = keys.iter().copied().map(key_column).collect();
        let mut taken: HashSet<String> = columns.iter().map(|key| key.name.clone()).collect();
        taken.insert(MISSING.to_owned());
        let shared = shared_names(&members);
        let mut items: HashMap<&str, Vec<Item>> = HashMap::new();
        for (group, item) in members {
            let name = column_name(group, item, &shared, &mut taken);
            let cell = columns.len() - keys.len();
            let has_unit = item.units.len() > 1;
            columns.push(self.value_column(item, &name));
            if has_unit {
                columns.push(unit_column(
                    item,
                    &columns[columns.len() - 1],
                    unique(&format!("{name}_UNIT"), &mut taken),
                ));
            }
            let oid = item.oid.as_str().into();
            let in_group = items.entry(group.oid.as_str()).or_default();
            in_group.push(Item { oid, cell, has_unit, label: name });
        }
        let by_group = groups
            .iter()
            .map(|group| Items::new(items.remove(group.oid.as_str()).unwrap_or_default()));
        let by_group = by_group.collect();
        (columns, by_group)
    }

    fn value_column(&self, item: &ItemDef, name: &str) -> Column {
        let described = item.description.in_lang(self.lang);
        let label = described.or_else(|| item.question.in_lang(self.lang)).unwrap_or(&item.name);
        Column {
            name: name.to_owned(),
            label: label.to_owned(),
            role: Role::Value,
            data_type: item.data_type,
            length: item.length,
            decimals: item.significant_digits,
            short_name: item.sas_field_name.clone(),
            item: Some(item.oid.clone()),
            origin: None,
        }
    }
}

fn unit_column(item: &ItemDef, of: &Column, name: String) -> Column {
    Column {
        name,
        label: format!("{} (unit)", of.label),
        role: Role::Unit,
        data_type: DataType::Text,
        length: None,
        decimals: None,
        short_name: None,
        item: Some(item.oid.clone()),
        origin: None,
    }
}

fn add_groups(
    plan: &mut FormPlan,
    groups: &[&ItemGroupDef],
    items: Vec<Items>,
    repeats: bool,
    table: usize,
) {
    for (group, items) in groups.iter().zip(items) {
        plan.groups.push(GroupPlan { group: group.oid.as_str().into(), repeats, table, items });
    }
}

/// The names, in lower case, that several items of a table have.
fn shared_names(members: &[(&ItemGroupDef, &ItemDef)]) -> HashSet<String> {
    let mut seen = HashSet::new();
    let names = members.iter().map(|(_, item)| item.name.to_lowercase());
    names.filter(|name| !seen.insert(name.clone())).collect()
}

/// The item's name; when that is not enough to tell it, with its OID, then with its group's.
fn column_name(
    group: &ItemGroupDef,
    item: &ItemDef,
    shared: &HashSet<String>,
    taken: &mut HashSet<String>,
) -> String {
    let lower = item.name.to_lowercase();
    if !item.name.is_empty() && !shared.contains(&lower) && taken.insert(lower) {
        return item.name.clone();
    }
    let with_oid = if item.name.is_empty() {
        item.oid.to_string()
    } else {
        format!("{}.{}", item.name, item.oid)
    };
    if taken.insert(with_oid.to_lowercase()) {
        return with_oid;
    }
    unique(&format!("{with_oid}.{}", group.oid), taken)
}

/// The wished text, with a number behind it if it is taken.
pub(crate) fn unique(wished: &str, taken: &mut HashSet<String>) -> String {
    let mut text = wished.to_owned();
    let mut number = 1_u32;
    while !taken.insert(text.to_lowercase()) {
        number += 1;
        text = format!("{wished}_{number}");
    }
    text
}

/// Units are written by name, and by OID when the name does not tell them apart.
fn unit_names(design: &Design) -> HashMap<String, String> {
    let units = &design.version().units;
    let mut count: HashMap<&str, usize> = HashMap::new();
    for unit in units {
        *count.entry(unit.name.as_str()).or_default() += 1;
    }
    units
        .iter()
        .map(|unit| {
            let tells = !unit.name.is_empty() && count.get(unit.name.as_str()) == Some(&1);
            let text = if tells { unit.name.as_str() } else { unit.oid.as_str() };
            (unit.oid.to_string(), text.to_owned())
        })
        .collect()
}
