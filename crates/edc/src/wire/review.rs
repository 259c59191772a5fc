//! The calls by which reviewers state facts about records.

use contract::{
    Context, Error,
    edc::v1::{
        FreezeRecordRequest, ItemPlace, LockRecordRequest, RemoveRecordRequest,
        RestoreRecordRequest, ReviewState, SignRecordRequest, UnfreezeRecordRequest,
        UnlockRecordRequest, UnverifyItemsRequest, VerifyItemsRequest,
    },
};
use kernel::{
    StudyOid, SubjectKey,
    casebook::{ItemKey, Mark, RecordKey, Refusal, RowKey},
};

use super::{
    error::refused_items,
    form::{review_state, seen_version},
    value,
};
use crate::{
    Edc, Failure,
    book::lock,
    failure::Result,
    review::{Review, ReviewRecord},
    verification::participant,
};

/// What a call has done.
pub(super) struct Reviewed {
    pub version: i32,
    pub review: Option<ReviewState>,
}

/// Which record a call is about.
struct Target<'a> {
    study: StudyOid,
    subject: SubjectKey,
    request: Option<&'a String>,
    wanted: ReviewRecord,
}

pub(super) async fn remove(
    edc: &Edc,
    context: &Context,
    r: &RemoveRecordRequest,
) -> Result<Reviewed> {
    let row = row(r.item_group_oid.as_ref(), r.item_group_repeat_key.as_ref());
    let wanted = ReviewRecord {
        record: record([
            &r.study_event_oid,
            &r.study_event_repeat_key,
            &r.form_oid,
            &r.form_repeat_key,
        ]),
        review: Review::Remove { row },
        seen_version: Some(seen_version(r.seen_version)?),
        reason: Some(r.reason.clone()),
    };
    let target = target(&r.study_oid, &r.subject_key, r.request_id.as_ref(), wanted);
    review(edc, context, target).await
}

pub(super) async fn restore(
    edc: &Edc,
    context: &Context,
    r: &RestoreRecordRequest,
) -> Result<Reviewed> {
    let row = row(r.item_group_oid.as_ref(), r.item_group_repeat_key.as_ref());
    let wanted = ReviewRecord {
        record: record([
            &r.study_event_oid,
            &r.study_event_repeat_key,
            &r.form_oid,
            &r.form_repeat_key,
        ]),
        review: Review::Restore { row },
        seen_version: Some(seen_version(r.seen_version)?),
        reason: Some(r.reason.clone()),
    };
    let target = target(&r.study_oid, &r.subject_key, r.request_id.as_ref(), wanted);
    review(edc, context, target).await
}

pub(super) async fn verify(
    edc: &Edc,
    context: &Context,
    r: &VerifyItemsRequest,
) -> Result<Reviewed> {
    let wanted = ReviewRecord {
        record: record([
            &r.study_event_oid,
            &r.study_event_repeat_key,
            &r.form_oid,
            &r.form_repeat_key,
        ]),
        review: Review::Verify { items: items(&r.items) },
        seen_version: Some(seen_version(r.seen_version)?),
        reason: None,
    };
    let target = target(&r.study_oid, &r.subject_key, r.request_id.as_ref(), wanted);
    at_items(review(edc, context, target).await, &r.items)
}

pub(super) async fn unverify(
    edc: &Edc,
    context: &Context,
    r: &UnverifyItemsRequest,
) -> Result<Reviewed> {
    let wanted = ReviewRecord {
        record: record([
            &r.study_event_oid,
            &r.study_event_repeat_key,
            &r.form_oid,
            &r.form_repeat_key,
        ]),
        review: Review::Unverify { items: items(&r.items) },
        seen_version: None,
        reason: Some(r.reason.clone()),
    };
    let target = target(&r.study_oid, &r.subject_key, r.request_id.as_ref(), wanted);
    at_items(review(edc, context, target).await, &r.items)
}

pub(super) async fn freeze(
    edc: &Edc,
    context: &Context,
    r: &FreezeRecordRequest,
) -> Result<Reviewed> {
    let wanted = ReviewRecord {
        record: record([
            &r.study_event_oid,
            &r.study_event_repeat_key,
            &r.form_oid,
            &r.form_repeat_key,
        ]),
        review: Review::Mark { mark: Mark::Frozen, on: true },
        seen_version: Some(seen_version(r.seen_version)?),
        reason: None,
    };
    let target = target(&r.study_oid, &r.subject_key, r.request_id.as_ref(), wanted);
    review(edc, context, target).await
}

pub(super) async fn unfreeze(
    edc: &Edc,
    context: &Context,
    r: &UnfreezeRecordRequest,
) -> Result<Reviewed> {
    let wanted = ReviewRecord {
        record: record([
            &r.study_event_oid,
            &r.study_event_repeat_key,
            &r.form_oid,
            &r.form_repeat_key,
        ]),
        review: Review::Mark { mark: Mark::Frozen, on: false },
        seen_version: None,
        reason: Some(r.reason.clone()),
    };
    let target = target(&r.study_oid, &r.subject_key, r.request_id.as_ref(), wanted);
    review(edc, context, target).await
}

pub(super) async fn lock_record(
    edc: &Edc,
    context: &Context,
    r: &LockRecordRequest,
) -> Result<Reviewed> {
    let wanted = ReviewRecord {
        record: record([
            &r.study_event_oid,
            &r.study_event_repeat_key,
            &r.form_oid,
            &r.form_repeat_key,
        ]),
        review: Review::Mark { mark: Mark::Locked, on: true },
        seen_version: Some(seen_version(r.seen_version)?),
        reason: None,
    };
    let target = target(&r.study_oid, &r.subject_key, r.request_id.as_ref(), wanted);
    review(edc, context, target).await
}

pub(super) async fn unlock(
    edc: &Edc,
    context: &Context,
    r: &UnlockRecordRequest,
) -> Result<Reviewed> {
    let wanted = ReviewRecord {
        record: record([
            &r.study_event_oid,
            &r.study_event_repeat_key,
            &r.form_oid,
            &r.form_repeat_key,
        ]),
        review: Review::Mark { mark: Mark::Locked, on: false },
        seen_version: None,
        reason: Some(r.reason.clone()),
    };
    let target = target(&r.study_oid, &r.subject_key, r.request_id.as_ref(), wanted);
    review(edc, context, target).await
}

pub(super) async fn sign(edc: &Edc, context: &Context, r: &SignRecordRequest) -> Result<Reviewed> {
    if r.meaning.trim().is_empty() {
        return Err(Error::invalid("meaning", "a signature states its meaning").into());
    }
    let wanted = ReviewRecord {
        record: record([
            &r.study_event_oid,
            &r.study_event_repeat_key,
            &r.form_oid,
            &r.form_repeat_key,
        ]),
        review: Review::Sign { meaning: r.meaning.clone(), ticket: r.signing_ticket.clone() },
        seen_version: Some(seen_version(r.seen_version)?),
        reason: None,
    };
    let target = target(&r.study_oid, &r.subject_key, r.request_id.as_ref(), wanted);
    review(edc, context, target).await
}

fn target<'a>(
    study: &str,
    subject: &str,
    request: Option<&'a String>,
    wanted: ReviewRecord,
) -> Target<'a> {
    Target { study: study.into(), subject: subject.into(), request, wanted }
}

/// A record by event, repeat of the event, form, repeat of the form.
fn record(parts: [&String; 4]) -> RecordKey {
    let [event, event_repeat, form, form_repeat] = parts;
    value::record_key(event, event_repeat, form, form_repeat)
}

fn row(group: Option<&String>, repeat: Option<&String>) -> Option<RowKey> {
    let group = group.filter(|group| !group.is_empty())?;
    Some(value::row_key(group, repeat.map_or("", String::as_str)))
}

fn items(places: &[ItemPlace]) -> Vec<ItemKey> {
    places.iter().map(value::item_key).collect()
}

/// Says of which items of the request a refusal is.
fn at_items(reviewed: Result<Reviewed>, places: &[ItemPlace]) -> Result<Reviewed> {
    match reviewed {
        Err(Failure::Refused(refusal @ Refusal::ValueInvalid(_))) => {
            Err(refused_items(&refusal, places).into())
        }
        other => other,
    }
}

async fn review(edc: &Edc, context: &Context, target: Target<'_>) -> Result<Reviewed> {
    let Target { study, subject, request, wanted } = target;
    edc.review(context, &study, &subject, request, &wanted).await?;
    let study = edc.study(&study).await?;
    let book = edc.shelf.get(&study, &subject).await?;
    let book = lock(&book);
    let design = &study.of(&book.casebook).design;
    let participant = participant(&book.casebook);
    let record = book.casebook.record(&wanted.record).ok_or(Refusal::RecordUnknown)?;
    Ok(Reviewed {
        version: value::number(record.version),
        review: Some(review_state(design, participant, &wanted.record, record)),
    })
}
