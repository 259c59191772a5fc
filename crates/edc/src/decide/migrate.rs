//! One record brought to another study version: what the version's conditions, derivations and
//! checks make of what is recorded.

use kernel::{
    SubjectKey,
    casebook::{
        Casebook, Event, FormRecord, FormSaved, ItemChange, RecordKey, Refusal, RowChanges,
    },
};

use super::{
    effects_of_rules::{Reading, settle},
    findings::findings,
    queries::query_events,
};
use crate::compiled::Compiled;

/// What a version makes of a record, or why the record stays as it is. A check that refuses an entry
/// asks by a query here: what it is about is recorded already.
pub(crate) fn migrate_record(
    compiled: &Compiled,
    subject: &SubjectKey,
    casebook: &Casebook,
    key: &RecordKey,
    record: &FormRecord,
) -> Result<Vec<Event>, Refusal> {
    let (event, form) = (key.event.clone(), key.form.clone());
    let has_form =
        |def: &kernel::study::StudyEventDef| def.forms.iter().any(|one| one.form == form);
    if !compiled.design.event(&event).is_some_and(has_form) {
        return Err(Refusal::FormNotInEvent { event, form });
    }
    let mut working = record.clone();
    let mut rows = Vec::new();
    let reading = Reading::AsRecorded(Vec::new());
    settle(compiled, casebook, key, &mut working, &mut rows, &reading)?;
    if !rows.is_empty() && record.locked {
        return Err(Refusal::FormLocked);
    }
    if !rows.is_empty() && record.frozen {
        return Err(Refusal::FormFrozen);
    }
    let findings = findings(compiled, casebook, key, &working, &as_entered(&working));
    let mut events = Vec::new();
    if !rows.is_empty() {
        events.push(Event::FormSaved(FormSaved {
            record: key.clone(),
            version: record.version + 1,
            previous_entry: record.last_entry,
            complete: None,
            rows,
        }));
    }
    events.extend(query_events(subject, casebook, findings));
    Ok(events)
}

/// Every value of a record as if it were entered now, so that every check looks at it.
fn as_entered(record: &FormRecord) -> Vec<RowChanges> {
    let rows = record.rows.iter().filter(|(_, row)| !row.removed);
    rows.map(|(key, row)| {
        let items = row.items.iter();
        let change = |(item, datum): (&kernel::ItemOid, &kernel::Datum)| {
            ItemChange(item.clone(), None, Some(datum.clone()), None)
        };
        RowChanges(key.clone(), items.map(change).collect())
    })
    .collect()
}
