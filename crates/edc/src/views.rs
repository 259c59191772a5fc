//! What is shown without replaying a log: form records, subjects with their visits, queries.
//! Every row here follows from the log of its casebook alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::TimeZone};
use kernel::{
    QueryId, RepeatKey, StudyEventOid, SubjectKey,
    casebook::{Casebook, Event, FormRecord, Query, QueryStatus, RecordKey, SubjectStatus},
    study::Design,
};
use serde::{Deserialize, Serialize};
use store::{Effect, View};

use crate::{
    compiled::Compiled,
    expected::{events_not_collected, missing_forms, visits_that_turned},
    verification::{Owed, is_verified, participant},
};

/// Raised whenever rows of this crate are written otherwise than before, views of dictionaries
/// included: a program refuses rows of another layout.
pub const LAYOUT_OF_VIEWS: u32 = 2;

/// Form records: form, subject, event, event repeat, form repeat.
pub(crate) const RECORD: View = View(10);
/// Subjects with their visits: site, subject.
pub(crate) const SUBJECT: View = View(11);
/// Queries that wait for somebody: site, subject, number.
pub(crate) const QUERY_PENDING: View = View(12);
/// Queries that are closed or cancelled: site, subject, number.
pub(crate) const QUERY_ENDED: View = View(13);
/// Queries that wait for somebody, by age: the day of opening and the site, subject, number.
pub(crate) const QUERY_BY_DAY: View = View(17);
/// Every view of casebooks.
pub(crate) const ALL: [View; 5] = [RECORD, SUBJECT, QUERY_PENDING, QUERY_ENDED, QUERY_BY_DAY];

/// Stands between the parts of a key; no OID and no key contains it.
pub(crate) const BETWEEN: char = '\u{1f}';
/// Stands within the first part of a key that names two things.
pub(crate) const WITHIN: char = '\u{1e}';

pub(crate) fn record_key(subject: &SubjectKey, key: &RecordKey) -> String {
    let parts = [
        key.form.as_str(),
        subject.as_str(),
        key.event.as_str(),
        key.event_repeat.as_str(),
        key.form_repeat.as_str(),
    ];
    join(&parts)
}

/// The parts of a record row's key: form, subject, event and its repeat, the form's repeat.
pub(crate) fn record_key_parts(key: &str) -> Option<[&str; 5]> {
    let mut parts = key.split(BETWEEN);
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

pub(crate) fn join(parts: &[&str]) -> String {
    let mut key = String::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            key.push(BETWEEN);
        }
        key.push_str(part);
    }
    key
}

/// A subject as lists and matrices show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubjectRow {
    pub site: String,
    pub status: String,
    pub screening_number: String,
    pub enrolment_number: Option<String>,
    pub consented_on: Option<String>,
    pub screened_on: String,
    pub enrolled_on: Option<String>,
    pub failed_criteria: Vec<String>,
    pub pending_queries: u32,
    /// Those of them that would tell the arm.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub blinded_queries: u32,
    /// Whether the casebook bears a signature that is valid.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub signed: bool,
    /// The events that are not collected, by the conditions of the study on them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub not_collected: BTreeSet<String>,
    pub visits: BTreeMap<String, VisitCell>,
}

/// One event of a subject, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VisitCell {
    /// Form records that are not removed.
    #[serde(rename = "n")]
    pub records: u32,
    #[serde(rename = "c")]
    pub complete: u32,
    #[serde(rename = "v")]
    pub verified: u32,
    #[serde(rename = "f")]
    pub frozen: u32,
    #[serde(rename = "l")]
    pub locked: u32,
    #[serde(rename = "s")]
    pub signed: u32,
    #[serde(rename = "q")]
    pub pending_queries: u32,
    /// Pending queries that would tell the arm.
    #[serde(rename = "b", skip_serializing_if = "is_zero", default)]
    pub blinded_queries: u32,
    /// Pending queries that are answered and do not tell the arm.
    #[serde(rename = "a", skip_serializing_if = "is_zero", default)]
    pub answered_queries: u32,
    /// Complete records in which items that everybody may see are still to be verified.
    #[serde(rename = "w", skip_serializing_if = "is_zero", default)]
    pub to_verify: u32,
    /// Complete records in which only items that tell the arm are still to be verified.
    #[serde(rename = "x", skip_serializing_if = "is_zero", default)]
    pub to_verify_blinded: u32,
    /// Complete records without a valid signature.
    #[serde(rename = "u", skip_serializing_if = "is_zero", default)]
    pub to_sign: u32,
    /// Mandatory forms that were never saved, once anything is known of the visit.
    #[serde(rename = "m", skip_serializing_if = "is_zero", default)]
    pub missing: u32,
    /// Whether the visit as a whole bears a signature that is valid.
    #[serde(rename = "g", skip_serializing_if = "std::ops::Not::not", default)]
    pub is_signed: bool,
    #[serde(rename = "d", skip_serializing_if = "Option::is_none", default)]
    pub date: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The key of a visit within its subject's row.
pub(crate) fn visit_key(event: &StudyEventOid, repeat: &RepeatKey) -> String {
    join(&[event.as_str(), repeat.as_str()])
}

/// What some events touch, so that only those rows are written.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub records: BTreeSet<RecordKey>,
    pub visits: BTreeSet<(StudyEventOid, RepeatKey)>,
    pub queries: BTreeSet<QueryId>,
}

impl Touched {
    pub fn note(&mut self, casebook: &Casebook, event: &Event) {
        if let Some(key) = event.record() {
            self.records.insert(key.clone());
            self.visits.insert((key.event.clone(), key.event_repeat.clone()));
        }
        match event {
            Event::StudyEventDated { event, event_repeat, .. }
            | Event::VisitSigned { event, event_repeat, .. } => {
                self.visits.insert((event.clone(), event_repeat.clone()));
            }
            Event::QueryOpened(opened) => {
                let key = &opened.record;
                self.visits.insert((key.event.clone(), key.event_repeat.clone()));
                self.queries.insert(opened.id.clone());
            }
            Event::QueryAnswered { id, .. }
            | Event::QueryClosed { id, .. }
            | Event::QueryReopened { id, .. }
            | Event::QueryCancelled { id, .. } => {
                if let Some(query) = casebook.queries.get(id) {
                    let key = &query.opened.record;
                    self.visits.insert((key.event.clone(), key.event_repeat.clone()));
                }
                self.queries.insert(id.clone());
            }
            // From now on the plan of verification asks for other items.
            Event::SubjectEnrolled(_) => {
                let places = |key: &RecordKey| (key.event.clone(), key.event_repeat.clone());
                self.visits.extend(casebook.records.keys().map(places));
            }
            _ => {}
        }
    }
}

/// Brings the row of a subject up to date with its casebook, for the visits that were touched.
pub(crate) fn refresh(
    row: &mut SubjectRow,
    compiled: &Compiled,
    casebook: &Casebook,
    touched: &Touched,
) {
    if let Some(enrolment) = &casebook.enrolment {
        enrolment.site.as_str().clone_into(&mut row.site);
        enrolment.status.code().clone_into(&mut row.status);
        row.screening_number.clone_from(&enrolment.screening_number);
        row.enrolment_number.clone_from(&enrolment.enrolment_number);
        row.consented_on.clone_from(&enrolment.consented_on);
        row.screened_on.clone_from(&enrolment.screened_on);
        row.enrolled_on.clone_from(&enrolment.enrolled_on);
        row.failed_criteria = enrolment.failed_criteria.iter().map(ToString::to_string).collect();
    }
    let not_collected = events_not_collected(compiled, casebook);
    let turned = visits_that_turned(row, &not_collected);
    row.not_collected = not_collected;
    for (event, repeat) in touched.visits.union(&turned) {
        let cell = visit_cell(compiled, casebook, event, repeat);
        row.visits.insert(visit_key(event, repeat), cell);
    }
    row.pending_queries = row.visits.values().map(|cell| cell.pending_queries).sum();
    row.blinded_queries = row.visits.values().map(|cell| cell.blinded_queries).sum();
    row.signed = casebook.valid_signature().is_some();
}

fn visit_cell(
    compiled: &Compiled,
    casebook: &Casebook,
    event: &StudyEventOid,
    repeat: &RepeatKey,
) -> VisitCell {
    let mut cell = VisitCell::default();
    let design = &compiled.design;
    let from = RecordKey {
        event: event.clone(),
        event_repeat: repeat.clone(),
        form: "".into(),
        form_repeat: "".into(),
    };
    let asked = casebook
        .asked
        .range(from..)
        .take_while(|(key, _)| key.event == *event && key.event_repeat == *repeat);
    let queries = asked.flat_map(|(_, ids)| ids).filter_map(|id| casebook.queries.get(id));
    for query in queries.filter(|query| query.status.is_pending()) {
        cell.pending_queries += 1;
        if tells_arm(design, query) {
            cell.blinded_queries += 1;
        } else if query.status == QueryStatus::Answered {
            cell.answered_queries += 1;
        }
    }
    let records = casebook.records_of(event, repeat).filter(|(_, record)| !record.removed);
    for (key, record) in records {
        count(&mut cell, design, casebook, key, record);
    }
    let date = kernel::casebook::event_date(design, casebook, event, repeat);
    cell.date = date.map(|date| date.to_string());
    if cell.records > 0 || cell.date.is_some() {
        let missing = missing_forms(compiled, casebook, event, repeat).count();
        cell.missing = u32::try_from(missing).unwrap_or(u32::MAX);
    }
    cell.is_signed = casebook.valid_visit_signature(event, repeat).is_some();
    cell
}

fn count(
    cell: &mut VisitCell,
    design: &Design,
    casebook: &Casebook,
    key: &RecordKey,
    record: &FormRecord,
) {
    let is_signed = record.signature.is_some() && record.valid_signature().is_some();
    let participant = participant(casebook);
    cell.records += 1;
    cell.complete += u32::from(record.complete);
    cell.verified += u32::from(is_verified(design, participant, &key.form, record));
    cell.frozen += u32::from(record.frozen);
    cell.locked += u32::from(record.locked);
    cell.signed += u32::from(is_signed);
    if record.complete {
        cell.to_sign += u32::from(!is_signed);
        match Owed::of(design, participant, &key.form, record) {
            Owed::Nothing => {}
            Owed::Seen => cell.to_verify += 1,
            Owed::Blinded => cell.to_verify_blinded += 1,
        }
    }
}

/// Whether the item or the check of a query would tell the arm.
pub(crate) fn tells_arm(design: &Design, query: &Query) -> bool {
    let version = design.version();
    let Query { opened, .. } = query;
    opened.item.as_ref().is_some_and(|item| version.blinding.items.contains(&item.item))
        || opened.check.as_ref().is_some_and(|check| {
            version.checks.iter().any(|known| known.oid == *check && known.blinded)
        })
}

/// The rows to write after `touched` changed; `row` must have been refreshed.
pub(crate) fn effects(
    subject: &SubjectKey,
    casebook: &Casebook,
    row: &SubjectRow,
    touched: &Touched,
) -> Vec<Effect> {
    let mut all = Vec::with_capacity(touched.records.len() + touched.queries.len() + 1);
    for key in &touched.records {
        if let Some(record) = casebook.record(key) {
            let (key, bytes) = (record_key(subject, key), record.to_bytes());
            all.push(Effect::Put { view: RECORD, key, bytes });
        }
    }
    all.push(Effect::Put {
        view: SUBJECT,
        key: join(&[&row.site, subject.as_str()]),
        bytes: encode(row),
    });
    for id in &touched.queries {
        let Some(query) = casebook.queries.get(id) else { continue };
        let key = query_key(&row.site, subject, id);
        let (here, gone) = if query.status.is_pending() {
            (QUERY_PENDING, QUERY_ENDED)
        } else {
            (QUERY_ENDED, QUERY_PENDING)
        };
        all.push(Effect::Put { view: here, key: key.clone(), bytes: encode(query) });
        let by_day = query_by_day_key(&row.site, subject, query);
        all.push(if query.status.is_pending() {
            Effect::Put { view: QUERY_BY_DAY, key: by_day, bytes: encode(query) }
        } else {
            Effect::Drop { view: QUERY_BY_DAY, key: by_day }
        });
        let reopened = query.thread.len() > 1 || !query.status.is_pending();
        if reopened {
            all.push(Effect::Drop { view: gone, key });
        }
    }
    all
}

/// Site, subject and the number of the query within its subject, padded so that it sorts.
pub(crate) fn query_key(site: &str, subject: &SubjectKey, id: &QueryId) -> String {
    join(&[site, subject.as_str(), &number_of(id)])
}

/// The same behind the day of opening in UTC, so that the oldest come first.
pub(crate) fn query_by_day_key(site: &str, subject: &SubjectKey, query: &Query) -> String {
    let first = format!("{}{WITHIN}{site}", day(query.opened_at_ms));
    join(&[&first, subject.as_str(), &number_of(&query.opened.id)])
}

/// The day of an instant in UTC, such as `2026-03-02`.
pub(crate) fn day(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or_default();
    at.to_zoned(TimeZone::UTC).date().to_string()
}

fn number_of(id: &QueryId) -> String {
    let number: u32 =
        id.as_str().rsplit(".Q").next().and_then(|number| number.parse().ok()).unwrap_or(0);
    format!("{number:08}")
}

/// Room for most rows, so that writing one allocates once.
const ROW_BYTES: usize = 1024;

pub(crate) fn encode<T: Serialize>(row: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ROW_BYTES);
    row.serialize(&mut minicbor_serde::Serializer::new(&mut bytes))
        .expect("a view row has only data that CBOR can hold");
    bytes
}

/// A stored view row is not what this version writes.
#[derive(Debug, thiserror::Error)]
#[error("a row of view {view} cannot be read; rebuild the views")]
pub struct MalformedRow {
    view: u16,
    #[source]
    source: minicbor_serde::error::DecodeError,
}

pub(crate) fn decode_subject(bytes: &[u8]) -> Result<SubjectRow, MalformedRow> {
    minicbor_serde::from_slice(bytes).map_err(|source| MalformedRow { view: SUBJECT.0, source })
}

pub(crate) fn decode_query(bytes: &[u8]) -> Result<Query, MalformedRow> {
    minicbor_serde::from_slice(bytes)
        .map_err(|source| MalformedRow { view: QUERY_PENDING.0, source })
}

impl SubjectRow {
    pub fn is_collected(&self, event: &str) -> bool {
        !self.not_collected.contains(event)
    }

    pub fn status(&self) -> SubjectStatus {
        SubjectStatus::parse(&self.status).unwrap_or(SubjectStatus::Screening)
    }
}
