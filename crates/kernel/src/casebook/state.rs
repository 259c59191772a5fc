//! The state of a casebook: the fold of its events. Applying an event cannot fail.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    event::{Event, FormSaved, Mark, RecordPart},
    query::{Query, QueryStatus, Remark},
    record::{FormRecord, ItemKey, RecordKey, RecordSignature},
    status::{StatusChange, SubjectStatus},
};
use crate::study::Participant;
use crate::{ArmOid, CriterionOid, QueryId, RepeatKey, RequestId, SiteOid, StudyEventOid};

/// Everything the trial knows about one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Casebook {
    /// The last entry that was applied.
    pub sequence: u64,
    /// When it was recorded. Entries of one log never go back in time.
    pub recorded_at_ms: i64,
    /// The study version that the casebook took last, where it was brought to one.
    pub version: Option<String>,
    /// `None` until the subject was screened.
    pub enrolment: Option<Enrolment>,
    pub history: Vec<StatusChange>,
    /// Dates of study events that were stated as such.
    pub dates: BTreeMap<(StudyEventOid, RepeatKey), String>,
    /// Dated events that were noted, oldest first.
    pub notes: Vec<Note>,
    pub records: BTreeMap<RecordKey, Arc<FormRecord>>,
    /// Items that were verified and have changed since: they are to be verified again.
    pub changed_since_verified: BTreeMap<RecordKey, BTreeSet<ItemKey>>,
    /// The last signature of each visit, and that of the casebook.
    pub visit_signatures: BTreeMap<(StudyEventOid, RepeatKey), RecordSignature>,
    pub signature: Option<RecordSignature>,
    pub queries: BTreeMap<QueryId, Query>,
    /// The queries about each record.
    pub asked: BTreeMap<RecordKey, Vec<QueryId>>,
    /// The requests that were carried out, with the last entry of each.
    pub requests: HashMap<RequestId, u64>,
    /// How many queries were ever opened.
    pub queries_opened: u32,
}

/// A subject's identity and standing in the trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    pub site: SiteOid,
    pub status: SubjectStatus,
    pub screening_number: String,
    pub enrolment_number: Option<String>,
    pub consented_on: Option<String>,
    pub screened_on: String,
    pub enrolled_on: Option<String>,
    pub arm: Option<ArmOid>,
    /// None before the enrolment.
    pub participant: Option<Participant>,
    pub failed_criteria: Vec<CriterionOid>,
}

/// One dated event that was noted for the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub on: String,
    pub text: String,
    /// The occurrence of a study event that the note dates, where it does.
    pub dates: Option<(StudyEventOid, RepeatKey)>,
    pub entry: u64,
    pub at_ms: i64,
    pub by: String,
}

/// What is known of an entry besides its event.
#[derive(Clone, Debug)]
pub struct Stamp<'a> {
    pub sequence: u64,
    pub recorded_at_ms: i64,
    pub request: &'a RequestId,
    /// Who did it and in which role.
    pub actor: &'a str,
    pub role: &'a str,
}

impl Casebook {
    /// Takes the next event in.
    pub fn apply(&mut self, stamp: &Stamp<'_>, event: Event) {
        self.sequence = stamp.sequence;
        self.recorded_at_ms = stamp.recorded_at_ms;
        self.requests.insert(stamp.request.clone(), stamp.sequence);
        if let Some(key) = event.record() {
            self.record_mut(key).last_entry = stamp.sequence;
        }
        match event {
            Event::FormSaved(saved) => self.form_saved(saved),
            Event::Removed(part) => self.removed(&part, true),
            Event::Restored(part) => self.removed(&part, false),
            Event::ItemsVerified { record, items } => {
                if let Some(changed) = self.changed_since_verified.get_mut(&record) {
                    changed.retain(|item| !items.contains(item));
                }
                self.record_mut(&record).verified.extend(items);
            }
            Event::ItemsUnverified { record, items } => {
                let verified = &mut self.record_mut(&record).verified;
                for item in &items {
                    verified.remove(item);
                }
            }
            Event::RecordMarked { record, mark, on } => {
                let record = self.record_mut(&record);
                match mark {
                    Mark::Frozen => record.frozen = on,
                    Mark::Locked => record.locked = on,
                }
            }
            Event::VersionTaken { new, .. } => self.version = Some(new),
            Event::RecordSigned { record, signature } => {
                self.record_mut(&record).signature = Some(signature);
            }
            Event::VisitSigned { event, event_repeat, signature } => {
                self.visit_signatures.insert((event, event_repeat), signature);
            }
            Event::CasebookSigned { signature } => self.signature = Some(signature),
            Event::StudyEventDated { event, event_repeat, new, .. } => {
                // A date that was noted comes right behind its note.
                let noted = self.notes.last_mut().filter(|note| note.entry + 1 == stamp.sequence);
                if let Some(note) = noted {
                    note.dates = Some((event.clone(), event_repeat.clone()));
                }
                match new {
                    Some(date) => self.dates.insert((event, event_repeat), date),
                    None => self.dates.remove(&(event, event_repeat)),
                };
            }
            Event::EventNoted { on, text } => self.notes.push(Note {
                on,
                text,
                dates: None,
                entry: stamp.sequence,
                at_ms: stamp.recorded_at_ms,
                by: stamp.actor.to_owned(),
            }),
            other => self.subject_or_query(stamp, other),
        }
    }

    fn subject_or_query(&mut self, stamp: &Stamp<'_>, event: Event) {
        match event {
            Event::QueryOpened(opened) => {
                self.queries_opened += 1;
                let query = Query {
                    status: QueryStatus::Open,
                    opened_entry: stamp.sequence,
                    opened_at_ms: stamp.recorded_at_ms,
                    changed_at_ms: stamp.recorded_at_ms,
                    closed_by_check: false,
                    opened_by: stamp.actor.to_owned(),
                    opened_in_role: stamp.role.to_owned(),
                    thread: Vec::new(),
                    opened,
                };
                let about = self.asked.entry(query.opened.record.clone()).or_default();
                about.push(query.opened.id.clone());
                self.queries.insert(query.opened.id.clone(), query);
            }
            Event::QueryAnswered { id, text } => {
                self.remark(stamp, &id, QueryStatus::Answered, text, false);
            }
            Event::QueryClosed { id, text, automatic } => {
                self.remark(stamp, &id, QueryStatus::Closed, text, automatic);
            }
            Event::QueryReopened { id, text } => {
                self.remark(stamp, &id, QueryStatus::Open, text, false);
            }
            Event::QueryCancelled { id, text } => {
                self.remark(stamp, &id, QueryStatus::Cancelled, text, false);
            }
            other => self.subject(stamp, other),
        }
    }

    fn subject(&mut self, stamp: &Stamp<'_>, event: Event) {
        let entry = stamp.sequence;
        let step = |to, on: &str| StatusChange { to, on: on.to_owned(), entry };
        match (event, &mut self.enrolment) {
            (Event::SubjectScreened(screened), enrolment) => {
                self.history.push(step(SubjectStatus::Screening, &screened.screened_on));
                *enrolment = Some(Enrolment {
                    site: screened.site,
                    status: SubjectStatus::Screening,
                    screening_number: screened.screening_number,
                    enrolment_number: None,
                    consented_on: screened.consented_on,
                    screened_on: screened.screened_on,
                    enrolled_on: None,
                    arm: None,
                    participant: None,
                    failed_criteria: Vec::new(),
                });
            }
            (Event::EligibilityAssessed(assessed), Some(enrolment)) => {
                enrolment.failed_criteria = assessed.failed;
            }
            (Event::SubjectEnrolled(enrolled), Some(enrolment)) => {
                self.history.push(step(SubjectStatus::Enrolled, &enrolled.enrolled_on));
                enrolment.status = SubjectStatus::Enrolled;
                enrolment.enrolment_number = Some(enrolled.enrolment_number);
                enrolment.enrolled_on = Some(enrolled.enrolled_on);
                enrolment.arm = enrolled.arm;
                enrolment.participant = Some(enrolled.participant);
            }
            (Event::SubjectStatusChanged { to, on, .. }, Some(enrolment)) => {
                self.history.push(step(to, &on));
                enrolment.status = to;
            }
            _ => {}
        }
    }

    fn record_mut(&mut self, key: &RecordKey) -> &mut FormRecord {
        Arc::make_mut(self.records.entry(key.clone()).or_default())
    }

    fn form_saved(&mut self, saved: FormSaved) {
        let mut changed = Vec::new();
        let record = self.record_mut(&saved.record);
        record.version = saved.version;
        record.complete = saved.complete.unwrap_or(record.complete);
        for change in saved.rows {
            let row = record.rows.entry(change.0.clone()).or_default();
            for item in change.1 {
                if !record.verified.is_empty() {
                    let key = ItemKey { row: change.0.clone(), item: item.0.clone() };
                    if record.verified.remove(&key) {
                        changed.push(key);
                    }
                }
                match item.2 {
                    Some(datum) => row.items.insert(item.0, datum),
                    None => row.items.remove(&item.0),
                };
            }
        }
        if !changed.is_empty() {
            self.changed_since_verified.entry(saved.record).or_default().extend(changed);
        }
    }

    fn removed(&mut self, part: &RecordPart, removed: bool) {
        let record = self.record_mut(&part.record);
        record.version += 1;
        match &part.row {
            None => record.removed = removed,
            Some(row) => record.rows.entry(row.clone()).or_default().removed = removed,
        }
    }

    fn remark(
        &mut self,
        stamp: &Stamp<'_>,
        id: &QueryId,
        status: QueryStatus,
        text: String,
        by_check: bool,
    ) {
        if let Some(query) = self.queries.get_mut(id) {
            query.status = status;
            query.changed_at_ms = stamp.recorded_at_ms;
            query.closed_by_check = by_check;
            query.thread.push(Remark {
                status,
                text,
                entry: stamp.sequence,
                at_ms: stamp.recorded_at_ms,
                by: stamp.actor.to_owned(),
                role: stamp.role.to_owned(),
            });
        }
    }

    /// The record, unless nothing was ever saved in it.
    pub fn record(&self, key: &RecordKey) -> Option<&Arc<FormRecord>> {
        self.records.get(key)
    }

    /// The queries about one record, oldest first.
    pub fn queries_of(&self, key: &RecordKey) -> impl Iterator<Item = &Query> {
        let ids = self.asked.get(key).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.queries.get(id))
    }

    /// The records of one event, in the order of form and repeat.
    pub fn records_of<'a>(
        &'a self,
        event: &'a StudyEventOid,
        repeat: &'a RepeatKey,
    ) -> impl Iterator<Item = (&'a RecordKey, &'a Arc<FormRecord>)> {
        let from = RecordKey {
            event: event.clone(),
            event_repeat: repeat.clone(),
            form: "".into(),
            form_repeat: "".into(),
        };
        self.records
            .range(from..)
            .take_while(move |(key, _)| key.event == *event && key.event_repeat == *repeat)
    }
}
