//! One whole casebook with its journal, folded as far as the cut-off, without what the caller may not
//! see.

use std::sync::Arc;

use formats::export::SignedPart;
use jiff::Timestamp;
use journal::{Chain, EntryRef, Head};
use kernel::{
    ItemOid, RequestId, SubjectKey,
    casebook::{Casebook, Event, FormSaved, Query, RecordSignature, Stamp},
};
use store::LogName;

use super::{
    Job,
    page::{CasebookPage, EntryPage},
};
use crate::{Failure, failure::Result};

/// Entries that are read at a time.
const PAGE: u32 = 1_000;

/// Reads one casebook; none for a subject of a site that is not exported.
pub(super) async fn read(job: &Job, log: &LogName) -> Result<Option<CasebookPage>> {
    let until_ms = job.request.as_of.map_or(i64::MAX, Timestamp::as_millisecond);
    let mut casebook = Casebook::default();
    let mut entries = Vec::new();
    let mut chain = Chain::resume(log.clone(), Head::default());
    'log: loop {
        let read = job.edc.store.read(log, casebook.sequence + 1, PAGE).await?;
        for sealed in &read {
            let entry = sealed.view().map_err(|_| Failure::Broken(log.to_string()))?;
            if entry.recorded_at_ms > until_ms {
                break 'log;
            }
            let entry = chain.accept(sealed).map_err(|_| Failure::Broken(log.to_string()))?;
            let event = Event::from_payload(entry.payload).map_err(|source| Failure::Entry {
                log: log.to_string(),
                sequence: sealed.sequence,
                source,
            })?;
            let stamp = Stamp {
                sequence: sealed.sequence,
                recorded_at_ms: entry.recorded_at_ms,
                request: &RequestId::new(entry.request_id),
                actor: entry.actor,
                role: entry.role,
            };
            entries.push(kept(&entry, event.clone()));
            casebook.apply(&stamp, event);
        }
        if read.len() < PAGE as usize {
            break;
        }
    }
    let site = casebook.enrolment.as_ref().map(|enrolment| enrolment.site.clone());
    let Some(site) = site.filter(|site| job.has_site(site.as_str())) else { return Ok(None) };
    let signatures = signatures(&casebook);
    let entries = entries.into_iter().filter_map(|entry| seen(job, &casebook, entry)).collect();
    hide(job, &mut casebook);
    let head = chain.head();
    let subject = SubjectKey::new(&log.key);
    Ok(Some(CasebookPage { subject, site, casebook, signatures, entries, head }))
}

fn kept(entry: &EntryRef<'_>, event: Event) -> EntryPage {
    EntryPage {
        sequence: entry.sequence,
        at_ms: entry.recorded_at_ms,
        user: entry.actor.to_owned(),
        role: entry.role.to_owned(),
        on_behalf_of: entry.on_behalf_of.map(ToOwned::to_owned),
        reason: entry.reason.map(ToOwned::to_owned),
        is_reason_withheld: false,
        origin: entry.origin.to_owned(),
        version: entry.study_version.map(|hash| hash.to_string()).unwrap_or_default(),
        event,
    }
}

/// All signatures, and whether they hold: they are bound to all values, also to those that are
/// hidden here.
fn signatures(casebook: &Casebook) -> Vec<(SignedPart, RecordSignature, bool)> {
    let mut all = Vec::new();
    for (key, record) in &casebook.records {
        if let Some(signature) = &record.signature {
            let holds = record.valid_signature().is_some();
            all.push((SignedPart::Record(key.clone()), signature.clone(), holds));
        }
    }
    for ((event, repeat), signature) in &casebook.visit_signatures {
        let holds = casebook.valid_visit_signature(event, repeat).is_some();
        all.push((SignedPart::Visit(event.clone(), repeat.clone()), signature.clone(), holds));
    }
    if let Some(signature) = &casebook.signature {
        let holds = casebook.valid_signature().is_some();
        all.push((SignedPart::Casebook, signature.clone(), holds));
    }
    all
}

/// The entry without what tells the arm; none if it is about nothing else.
fn seen(job: &Job, casebook: &Casebook, mut entry: EntryPage) -> Option<EntryPage> {
    if job.sees_all() {
        return Some(entry);
    }
    let shows = |item: &ItemOid| !job.hidden.contains(item);
    let hides_part = match &mut entry.event {
        Event::FormSaved(saved) => {
            let hidden = withhold(job, saved);
            let is_empty = saved.changes().next().is_none() && saved.complete.is_none();
            if hidden && is_empty {
                return None;
            }
            hidden
        }
        Event::ItemsVerified { items, .. } | Event::ItemsUnverified { items, .. } => {
            let before = items.len();
            items.retain(|item| shows(&item.item));
            if items.is_empty() {
                return None;
            }
            items.len() < before
        }
        Event::SubjectEnrolled(enrolled) => {
            enrolled.arm = None;
            false
        }
        Event::QueryOpened(opened) => {
            let query = casebook.queries.get(&opened.id)?;
            return job.shows_query(query).then_some(entry);
        }
        Event::QueryAnswered { id, .. }
        | Event::QueryClosed { id, .. }
        | Event::QueryReopened { id, .. }
        | Event::QueryCancelled { id, .. } => {
            let query = casebook.queries.get(id)?;
            return job.shows_query(query).then_some(entry);
        }
        _ => false,
    };
    if hides_part {
        entry.is_reason_withheld = entry.reason.take().is_some();
    }
    Some(entry)
}

/// Takes changes of hidden items out; says whether there were any.
fn withhold(job: &Job, saved: &mut FormSaved) -> bool {
    let before = saved.changes().count();
    for row in &mut saved.rows {
        row.1.retain(|change| !job.hidden.contains(&change.0));
    }
    saved.rows.retain(|row| !row.1.is_empty());
    saved.changes().count() < before
}

/// Takes out of a casebook what tells the arm.
fn hide(job: &Job, casebook: &mut Casebook) {
    if job.sees_all() {
        return;
    }
    if let Some(enrolment) = &mut casebook.enrolment {
        enrolment.arm = None;
    }
    for record in casebook.records.values_mut() {
        let record = Arc::make_mut(record);
        for row in record.rows.values_mut() {
            row.items.retain(|item, _| !job.hidden.contains(item));
        }
        record.verified.retain(|item| !job.hidden.contains(&item.item));
    }
    for items in casebook.changed_since_verified.values_mut() {
        items.retain(|item| !job.hidden.contains(&item.item));
    }
    casebook.queries.retain(|_, query: &mut Query| job.shows_query(query));
    let queries = &casebook.queries;
    casebook.asked.retain(|_, ids| {
        ids.retain(|id| queries.contains_key(id));
        !ids.is_empty()
    });
}
