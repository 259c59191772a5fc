//! One form as it is stored: permit, read, answer.

use std::ops::ControlFlow;

use contract::{
    Act, Context,
    edc::v1::{
        FormRecord as FormRecordMessage, GetFormRecordRequest, ItemData, ItemGroupData,
        NotCollected, ReviewState, data_entry::Status,
    },
};
use kernel::{
    SiteOid, SubjectKey,
    casebook::{Event, FormRecord, ItemKey, Query, RecordKey, Refusal, Row, RowKey},
    study::{Design, Participant},
};

use super::{casebook::site_to_read, rows::Walk, sight::Sight, trail::Trail};
use crate::{
    Edc,
    book::{Shelf, lock},
    decide,
    failure::Result,
    signing::signing_sha256,
    study::Study,
    views::{BETWEEN, QUERY_PENDING, RECORD, decode_query, join, record_key},
    wire::{
        self,
        form::{entry_status, review_state},
        value,
    },
};

/// Rows of queries that are read at a time.
const QUERIES_AT_A_TIME: usize = 100;

/// Returns the values of a form; of a form that was never saved, an empty one with version 0.
pub(crate) async fn get(
    edc: &Edc,
    context: &Context,
    request: &GetFormRecordRequest,
) -> Result<FormRecordMessage> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let subject: SubjectKey = request.subject_key.as_str().into();
    let site = site_to_read(edc, context, &study, &subject).await?;
    let sight = Sight::of(context, &study, &site);
    if sight.is_unblinded() {
        edc.note_unblinded(context, &study, &site, subject.as_str()).await?;
    }
    let key = value::record_key(
        &request.study_event_oid,
        &request.study_event_repeat_key,
        &request.form_oid,
        &request.form_repeat_key,
    );
    let Some(record) = stored(edc, &study, &subject, &key).await? else {
        let version = edc.version_of(&study, &subject).await?;
        let empty = never_saved(&version.design, &subject, &key)?;
        let not_collected =
            not_collected(edc, &study, &subject, &key, &FormRecord::default(), &sight).await?;
        return Ok(FormRecordMessage { not_collected, ..empty });
    };
    let pending = pending_queries(edc, &study, &site, &subject, &key).await?;
    let seen = || pending.iter().filter(|query| sight.shows_query(query));
    let version = edc.version_of(&study, &subject).await?;
    let design = &version.design;
    let participant = edc.participant(&study, &subject).await?;
    Ok(FormRecordMessage {
        place: Some(value::record_place(&subject, &key)),
        version: value::number(record.version),
        status: entry_status(&record).into(),
        review: Some(review_state(design, participant, &key, &record)),
        version_hash: version_hash(edc, &study, &subject, &key, record.last_entry).await?,
        design_version_hash: design.hash().to_string(),
        item_groups: groups(Shown {
            design,
            key: &key,
            record: &record,
            participant,
            sight: &sight,
        }),
        not_collected: not_collected(edc, &study, &subject, &key, &record, &sight).await?,
        findings: seen().filter_map(wire::query::finding).collect(),
        signing_sha256: signing_sha256(edc, &study, &subject, &key, &record).await?,
        signature: record.signature.as_ref().map(|signature| {
            wire::signature::signature(signature, record.valid_signature().is_some())
        }),
        queries: seen().map(|query| wire::query::query(site.as_str(), &subject, query)).collect(),
    })
}

/// The record as the view has it.
pub(crate) async fn stored(
    edc: &Edc,
    study: &Study,
    subject: &SubjectKey,
    key: &RecordKey,
) -> Result<Option<FormRecord>> {
    let row = edc.store.view(RECORD, study.oid.as_str(), &record_key(subject, key)).await?;
    Ok(row.map(|bytes| FormRecord::from_bytes(&bytes)).transpose()?)
}

fn never_saved(
    design: &Design,
    subject: &SubjectKey,
    key: &RecordKey,
) -> Result<FormRecordMessage> {
    let event = design.event(&key.event);
    let event = event.ok_or_else(|| Refusal::EventUnknown(key.event.clone()))?;
    if !event.forms.iter().any(|form| form.form == key.form) {
        let (event, form) = (key.event.clone(), key.form.clone());
        return Err(Refusal::FormNotInEvent { event, form }.into());
    }
    Ok(FormRecordMessage {
        place: Some(value::record_place(subject, key)),
        status: Status::NotStarted.into(),
        review: Some(ReviewState::default()),
        version_hash: design.hash().to_string(),
        design_version_hash: design.hash().to_string(),
        ..FormRecordMessage::default()
    })
}

/// What the conditions of the study say of the record as it is.
async fn not_collected(
    edc: &Edc,
    study: &Study,
    subject: &SubjectKey,
    key: &RecordKey,
    record: &FormRecord,
    sight: &Sight,
) -> Result<Vec<NotCollected>> {
    let book = edc.shelf.get(study, subject).await?;
    let book = lock(&book);
    let found = decide::not_collected(study.of(&book.casebook), &book.casebook, key, record);
    Ok(wire::evaluate::not_collected(&found, sight))
}

/// The queries of a record that are open or answered, oldest first.
async fn pending_queries(
    edc: &Edc,
    study: &Study,
    site: &SiteOid,
    subject: &SubjectKey,
    key: &RecordKey,
) -> Result<Vec<Query>> {
    let prefix = format!("{}{BETWEEN}", join(&[site.as_str(), subject.as_str()]));
    let walk = Walk {
        view: QUERY_PENDING,
        study: &study.oid,
        prefixes: &[prefix],
        after: None,
        limit: QUERIES_AT_A_TIME,
    };
    let mut pending = Vec::new();
    walk.run(edc, |_, bytes| {
        let query = decode_query(&bytes)?;
        if query.opened.record == *key {
            pending.push(query);
        }
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    Ok(pending)
}

/// The version under which the values were last saved.
async fn version_hash(
    edc: &Edc,
    study: &Study,
    subject: &SubjectKey,
    key: &RecordKey,
    last_entry: u64,
) -> Result<String> {
    let trail = Trail { edc, log: Shelf::log(&study.oid, subject), record: key };
    let mut hash = None;
    trail
        .back(last_entry, |step| match step.event {
            Event::FormSaved(_) => {
                hash = step.entry.draft.study_version;
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        })
        .await?;
    Ok(hash.map(|hash| hash.to_string()).unwrap_or_default())
}

/// The rows in the order of the form's groups and of their repeat keys.
/// A record, and for whom it is shown.
#[derive(Clone, Copy)]
struct Shown<'a> {
    design: &'a Design,
    key: &'a RecordKey,
    record: &'a FormRecord,
    participant: Option<Participant>,
    sight: &'a Sight,
}

fn groups(shown: Shown<'_>) -> Vec<ItemGroupData> {
    let order = shown.design.groups_of(&shown.key.form);
    let position = |row: &RowKey| order.iter().position(|group| *group == row.group);
    let mut rows: Vec<(&RowKey, &Row)> = shown.record.rows.iter().collect();
    rows.sort_by_key(|(row, _)| position(row).unwrap_or(usize::MAX));
    rows.into_iter()
        .map(|(row, content)| ItemGroupData {
            item_group_oid: row.group.to_string(),
            item_group_repeat_key: row.repeat.to_string(),
            removed: content.removed,
            items: items(shown, row, content),
        })
        .collect()
}

fn items(shown: Shown<'_>, row: &RowKey, content: &Row) -> Vec<ItemData> {
    let Shown { design, key, record, participant, sight } = shown;
    let plan = &design.version().sdv;
    let shape = design.shape(&key.form).and_then(|shape| shape.group(&row.group));
    let place = |item: &kernel::ItemOid| {
        shape.and_then(|shape| shape.items.iter().position(|one| one.oid == *item))
    };
    let mut items: Vec<_> = content.items.iter().filter(|(item, _)| sight.shows(item)).collect();
    items.sort_by_key(|(item, _)| place(item).unwrap_or(usize::MAX));
    items
        .into_iter()
        .map(|(item, datum)| ItemData {
            item_oid: item.to_string(),
            value: Some(value::item_value(datum)),
            verified: record.verified.contains(&ItemKey { row: row.clone(), item: item.clone() }),
            verification_required: plan.requires(participant, &key.form, item),
            derived: shape
                .and_then(|shape| shape.item(item))
                .is_some_and(|item| item.method.is_some()),
        })
        .collect()
}
