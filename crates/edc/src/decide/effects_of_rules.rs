//! What collection conditions clear and derivations compute.

use kernel::{
    Datum, ItemOid, canonical,
    casebook::{Casebook, Cause, FormRecord, ItemChange, RecordKey, Refusal, RowChanges, RowKey},
};
use rules::{Outcome, Rule};

use super::facts::RecordFacts;
use crate::compiled::{Compiled, Derivation, Exception, FormRules};

/// How often conditions and derivations may feed each other before they must have settled.
const MAX_PASSES: usize = 8;

/// Which derivations read reference ranges again.
pub(super) enum Reading {
    /// Those of whose items one changes now: by these entries, or by what follows from them. Any other keeps
    /// what it gave when it was recorded, though the ranges may be others now.
    AsRecorded(Vec<RowChanges>),
    /// All.
    Anew,
}

/// Runs conditions and derivations on the record as it would be after the save until nothing
/// changes, and adds what they change to `rows`.
///
/// Refuses a value entered for an item that is not collected.
pub(super) fn settle(
    compiled: &Compiled,
    casebook: &Casebook,
    key: &RecordKey,
    working: &mut FormRecord,
    rows: &mut Vec<RowChanges>,
    reading: &Reading,
) -> Result<(), Refusal> {
    let Some(rules) = compiled.rules(&key.form) else { return Ok(()) };
    for _ in 0..MAX_PASSES {
        let mut settled = true;
        for exception in &rules.exceptions {
            let cleared = not_collected(compiled, casebook, rules, key, working, exception);
            for (row, item) in cleared {
                refuse_if_entered(rows, &row, &item)?;
                change(working, rows, &row, &item, None, Cause::NotCollected);
                settled = false;
            }
        }
        for derivation in &rules.derivations {
            let targets = rows_to_derive(compiled, key, working, &derivation.group);
            for row in targets {
                if !reading.runs(rules, derivation, &row, rows) {
                    continue;
                }
                let facts = facts(compiled, casebook, rules, key, working, Some(&row));
                let new = derived(compiled, &derivation.item, &derivation.rule, &facts);
                if working.datum(&row, &derivation.item) != new.as_ref() {
                    change(working, rows, &row, &derivation.item, new, Cause::Derived);
                    settled = false;
                }
            }
        }
        if settled || !rules.feed_each_other {
            break;
        }
    }
    Ok(())
}

impl Reading {
    fn runs(
        &self,
        rules: &FormRules,
        derivation: &Derivation,
        row: &RowKey,
        changed: &[RowChanges],
    ) -> bool {
        let Self::AsRecorded(entered) = self else { return true };
        if !derivation.reads_ranges {
            return true;
        }
        let all = entered.iter().chain(changed);
        let mut items = all.flat_map(|one| one.1.iter().map(move |change| (&one.0, &change.0)));
        items.any(|(place, item)| {
            let here = place == row || place.group != row.group;
            let is_read = |name: &String| {
                let places = rules.names.get(name.as_str()).into_iter().flatten();
                places.into_iter().any(|(found, read)| found.group == place.group && read == item)
            };
            here && derivation.rule.names().iter().any(is_read)
        })
    }
}

fn facts<'a>(
    compiled: &'a Compiled,
    casebook: &'a Casebook,
    rules: &'a FormRules,
    key: &'a RecordKey,
    record: &'a FormRecord,
    row: Option<&'a RowKey>,
) -> RecordFacts<'a> {
    RecordFacts { compiled, casebook, rules, key, record, saving: None, row }
}

/// The values that are there although their condition says that they are not collected.
fn not_collected(
    compiled: &Compiled,
    casebook: &Casebook,
    rules: &FormRules,
    key: &RecordKey,
    working: &FormRecord,
    exception: &Exception,
) -> Vec<(RowKey, ItemOid)> {
    let mut found = Vec::new();
    for (row, content) in working.rows_of(&exception.group) {
        let facts = facts(compiled, casebook, rules, key, working, Some(row));
        let held = match &exception.item {
            Some(item) => content.items.contains_key(item),
            None => !content.items.is_empty(),
        };
        if held && exception.rule.evaluate(&facts) == Outcome::True {
            let items = content.items.keys();
            let hit = items.filter(|item| exception.item.as_ref().is_none_or(|one| one == *item));
            found.extend(hit.map(|item| (row.clone(), item.clone())));
        }
    }
    found
}

fn refuse_if_entered(rows: &[RowChanges], row: &RowKey, item: &ItemOid) -> Result<(), Refusal> {
    let of_row = rows.iter().filter(|changes| changes.0 == *row).flat_map(|changes| &changes.1);
    let entered = of_row.into_iter().any(|c| c.0 == *item && c.2.is_some() && c.3.is_none());
    if entered { Err(Refusal::ItemNotCollected(item.clone())) } else { Ok(()) }
}

/// The rows on which a derivation runs: those there are, and the one row of a group that does not
/// repeat.
fn rows_to_derive(
    compiled: &Compiled,
    key: &RecordKey,
    working: &FormRecord,
    group: &kernel::ItemGroupOid,
) -> Vec<RowKey> {
    let shape = compiled.design.shape(&key.form).and_then(|shape| shape.group(group));
    if shape.is_some_and(|shape| !shape.repeats) {
        return vec![RowKey { group: group.clone(), repeat: kernel::RepeatKey::first() }];
    }
    working.rows_of(group).map(|(row, _)| row.clone()).collect()
}

fn derived(
    compiled: &Compiled,
    item: &ItemOid,
    rule: &Rule,
    facts: &RecordFacts<'_>,
) -> Option<Datum> {
    let text = match rule.evaluate(facts) {
        Outcome::Value(text) => text,
        Outcome::True => "true".to_owned(),
        Outcome::False => "false".to_owned(),
        Outcome::NotEvaluated { .. } | Outcome::Failed(_) => return None,
    };
    let data_type = compiled.design.item(item)?.data_type;
    canonical(data_type, &text).ok().map(Datum::value)
}

/// Changes one value of the working record and notes the change; a second change of the same value
/// in one save keeps the value that was there before the save.
fn change(
    working: &mut FormRecord,
    rows: &mut Vec<RowChanges>,
    row: &RowKey,
    item: &ItemOid,
    new: Option<Datum>,
    cause: Cause,
) {
    let items = &mut working.rows.entry(row.clone()).or_default().items;
    let old = match &new {
        Some(datum) => items.insert(item.clone(), datum.clone()),
        None => items.remove(item),
    };
    let at = rows.iter().position(|changes| changes.0 == *row).unwrap_or_else(|| {
        rows.push(RowChanges(row.clone(), Vec::new()));
        rows.len() - 1
    });
    let changes = &mut rows[at].1;
    if let Some(earlier) = changes.iter_mut().find(|change| change.0 == *item) {
        earlier.2 = new;
        earlier.3 = Some(cause);
    } else {
        changes.push(ItemChange(item.clone(), old, new, Some(cause)));
    }
    changes.retain(|change| change.1 != change.2);
    rows.retain(|changes| !changes.1.is_empty());
}
