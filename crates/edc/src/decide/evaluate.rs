//! What a save would do, said before it.

use std::{collections::HashSet, sync::Arc};

use kernel::{
    casebook::{
        Casebook, FormRecord, ItemFault, ItemKey, Refusal, RowChanges, SaveForm, typed_changes,
    },
    study::CheckAction,
};

use super::{
    collected::{NotCollected, not_collected},
    effects_of_rules::{Reading, settle},
    findings::{Finding, findings},
    form::{may_begin, place_exists, working_record},
};
use crate::compiled::Compiled;

/// What a save would do.
#[derive(Debug, Default)]
pub(crate) struct Evaluation {
    /// The version of the record on which the values were laid.
    pub version: u64,
    /// What would be derived and cleared; not what was entered.
    pub changes: Vec<RowChanges>,
    pub not_collected: Vec<NotCollected>,
    /// What the checks would find in this record: only what fails.
    pub findings: Vec<Finding>,
    pub faults: Vec<ItemFault>,
}

/// Lays typed values on a record and says what would follow. A value that cannot be recorded is
/// named, and left out of the rest; one for an item that is not collected is among the changes, as
/// cleared.
///
/// Refuses what a save would refuse as a whole: a place that is not there, a form that is not
/// collected, a record that is locked.
pub(crate) fn evaluate(
    compiled: &Compiled,
    casebook: &Casebook,
    draft: &SaveForm,
) -> Result<Evaluation, Refusal> {
    let key = &draft.record;
    place_exists(compiled, draft)?;
    let Some(shape) = compiled.design.shape(&key.form) else { return Ok(Evaluation::default()) };
    may_begin(compiled, casebook, key)?;
    let current = casebook.record(key).map(Arc::as_ref);
    let (typed, faults) = match typed_changes(shape, current, draft) {
        Ok(typed) => (typed, Vec::new()),
        Err(Refusal::ValueInvalid(faults)) => {
            (typed_changes(shape, current, &without(draft, &faults))?, faults)
        }
        Err(refusal) => return Err(refusal),
    };
    let mut working = working_record(current, &typed, draft.complete);
    let mut changes = Vec::new();
    let reading = Reading::AsRecorded(typed.clone());
    settle(compiled, casebook, key, &mut working, &mut changes, &reading)?;
    let all: Vec<RowChanges> = typed.into_iter().chain(changes.iter().cloned()).collect();
    Ok(Evaluation {
        version: current.map_or(0, |record| record.version),
        not_collected: not_collected(compiled, casebook, key, &working),
        findings: would_find(compiled, casebook, draft, &working, &all),
        changes,
        faults,
    })
}

fn without(draft: &SaveForm, faults: &[ItemFault]) -> SaveForm {
    let wrong: HashSet<&ItemKey> = faults.iter().map(|fault| &fault.item).collect();
    let mut rest = draft.clone();
    rest.assignments.retain(|assignment| {
        let item = ItemKey { row: assignment.row.clone(), item: assignment.item.clone() };
        !wrong.contains(&item)
    });
    rest
}

/// What fails in the record as it would be: the checks that the changes touch, and what was found
/// before and is not touched.
fn would_find(
    compiled: &Compiled,
    casebook: &Casebook,
    draft: &SaveForm,
    working: &FormRecord,
    changes: &[RowChanges],
) -> Vec<Finding> {
    let key = &draft.record;
    let mut ran = findings(compiled, casebook, key, working, changes);
    ran.retain(|one| one.record == *key);
    let again: HashSet<_> = ran.iter().map(|one| (&one.check, &one.item)).collect();
    let standing = casebook.queries_of(key).filter(|query| query.status.is_pending());
    let standing = standing.filter_map(|query| {
        let (check, item) = (query.opened.check.as_ref()?, query.opened.item.as_ref()?);
        (!again.contains(&(check, item))).then(|| Finding {
            check: check.clone(),
            record: key.clone(),
            item: item.clone(),
            action: CheckAction::Query,
            fails: Some((query.opened.text.clone(), query.opened.seen.clone())),
        })
    });
    let standing: Vec<Finding> = standing.collect();
    let fail = ran.into_iter().filter(|one| one.fails.is_some());
    fail.chain(standing).collect()
}
