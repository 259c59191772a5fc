//! What the reference ranges of a study make of one record as it is recorded.

use kernel::{
    SubjectKey,
    casebook::{Casebook, Event, FormRecord, FormSaved, RecordKey, Refusal},
};

use super::{
    effects_of_rules::{Reading, settle},
    findings::findings,
    queries::query_events,
};
use crate::compiled::{Compiled, FormRules};

/// What the derivations of a record give now, or why the record stays as it is. Nothing for a form whose
/// derivations read no range. A check that refuses an entry asks by a query here.
pub(crate) fn recompute_record(
    compiled: &Compiled,
    subject: &SubjectKey,
    casebook: &Casebook,
    key: &RecordKey,
    record: &FormRecord,
) -> Result<Vec<Event>, Refusal> {
    let reads = compiled.rules(&key.form).is_some_and(FormRules::read_ranges);
    if !reads {
        return Ok(Vec::new());
    }
    let mut working = record.clone();
    let mut rows = Vec::new();
    settle(compiled, casebook, key, &mut working, &mut rows, &Reading::Anew)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    if record.locked {
        return Err(Refusal::FormLocked);
    }
    if record.frozen {
        return Err(Refusal::FormFrozen);
    }
    let findings = findings(compiled, casebook, key, &working, &rows);
    let mut events = vec![Event::FormSaved(FormSaved {
        record: key.clone(),
        version: record.version + 1,
        previous_entry: record.last_entry,
        complete: None,
        rows,
    })];
    events.extend(query_events(subject, casebook, findings));
    Ok(events)
}
