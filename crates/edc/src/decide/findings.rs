//! What the checks say of a record as it would be after a save.

use std::collections::BTreeSet;

use kernel::{
    CheckOid, Datum, ItemOid, RepeatKey, Texts,
    casebook::{Casebook, FormRecord, ItemKey, RecordKey, RowChanges, RowKey, range_check_holds},
    study::{CheckAction, ItemShape, RangeCheck},
};
use rules::{Facts, Outcome};

use super::facts::RecordFacts;
use crate::compiled::{Compiled, CompiledCheck, FormRules};

/// The verdict of one check at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub check: CheckOid,
    pub record: RecordKey,
    pub item: ItemKey,
    pub action: CheckAction,
    /// `Some` when the check does not hold: what to say and the values it saw.
    pub fails: Option<(Texts, String)>,
}

/// Runs every check that the changes of a record can touch: range checks and mandatory items of
/// the record, the edit checks of its form, and checks of other records that read this one.
pub(crate) fn findings(
    compiled: &Compiled,
    casebook: &Casebook,
    key: &RecordKey,
    working: &FormRecord,
    changes: &[RowChanges],
) -> Vec<Finding> {
    let mut all = Vec::new();
    let Some(rules) = compiled.rules(&key.form) else { return all };
    range_findings(compiled, key, changes, &mut all);
    mandatory_findings(compiled, casebook, rules, key, working, &mut all);
    let touched: BTreeSet<&RowKey> = changes.iter().map(|changes| &changes.0).collect();
    let facts =
        RecordFacts { compiled, casebook, rules, key, record: working, saving: None, row: None };
    for check in &rules.checks {
        run(check, &facts, |row| touched.contains(row) || reads_record(check, rules), &mut all);
    }
    for (form, at) in &rules.dependents {
        let Some(others) = compiled.rules(form) else { continue };
        let elsewhere = casebook
            .records
            .iter()
            .filter(|(other, record)| other.form == *form && *other != key && !record.removed);
        for (other, record) in elsewhere {
            let saving = Some((key, working));
            let facts = RecordFacts {
                compiled,
                casebook,
                rules: others,
                key: other,
                record,
                saving,
                row: None,
            };
            run(&others.checks[*at], &facts, |_| true, &mut all);
        }
    }
    all
}

/// Whether a check of a row also reads items outside its row, so that any change can touch it.
fn reads_record(check: &CompiledCheck, rules: &FormRules) -> bool {
    let outside = |name: &String| {
        let places = rules.names.get(name.as_str());
        !places.is_some_and(|places| {
            places.iter().any(|(row, _)| Some(&row.group) == check.group.as_ref())
        })
    };
    check.rule.names().iter().any(outside) || !check.rule.reads().is_empty()
}

fn run(
    check: &CompiledCheck,
    facts: &RecordFacts<'_>,
    wanted: impl Fn(&RowKey) -> bool,
    all: &mut Vec<Finding>,
) {
    if !check.events.is_empty() && !check.events.contains(&facts.key.event) {
        return;
    }
    let mut at = |row: Option<&RowKey>| {
        let facts = RecordFacts { row, ..*facts };
        let first = || RowKey { group: check.item_group.clone(), repeat: RepeatKey::first() };
        let place = row.filter(|row| row.group == check.item_group).cloned().unwrap_or_else(first);
        let fails = (check.rule.evaluate(&facts) == Outcome::False)
            .then(|| (check.message.clone(), seen(check, &facts)));
        all.push(Finding {
            check: check.oid.clone(),
            record: facts.key.clone(),
            item: ItemKey { row: place, item: check.item.clone() },
            action: check.action,
            fails,
        });
    };
    match &check.group {
        None => at(None),
        Some(group) => {
            facts
                .record
                .rows_of(group)
                .filter(|(row, _)| wanted(row))
                .for_each(|(row, _)| at(Some(row)));
        }
    }
}

/// The values that a check saw, so that a query about them is not asked twice.
fn seen(check: &CompiledCheck, facts: &RecordFacts<'_>) -> String {
    let mut text = String::new();
    for name in check.rule.names() {
        let shown = facts.item(name).map_or("", |datum| datum.text().unwrap_or("?"));
        text.push_str(name);
        text.push('=');
        text.extend(shown.chars().take(MAX_SEEN_CHARS));
        text.push(';');
    }
    text
}

/// The characters of a value that are kept to tell it from others.
const MAX_SEEN_CHARS: usize = 40;

fn range_findings(
    compiled: &Compiled,
    key: &RecordKey,
    changes: &[RowChanges],
    all: &mut Vec<Finding>,
) {
    let Some(shape) = compiled.design.shape(&key.form) else { return };
    for changes in changes {
        let Some(group) = shape.group(&changes.0.group) else { continue };
        for change in &changes.1 {
            let Some(item) = group.item(&change.0) else { continue };
            let soft = item.range_checks.iter().enumerate().filter(|(_, check)| !check.hard);
            for (at, check) in soft {
                let fails = change.2.as_ref().and_then(|datum| out_of_range(item, check, datum));
                all.push(Finding {
                    check: CheckOid::new(format!("RangeCheck.{}.{}", item.oid, at + 1)),
                    record: key.clone(),
                    item: ItemKey { row: changes.0.clone(), item: item.oid.clone() },
                    action: CheckAction::Query,
                    fails,
                });
            }
        }
    }
}

fn out_of_range(item: &ItemShape, check: &RangeCheck, datum: &Datum) -> Option<(Texts, String)> {
    let Datum::Value { text, unit } = datum else { return None };
    if check.unit.is_some() && unit.is_some() && check.unit != *unit {
        return None;
    }
    let fails = range_check_holds(check, item.data_type, text) == Some(false);
    let message = || {
        if check.message.is_empty() {
            let mut texts = Texts::one("en", format!("{} is out of range", item.name));
            texts.set("zh-CN", format!("{} 超出范围", item.name));
            texts
        } else {
            check.message.clone()
        }
    };
    fails.then(|| (message(), text.to_string()))
}

/// Mandatory items that are blank in a complete record, where they are collected.
fn mandatory_findings(
    compiled: &Compiled,
    casebook: &Casebook,
    rules: &FormRules,
    key: &RecordKey,
    working: &FormRecord,
    all: &mut Vec<Finding>,
) {
    let Some(shape) = compiled.design.shape(&key.form).filter(|_| working.complete) else { return };
    for group in &shape.groups {
        let first = RowKey { group: group.oid.clone(), repeat: RepeatKey::first() };
        let mut rows: Vec<&RowKey> = working.rows_of(&group.oid).map(|(row, _)| row).collect();
        if rows.is_empty() && group.mandatory && !group.repeats {
            rows.push(&first);
        }
        for row in rows {
            let facts = RecordFacts {
                compiled,
                casebook,
                rules,
                key,
                record: working,
                saving: None,
                row: Some(row),
            };
            for item in group.items.iter().filter(|item| item.mandatory && item.method.is_none()) {
                let blank = working.datum(row, &item.oid).is_none()
                    && !is_excepted(rules, &facts, &group.oid, &item.oid);
                all.push(Finding {
                    check: CheckOid::new(format!("Mandatory.{}", item.oid)),
                    record: key.clone(),
                    item: ItemKey { row: row.clone(), item: item.oid.clone() },
                    action: CheckAction::Query,
                    fails: blank.then(|| (mandatory_message(item), String::new())),
                });
            }
        }
    }
}

fn is_excepted(
    rules: &FormRules,
    facts: &RecordFacts<'_>,
    group: &kernel::ItemGroupOid,
    item: &ItemOid,
) -> bool {
    let of_item = rules.exceptions.iter().filter(|exception| {
        exception.group == *group && exception.item.as_ref().is_none_or(|one| one == item)
    });
    of_item.into_iter().any(|exception| exception.rule.evaluate(facts) == Outcome::True)
}

fn mandatory_message(item: &ItemShape) -> Texts {
    let mut texts = Texts::one("en", format!("{} is mandatory and blank", item.name));
    texts.set("zh-CN", format!("{} 为必填项，尚未填写", item.name));
    texts
}
