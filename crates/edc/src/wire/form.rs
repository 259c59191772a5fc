//! Saving a form: the message in, what the save has done out.

use contract::{
    Context, Error, FieldViolation,
    edc::v1::{
        self as proto, ItemEntry, SaveFormRequest, SaveFormResponse, item_change,
        item_entry::Entry as Given,
    },
};
use kernel::{
    SubjectKey,
    casebook::{
        Assignment, Casebook, Cause, Entered, Event, FormRecord, ItemChange, RecordKey, Refusal,
        RowKey, SaveForm,
    },
    study::{Design, Participant},
};

use super::{
    error::{all_valid, refused_values},
    evaluate, query, value,
};
use crate::{
    Edc, Failure,
    book::lock,
    compiled::Compiled,
    decide,
    failure::Result,
    read::{conflict, sight::Sight},
    verification::is_verified,
};

pub(super) async fn save(
    edc: &Edc,
    context: &Context,
    request: &SaveFormRequest,
) -> Result<SaveFormResponse> {
    let save = save_form(request)?;
    let study_oid = request.study_oid.as_str().into();
    let subject: SubjectKey = request.subject_key.as_str().into();
    let id = request.request_id.as_ref();
    let changed = match edc.save(context, &study_oid, &subject, id, &save).await {
        Ok(changed) => changed,
        Err(Failure::Refused(refusal)) => {
            let refused = match &refusal {
                Refusal::StaleRecord { .. } => {
                    conflict::told(edc, context, &study_oid, &subject, &save.record, &refusal)
                        .await?
                }
                _ => refused_values(&refusal, &request.values),
            };
            return Err(refused.into());
        }
        Err(failure) => return Err(failure),
    };
    let study = edc.study(&study_oid).await?;
    let book = edc.shelf.get(&study, &subject).await?;
    let book = lock(&book);
    let casebook = &book.casebook;
    let site = book.row.site.as_str();
    let sight = Sight::of(context, &study, &site.into());
    let mut answer = SaveFormResponse {
        version: value::number(changed.answer),
        findings: findings(casebook, &save.record, &sight),
        not_collected: not_collected(study.of(casebook), casebook, &save.record, &sight),
        ..SaveFormResponse::default()
    };
    let told = |id| {
        let found = casebook.queries.get(id).filter(|found| sight.shows_query(found))?;
        Some(query::query(site, &subject, found))
    };
    for event in &changed.events {
        match event {
            Event::FormSaved(saved) => {
                let seen = saved.changes().filter(|(_, change)| sight.shows(&change.0));
                answer.changes.extend(seen.map(|(row, change)| item_change(row, change)));
            }
            Event::QueryOpened(opened) => answer.opened_queries.extend(told(&opened.id)),
            Event::QueryClosed { id, .. } => answer.closed_queries.extend(told(id)),
            _ => {}
        }
    }
    Ok(answer)
}

pub(super) fn item_change(row: &RowKey, change: &ItemChange) -> proto::ItemChange {
    proto::ItemChange {
        place: Some(value::place(row, &change.0)),
        cause: cause(change.3).into(),
        old_value: change.1.as_ref().map(value::item_value),
        new_value: change.2.as_ref().map(value::item_value),
    }
}

/// What the checks find in a record: their queries that are not settled.
fn findings(casebook: &Casebook, key: &RecordKey, sight: &Sight) -> Vec<proto::Finding> {
    let pending = casebook.queries_of(key).filter(|found| found.status.is_pending());
    pending.filter(|found| sight.shows_query(found)).filter_map(query::finding).collect()
}

fn not_collected(
    compiled: &Compiled,
    casebook: &Casebook,
    key: &RecordKey,
    sight: &Sight,
) -> Vec<proto::NotCollected> {
    let Some(record) = casebook.record(key) else { return Vec::new() };
    let found = decide::not_collected(compiled, casebook, key, record);
    evaluate::not_collected(&found, sight)
}

fn cause(cause: Option<Cause>) -> item_change::Cause {
    match cause {
        None => item_change::Cause::Entered,
        Some(Cause::Derived) => item_change::Cause::Derived,
        Some(Cause::NotCollected) => item_change::Cause::ClearedByCondition,
    }
}

fn save_form(request: &SaveFormRequest) -> Result<SaveForm, Error> {
    Ok(SaveForm {
        record: value::record_key(
            &request.study_event_oid,
            &request.study_event_repeat_key,
            &request.form_oid,
            &request.form_repeat_key,
        ),
        assignments: assignments(&request.values)?,
        seen_version: Some(seen_version(request.seen_version)?),
        complete: request.complete,
        reason: request.reason.clone(),
    })
}

/// The values of a call, or every one that says nothing, with its place.
pub(super) fn assignments(values: &[ItemEntry]) -> Result<Vec<Assignment>, Error> {
    let mut faults = Vec::new();
    let mut assignments: Vec<Assignment> = Vec::with_capacity(values.len());
    for (at, entry) in values.iter().enumerate() {
        let (group, repeat) = (&entry.item_group_oid, &entry.item_group_repeat_key);
        // Most values of a save are of the row of the one before.
        let last = assignments.last().map(|last| &last.row);
        let same = last.filter(|last| value::is_row(last, group, repeat)).cloned();
        match entered(entry) {
            Ok(entered) => assignments.push(Assignment {
                row: same.unwrap_or_else(|| value::row_key(group, repeat)),
                item: entry.item_oid.as_str().into(),
                entered,
            }),
            Err((field, why)) => {
                let field = format!("values[{at}]{field}");
                faults.push(FieldViolation::new(field, why));
            }
        }
    }
    all_valid(faults)?;
    Ok(assignments)
}

/// What is entered; else where in the entry the fault is, and what is wrong.
fn entered(entry: &ItemEntry) -> Result<Entered, (&'static str, &'static str)> {
    match &entry.entry {
        Some(Given::Value(raw)) => Ok(Entered::Value {
            raw: raw.clone(),
            unit: entry.unit_oid.as_deref().filter(|unit| !unit.is_empty()).map(Into::into),
        }),
        Some(Given::MissingReason(number)) => value::missing_reason(*number)
            .map(Entered::Missing)
            .ok_or((".missingReason", "there is no such reason")),
        Some(Given::Clear(true)) => Ok(Entered::Clear),
        Some(Given::Clear(false)) => Err((".clear", "only `true` has a meaning")),
        None => Err(("", "a value, a reason why it is missing, or `clear` must be given")),
    }
}

/// The version that the client saw.
pub(super) fn seen_version(given: Option<i32>) -> Result<u64, Error> {
    let seen = given.ok_or_else(|| Error::invalid("seenVersion", "it is required"))?;
    u64::try_from(seen).map_err(|_| Error::invalid("seenVersion", "it cannot be negative"))
}

/// What reviewers have stated about a record.
pub(crate) fn review_state(
    design: &Design,
    participant: Option<Participant>,
    key: &RecordKey,
    record: &FormRecord,
) -> proto::ReviewState {
    proto::ReviewState {
        verified: is_verified(design, participant, &key.form, record),
        frozen: record.frozen,
        locked: record.locked,
        signed: record.signature.is_some() && record.valid_signature().is_some(),
    }
}

/// How far the entry of a record has come.
pub(crate) fn entry_status(record: &FormRecord) -> proto::data_entry::Status {
    use proto::data_entry::Status;
    if record.removed {
        Status::Removed
    } else if record.complete {
        Status::Complete
    } else if record.version == 0 {
        Status::NotStarted
    } else {
        Status::InProgress
    }
}
