//! One subject with its visits, their windows and the state of their forms.

use std::collections::BTreeSet;

use contract::{
    Act, Context,
    edc::v1::{
        FormSummary, GetSubjectRequest, GetSubjectResponse, ReviewState, Signature, Visit,
        data_entry::Status,
    },
};
use jiff::civil::Date;
use journal::Head;
use kernel::{
    FormOid, RepeatKey, StudyEventOid, SubjectKey,
    casebook::{
        Casebook, Enrolment, FormRecord, RecordKey, Refusal, due, event_date, timing_today,
    },
    study::{Design, StudyEventDef, StudyEventKind},
};

use super::{
    casebook::{site_to_read, stored},
    matrix::{entry_status, takes_part, timing},
    sight::Sight,
    today::today_at,
};
use crate::{
    Edc,
    compiled::Compiled,
    decide,
    failure::Result,
    signing::{SignedPart, SigningPlace},
    verification::participant,
    wire::{
        self,
        form::{self, review_state},
        value,
    },
};

/// Returns a subject with everything that took place or is expected.
pub(crate) async fn get(
    edc: &Edc,
    context: &Context,
    request: &GetSubjectRequest,
) -> Result<GetSubjectResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let subject: SubjectKey = request.subject_key.as_str().into();
    let site = site_to_read(edc, context, &study, &subject).await?;
    let today = today_at(edc, &study, &site)?;
    let sight = Sight::of(context, &study, &site);
    let found = stored(edc, &study, &subject, |book| {
        let casebook = &book.casebook;
        let enrolment = casebook.enrolment.as_ref()?;
        let compiled = study.of(casebook);
        let place = SigningPlace { study: &study, subject: &subject, part: SignedPart::Casebook };
        let chart = Chart {
            compiled,
            design: &compiled.design,
            casebook,
            enrolment,
            today,
            sight: &sight,
            head: book.head,
        };
        Some(GetSubjectResponse {
            subject: Some(wire::subject::subject(&subject, &book.row, &sight)),
            visits: chart.visits(&place),
            events: casebook.notes.iter().map(wire::subject::recorded_event).collect(),
            signature: casebook.signature.as_ref().map(|signature| {
                wire::signature::signature(signature, casebook.valid_signature().is_some())
            }),
            signing_sha256: place.signing_sha256(casebook, book.head),
        })
    })
    .await?;
    Ok(found.ok_or_else(|| Refusal::SubjectUnknown(subject.to_string()))?)
}

/// What the visits of a subject are read from.
struct Chart<'a> {
    compiled: &'a Compiled,
    design: &'a Design,
    casebook: &'a Casebook,
    enrolment: &'a Enrolment,
    today: Date,
    sight: &'a Sight,
    head: Head,
}

impl Chart<'_> {
    /// In schedule order; what an earlier version of the study asked for comes last.
    fn visits(&self, place: &SigningPlace<'_>) -> Vec<Visit> {
        let mut visits = Vec::new();
        for event in &self.design.version().events {
            let mut repeats = self.occurrences(&event.oid);
            if repeats.is_empty() && event.kind != StudyEventKind::Unscheduled {
                repeats.insert(RepeatKey::first());
            }
            let each =
                repeats.iter().map(|repeat| self.visit(place, &event.oid, repeat, Some(event)));
            visits.extend(each);
        }
        let events = self.casebook.records.keys().map(|key| &key.event);
        let gone = events.filter(|event| self.design.event(event).is_none());
        for event in gone.collect::<BTreeSet<_>>() {
            let repeats = self.occurrences(event);
            visits.extend(repeats.iter().map(|repeat| self.visit(place, event, repeat, None)));
        }
        visits
    }

    fn occurrences(&self, event: &StudyEventOid) -> BTreeSet<RepeatKey> {
        let from = RecordKey {
            event: event.clone(),
            event_repeat: "".into(),
            form: "".into(),
            form_repeat: "".into(),
        };
        let records = self.casebook.records.range(from..);
        let recorded = records.map(|(key, _)| key).take_while(|key| key.event == *event);
        let dated = self.casebook.dates.keys().filter(|(dated, _)| dated == event);
        recorded.map(|key| key.event_repeat.clone()).chain(dated.map(|(_, r)| r.clone())).collect()
    }

    fn visit(
        &self,
        place: &SigningPlace<'_>,
        event: &StudyEventOid,
        repeat: &RepeatKey,
        def: Option<&StudyEventDef>,
    ) -> Visit {
        let (design, casebook) = (self.design, self.casebook);
        let not_collected = decide::event_is_excepted(self.compiled, casebook, event);
        let due = due(design, casebook, event);
        let due = due.filter(|_| repeat.as_str() == "1" && !not_collected);
        let happened = event_date(design, casebook, event, repeat);
        let forms = self.forms(event, repeat, def);
        let is = |form: &&FormSummary, status: Status| form.status == i32::from(status);
        let (mut records, mut complete) = (0, 0);
        for form in forms.iter().filter(|form| form.version > 0 && !is(form, Status::Removed)) {
            records += 1;
            complete += u32::from(is(&form, Status::Complete));
        }
        let mandatory = def.map_or(0, |def| {
            def.forms.iter().filter(|form| form.mandatory && form.exception.is_none()).count()
        });
        let by_date = timing_today(due, happened, self.today);
        let timing = timing(by_date, records > 0, takes_part(self.enrolment.status));
        Visit {
            study_event_oid: event.to_string(),
            study_event_repeat_key: repeat.to_string(),
            status: entry_status(records, complete, u32::try_from(mandatory).unwrap_or(u32::MAX))
                .into(),
            timing: wire::subject::timing(timing).into(),
            target_date: due.map(|due| due.target.to_string()),
            window_start_date: due.map(|due| due.earliest.to_string()),
            window_end_date: due.map(|due| due.latest.to_string()),
            visit_date: happened.map(|date| date.to_string()),
            not_collected,
            forms,
            signature: self.signature(event, repeat),
            signing_sha256: (records > 0).then(|| {
                let part = SignedPart::Visit(event.clone(), repeat.clone());
                SigningPlace { part, ..place.clone() }.signing_sha256(casebook, self.head)
            }),
        }
    }

    fn signature(&self, event: &StudyEventOid, repeat: &RepeatKey) -> Option<Signature> {
        let signature = self.casebook.visit_signatures.get(&(event.clone(), repeat.clone()))?;
        let is_valid = self.casebook.valid_visit_signature(event, repeat).is_some();
        Some(wire::signature::signature(signature, is_valid))
    }

    /// The forms in the order of the event; forms that it no longer has come last.
    fn forms(
        &self,
        event: &StudyEventOid,
        repeat: &RepeatKey,
        def: Option<&StudyEventDef>,
    ) -> Vec<FormSummary> {
        let recorded: Vec<(&RecordKey, &FormRecord)> =
            self.casebook.records_of(event, repeat).map(|(key, record)| (key, &**record)).collect();
        let mut forms = Vec::new();
        let expected = def.map_or(&[][..], |def| def.forms.as_slice());
        for form in expected {
            let before = forms.len();
            let of_form = recorded.iter().filter(|(key, _)| key.form == form.form);
            forms.extend(of_form.map(|(key, record)| self.form(key, record)));
            if forms.len() == before {
                forms.push(self.not_started(event, &form.form));
            }
        }
        let is_expected = |form: &FormOid| expected.iter().any(|one| one.form == *form);
        let gone = recorded.iter().filter(|(key, _)| !is_expected(&key.form));
        forms.extend(gone.map(|(key, record)| self.form(key, record)));
        forms
    }

    fn form(&self, key: &RecordKey, record: &FormRecord) -> FormSummary {
        let queries = self.casebook.queries_of(key).filter(|query| self.sight.shows_query(query));
        FormSummary {
            form_oid: key.form.to_string(),
            form_repeat_key: key.form_repeat.to_string(),
            status: form::entry_status(record).into(),
            version: value::number(record.version),
            review: Some(review_state(self.design, participant(self.casebook), key, record)),
            open_query_count: value::number(queries.filter(|one| one.status.is_pending()).count()),
            not_collected: decide::form_is_excepted(
                self.compiled,
                self.casebook,
                &key.event,
                &key.form,
            ),
        }
    }

    fn not_started(&self, event: &StudyEventOid, form: &FormOid) -> FormSummary {
        FormSummary {
            form_oid: form.to_string(),
            form_repeat_key: RepeatKey::first().to_string(),
            status: Status::NotStarted.into(),
            version: 0,
            review: Some(ReviewState::default()),
            open_query_count: 0,
            not_collected: decide::form_is_excepted(self.compiled, self.casebook, event, form),
        }
    }
}
