//! Subjects, and the calls that take them through the trial.

use contract::{
    Act, Context, Error, Scope,
    edc::v1::{
        self as proto, ChangeSubjectStatusRequest, EnrolSubjectRequest, RecordEventRequest,
        ScreenSubjectRequest, subject::Status, visit::Timing,
    },
};
use kernel::{
    StudyOid, SubjectKey,
    casebook::{EventTiming, Note, Refusal, SubjectStatus},
};

use super::value;
use crate::{
    ChangeStatus, Edc, EnrolSubject, RecordEvent, ScreenSubject,
    book::lock,
    change::request_id,
    failure::Result,
    read::{sight::Sight, today::today_at},
    views::SubjectRow,
};

pub(crate) fn subject(key: &SubjectKey, row: &SubjectRow, sight: &Sight) -> proto::Subject {
    proto::Subject {
        subject_key: key.to_string(),
        site_oid: row.site.clone(),
        status: status_of(row.status()).into(),
        consent_date: row.consented_on.clone(),
        screening_date: row.screened_on.clone(),
        enrolment_date: row.enrolled_on.clone(),
        enrolment_number: row.enrolment_number.clone(),
        failed_criterion_oids: row.failed_criteria.clone(),
        open_query_count: value::number(sight.pending(row.pending_queries, row.blinded_queries)),
    }
}

pub(crate) fn status_of(status: SubjectStatus) -> Status {
    match status {
        SubjectStatus::Screening => Status::Screening,
        SubjectStatus::ScreenFailed => Status::ScreenFailed,
        SubjectStatus::Enrolled => Status::Enrolled,
        SubjectStatus::Completed => Status::Completed,
        SubjectStatus::Discontinued => Status::Discontinued,
    }
}

/// The status behind a number of the contract; none when nothing is said.
pub(crate) fn status(number: Option<i32>) -> Result<Option<SubjectStatus>, Error> {
    let Some(number) = number else { return Ok(None) };
    match Status::try_from(number) {
        Ok(Status::Unspecified) => Ok(None),
        Ok(Status::Screening) => Ok(Some(SubjectStatus::Screening)),
        Ok(Status::ScreenFailed) => Ok(Some(SubjectStatus::ScreenFailed)),
        Ok(Status::Enrolled) => Ok(Some(SubjectStatus::Enrolled)),
        Ok(Status::Completed) => Ok(Some(SubjectStatus::Completed)),
        Ok(Status::Discontinued) => Ok(Some(SubjectStatus::Discontinued)),
        Err(_) => Err(Error::invalid("status", "there is no such status")),
    }
}

pub(crate) fn timing(timing: EventTiming) -> Timing {
    match timing {
        EventTiming::NotPlanned => Timing::NotPlanned,
        EventTiming::Upcoming => Timing::Upcoming,
        EventTiming::InWindow => Timing::InWindow,
        EventTiming::Overdue => Timing::Overdue,
        EventTiming::Done => Timing::Done,
        EventTiming::DoneOutOfWindow => Timing::DoneOutOfWindow,
    }
}

pub(crate) fn recorded_event(note: &Note) -> proto::RecordedEvent {
    let dates = note.dates.as_ref();
    proto::RecordedEvent {
        event: note.text.clone(),
        event_date: note.on.clone(),
        study_event_oid: dates.map(|(event, _)| event.to_string()),
        study_event_repeat_key: dates.map(|(_, repeat)| repeat.to_string()),
        recorded_by: note.by.clone(),
        recorded_at: Some(value::at(note.at_ms)),
    }
}

pub(super) async fn screen(
    edc: &Edc,
    context: &Context,
    request: &ScreenSubjectRequest,
) -> Result<proto::Subject> {
    let study = request.study_oid.as_str().into();
    let site: kernel::SiteOid = request.site_oid.as_str().into();
    if request.took_place {
        let scope = Scope::study_wide(&request.study_oid);
        context.caller.permit(Act::ImportData, scope)?;
    }
    let screened_on = if let Some(date) = given(request.screening_date.as_ref()) {
        date.to_owned()
    } else {
        let known = edc.study_for(context, &study, Act::ManageSubjects).await?;
        let scope = Scope::at_site(known.oid.as_str(), site.as_str());
        context.caller.permit(Act::ManageSubjects, scope)?;
        today_at(edc, &known, &site)?.to_string()
    };
    let screen = ScreenSubject {
        site,
        subject: given(request.subject_key.as_ref()).map(Into::into),
        consented_on: request.consent_date.clone(),
        screened_on: Some(screened_on),
        took_place: request.took_place,
    };
    let key = edc.screen(context, &study, request.request_id.as_ref(), &screen).await?;
    answer(edc, context, &study, &key).await
}

pub(super) async fn enrol(
    edc: &Edc,
    context: &Context,
    request: &EnrolSubjectRequest,
) -> Result<proto::Subject> {
    let study = request.study_oid.as_str().into();
    let attested = request.attested_criteria.iter();
    let enrol = EnrolSubject {
        subject: request.subject_key.as_str().into(),
        enrolled_on: request.enrolment_date.clone(),
        enrolment_number: given(request.enrolment_number.as_ref()).map(ToOwned::to_owned),
        attested: attested.map(|(oid, said)| (oid.as_str().into(), *said)).collect(),
        took_place: false,
    };
    edc.enrol(context, &study, request.request_id.as_ref(), &enrol).await?;
    answer(edc, context, &study, &enrol.subject).await
}

pub(super) async fn change_status(
    edc: &Edc,
    context: &Context,
    request: &ChangeSubjectStatusRequest,
) -> Result<proto::Subject> {
    let study = request.study_oid.as_str().into();
    let to = status(Some(request.status))?
        .ok_or_else(|| Error::invalid("status", "the new status is missing"))?;
    if request.reason.trim().is_empty() {
        return Err(Refusal::ReasonNeeded.into());
    }
    let change = ChangeStatus {
        subject: request.subject_key.as_str().into(),
        to,
        on: request.status_date.clone(),
        reason: Some(request.reason.clone()),
    };
    edc.change_status(context, &study, request.request_id.as_ref(), &change).await?;
    answer(edc, context, &study, &change.subject).await
}

pub(super) async fn record_event(
    edc: &Edc,
    context: &Context,
    request: &RecordEventRequest,
) -> Result<proto::RecordedEvent> {
    if request.event.trim().is_empty() {
        return Err(Error::invalid("event", "it must say what happened").into());
    }
    let study: StudyOid = request.study_oid.as_str().into();
    let repeat = request.study_event_repeat_key.as_deref().unwrap_or_default();
    let dated = given(request.study_event_oid.as_ref());
    let noted = RecordEvent {
        subject: request.subject_key.as_str().into(),
        on: request.event_date.clone(),
        text: request.event.clone(),
        event: dated.map(|event| (event.into(), value::repeat_key(repeat))),
    };
    edc.record_event(context, &study, request.request_id.as_ref(), &noted).await?;
    let id = request_id(context, request.request_id.as_ref());
    let study = edc.study(&study).await?;
    let book = edc.shelf.get(&study, &noted.subject).await?;
    let book = lock(&book);
    let last = book.casebook.requests.get(&id).copied().unwrap_or_default();
    let note = book.casebook.notes.iter().rev().find(|note| note.entry <= last);
    let note = note.ok_or_else(|| Refusal::SubjectUnknown(noted.subject.to_string()))?;
    Ok(recorded_event(note))
}

/// A text of the request; an empty one counts as absent.
pub(crate) fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

async fn answer(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    key: &SubjectKey,
) -> Result<proto::Subject> {
    let study = edc.study(study).await?;
    let book = edc.shelf.get(&study, key).await?;
    let book = lock(&book);
    let sight = Sight::of(context, &study, &book.row.site.as_str().into());
    Ok(subject(key, &book.row, &sight))
}
