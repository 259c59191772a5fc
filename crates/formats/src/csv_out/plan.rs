//! Which tables and columns a study version has.

use std::collections::{HashMap, HashSet};

use kernel::{
    ItemGroupOid,
    study::{Design, FormDef, ItemDef, ItemGroupDef, ItemGroupRef},
};

use super::{
    field::push_field,
    table::{Item, Items},
};

/// The deepest nesting of groups that is followed, as in a [`Design`].
const MAX_GROUP_DEPTH: usize = 16;

const RECORD_KEYS: [&str; 6] = ["study", "site", "subject", "event", "event_repeat", "form_repeat"];
const REPEAT_KEY: &str = "group_repeat";
const MISSING: &str = "missing";

#[derive(Default)]
pub(super) struct Plan {
    pub(super) tables: Vec<PlannedTable>,
    pub(super) forms: HashMap<Box<str>, FormPlan>,
    /// How each unit is written, as a field.
    pub(super) units: HashMap<String, Vec<u8>>,
}

pub(super) struct PlannedTable {
    pub(super) file: String,
    pub(super) header: Vec<u8>,
    /// How many columns lie between the keys and `missing`.
    pub(super) columns: usize,
}

/// Where the groups of a form go.
#[derive(Default)]
pub(super) struct FormPlan {
    /// The table of the groups that do not repeat.
    pub(super) record_table: Option<usize>,
    pub(super) groups: Vec<GroupPlan>,
}

pub(super) struct GroupPlan {
    pub(super) group: Box<str>,
    pub(super) repeats: bool,
    pub(super) table: usize,
    pub(super) items: Items,
}

/// Plans the tables of all forms, in the order of the study.
pub(super) fn plan(design: &Design, names: &mut FileNames) -> Plan {
    let mut plan = Plan { units: unit_names(design), ..Plan::default() };
    for form in &design.version().forms {
        let mut groups = Vec::new();
        flatten(design, &form.groups, false, MAX_GROUP_DEPTH, &mut groups);
        let form_plan = plan_form(design, form, &groups, names, &mut plan.tables);
        plan.forms.insert(form.oid.as_str().into(), form_plan);
    }
    plan
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

fn plan_form(
    design: &Design,
    form: &FormDef,
    groups: &[(&ItemGroupDef, bool)],
    names: &mut FileNames,
    tables: &mut Vec<PlannedTable>,
) -> FormPlan {
    let mut plan = FormPlan::default();
    let once: Vec<&ItemGroupDef> =
        groups.iter().filter(|(_, repeats)| !repeats).map(|(group, _)| *group).collect();
    if !once.is_empty() || groups.is_empty() {
        plan.record_table = Some(tables.len());
        let (table, items) = plan_table(design, &once, &RECORD_KEYS, names.take(form.oid.as_str()));
        add_groups(&mut plan, &once, items, false, tables.len());
        tables.push(table);
    }
    for (group, _) in groups.iter().filter(|(_, repeats)| *repeats) {
        let keys: Vec<&str> = RECORD_KEYS.into_iter().chain([REPEAT_KEY]).collect();
        let file = names.take(&format!("{}.{}", form.oid, group.oid));
        let (table, items) = plan_table(design, &[*group], &keys, file);
        add_groups(&mut plan, &[*group], items, true, tables.len());
        tables.push(table);
    }
    plan
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

fn plan_table(
    design: &Design,
    groups: &[&ItemGroupDef],
    keys: &[&str],
    file: String,
) -> (PlannedTable, Vec<Items>) {
    let members: Vec<(&ItemGroupDef, &ItemDef)> = groups
        .iter()
        .flat_map(|group| {
            let mut seen = HashSet::new();
            let items = group.items.iter().filter_map(|item| design.item(&item.item));
            items.filter(move |item| seen.insert(&item.oid)).map(|item| (*group, item))
        })
        .collect();
    let mut columns: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let mut taken: HashSet<String> = columns.iter().cloned().collect();
    taken.insert(MISSING.to_owned());
    let shared = shared_names(&members);
    let mut items: HashMap<&str, Vec<Item>> = HashMap::new();
    for (group, item) in members {
        let name = column_name(group, item, &shared, &mut taken);
        let cell = columns.len() - keys.len();
        columns.push(name.clone());
        let has_unit = item.units.len() > 1;
        if has_unit {
            columns.push(unique(&format!("{name}_UNIT"), &mut taken));
        }
        let oid = item.oid.as_str().into();
        let in_group = items.entry(group.oid.as_str()).or_default();
        in_group.push(Item { oid, cell, has_unit, label: name });
    }
    let cells = columns.len() - keys.len();
    columns.push(MISSING.to_owned());
    let table = PlannedTable { file, header: header(&columns), columns: cells };
    let by_group =
        groups.iter().map(|group| Items::new(items.remove(group.oid.as_str()).unwrap_or_default()));
    (table, by_group.collect())
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
fn unique(wished: &str, taken: &mut HashSet<String>) -> String {
    let mut text = wished.to_owned();
    let mut number = 1_u32;
    while !taken.insert(text.to_lowercase()) {
        number += 1;
        text = format!("{wished}_{number}");
    }
    text
}

fn header(columns: &[String]) -> Vec<u8> {
    let mut line = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            line.push(b',');
        }
        push_field(&mut line, column);
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// Units are written by name, and by OID when the name does not tell them apart.
fn unit_names(design: &Design) -> HashMap<String, Vec<u8>> {
    let units = &design.version().units;
    let mut count: HashMap<&str, usize> = HashMap::new();
    for unit in units {
        *count.entry(unit.name.as_str()).or_default() += 1;
    }
    let field = |text: &str| {
        let mut field = Vec::new();
        push_field(&mut field, text);
        field
    };
    units
        .iter()
        .map(|unit| {
            let tells = !unit.name.is_empty() && count.get(unit.name.as_str()) == Some(&1);
            let text = if tells { unit.name.as_str() } else { unit.oid.as_str() };
            (unit.oid.to_string(), field(text))
        })
        .collect()
}

/// Names of files that every file system takes and tells apart.
#[derive(Default)]
pub(super) struct FileNames {
    taken: HashSet<String>,
}

impl FileNames {
    /// `F.VS` becomes `F.VS.csv`; characters that some file systems refuse become `_`.
    pub(super) fn take(&mut self, wished: &str) -> String {
        let plain: String = wished
            .chars()
            .map(
                |c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' },
            )
            .collect();
        let name = unique(&plain, &mut self.taken);
        format!("{name}.csv")
    }
}
