//! One form save: changes, derived values, findings, queries, or a refusal.

use std::sync::Arc;

use kernel::{
    SubjectKey,
    casebook::{
        Casebook, Event, FormRecord, FormSaved, KeyKind, RecordKey, Refusal, RowChanges, SaveForm,
        typed_changes,
    },
    study::{CheckAction, StudyEventDef},
};

use super::{
    effects_of_rules::{Reading, settle},
    findings::findings,
    queries::query_events,
    schedule::form_is_excepted,
};
use crate::compiled::Compiled;

/// What a save decides; no events when it changes nothing.
#[derive(Debug, Default)]
pub(crate) struct FormDecision {
    pub events: Vec<Event>,
    /// The version of the record after the save.
    pub version: u64,
}

/// Decides what a save of a form means for a casebook.
pub(crate) fn save_form(
    compiled: &Compiled,
    subject: &SubjectKey,
    casebook: &Casebook,
    save: &SaveForm,
) -> Result<FormDecision, Refusal> {
    let key = &save.record;
    place_exists(compiled, save)?;
    let shape = compiled.design.shape(&key.form).ok_or_else(|| Refusal::FormNotInEvent {
        event: key.event.clone(),
        form: key.form.clone(),
    })?;
    may_begin(compiled, casebook, key)?;
    let current = casebook.record(key).map(Arc::as_ref);
    let mut rows = typed_changes(shape, current, save)?;
    let version = current.map_or(0, |record| record.version);
    let was_complete = current.is_some_and(|record| record.complete);
    let complete = save.complete.filter(|complete| *complete != was_complete);
    if rows.is_empty() && complete.is_none() {
        return Ok(FormDecision { events: Vec::new(), version });
    }
    let mut working = working_record(current, &rows, complete);
    let reading = Reading::AsRecorded(rows.clone());
    settle(compiled, casebook, key, &mut working, &mut rows, &reading)?;
    let findings = findings(compiled, casebook, key, &working, &rows);
    for finding in &findings {
        if let (CheckAction::Refuse, Some((message, _))) = (finding.action, &finding.fails) {
            let (check, message) = (finding.check.clone(), message.clone());
            return Err(Refusal::CheckFailed { check, message });
        }
    }
    let saved = FormSaved {
        record: key.clone(),
        version: version + 1,
        previous_entry: current.map_or(0, |record| record.last_entry),
        complete,
        rows,
    };
    let mut events = vec![Event::FormSaved(saved)];
    events.extend(query_events(subject, casebook, findings));
    Ok(FormDecision { events, version: version + 1 })
}

/// The record as it would be with these changes.
pub(super) fn working_record(
    current: Option<&FormRecord>,
    rows: &[RowChanges],
    complete: Option<bool>,
) -> FormRecord {
    let mut working = current.cloned().unwrap_or_default();
    working.complete = complete.unwrap_or(working.complete);
    for changes in rows {
        let items = &mut working.rows.entry(changes.0.clone()).or_default().items;
        for change in &changes.1 {
            match &change.2 {
                Some(datum) => items.insert(change.0.clone(), datum.clone()),
                None => items.remove(&change.0),
            };
        }
    }
    working
}

/// Refuses a record that is new where the conditions of the study say that its form is not collected. What
/// was recorded before stays, and can be corrected.
pub(super) fn may_begin(
    compiled: &Compiled,
    casebook: &Casebook,
    key: &RecordKey,
) -> Result<(), Refusal> {
    let is_new = casebook.record(key).is_none();
    if is_new && form_is_excepted(compiled, casebook, &key.event, &key.form) {
        let (event, form) = (key.event.clone(), key.form.clone());
        return Err(Refusal::FormNotCollected { event, form });
    }
    Ok(())
}

/// The longest repeat key, in bytes.
const MAX_KEY_BYTES: usize = 100;

/// Refuses an event, form or repeat that the study version does not have.
pub(super) fn place_exists(compiled: &Compiled, save: &SaveForm) -> Result<(), Refusal> {
    let key = &save.record;
    let event: &StudyEventDef = compiled
        .design
        .event(&key.event)
        .ok_or_else(|| Refusal::EventUnknown(key.event.clone()))?;
    if !event.forms.iter().any(|form| form.form == key.form) {
        let (event, form) = (key.event.clone(), key.form.clone());
        return Err(Refusal::FormNotInEvent { event, form });
    }
    if !event.repeating && key.event_repeat.as_str() != "1" {
        return Err(Refusal::NotRepeating(key.event.to_string()));
    }
    let repeats = compiled.design.form(&key.form).is_some_and(|form| form.repeating);
    if !repeats && key.form_repeat.as_str() != "1" {
        return Err(Refusal::NotRepeating(key.form.to_string()));
    }
    let rows = save.assignments.iter().map(|assignment| &assignment.row.repeat);
    for repeat in rows.chain([&key.event_repeat, &key.form_repeat]) {
        let text = repeat.as_str();
        if text.is_empty() || text.len() > MAX_KEY_BYTES || text.chars().any(char::is_control) {
            return Err(Refusal::KeyInvalid {
                what: KeyKind::RepeatKey,
                text: text.chars().take(MAX_KEY_BYTES).collect(),
            });
        }
    }
    Ok(())
}
