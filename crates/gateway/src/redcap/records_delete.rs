//! Deleting records: nothing is ever deleted here, so that forms are removed, with a reason, and can
//! be restored. A participant of whom all was removed leaves the screening.

use contract::{
    Code,
    edc::v1::{
        ChangeSubjectStatusRequest, FormRecordPlace, GetFormRecordRequest, GetSubjectRequest,
        RemoveRecordRequest, Subject, data_entry, subject::Status,
    },
};

use super::{Reply, fault::Fault, project::Call};

const REASON: &str = "deleted through the REDCap interface";

pub(super) async fn delete(call: Call) -> Result<Reply, Fault> {
    let records = call.form.list("records");
    if records.is_empty() {
        return Err(Fault::invalid("no record is named"));
    }
    let layout = call.layout().await?;
    let (event, instrument) = (call.form.get("event"), call.form.get("instrument"));
    let event = match event {
        "" => None,
        name => Some(layout.event(name).ok_or_else(|| Fault::invalid("there is no such event"))?),
    };
    let form = match instrument {
        "" => None,
        name => {
            let at = layout.instrument(name);
            let at = at.ok_or_else(|| Fault::invalid("there is no such instrument"))?;
            Some(layout.instruments[at].form.to_string())
        }
    };
    let repeat = call.form.get("repeat_instance");
    let mut subjects = Vec::with_capacity(records.len());
    for record in &records {
        subjects.push(subject(&call, record).await?);
    }
    let is_whole = event.is_none() && form.is_none() && repeat.is_empty();
    for (subject, places) in subjects {
        for place in places {
            let here = event.is_none_or(|event| place.study_event_oid == event.oid.as_str())
                && form.as_ref().is_none_or(|form| place.form_oid == *form)
                && (repeat.is_empty()
                    || place.form_repeat_key == repeat
                    || place.study_event_repeat_key == repeat);
            if here {
                remove(&call, place).await?;
            }
        }
        if is_whole && subject.status == i32::from(Status::Screening) {
            leave(&call, &subject).await?;
        }
    }
    Ok(call.plain(&records.len().to_string()))
}

/// A participant and the forms that were filled of him.
async fn subject(call: &Call, record: &str) -> Result<(Subject, Vec<FormRecordPlace>), Fault> {
    let request =
        GetSubjectRequest { study_oid: call.study.clone(), subject_key: record.to_owned() };
    let found = call.redcap.edc.get_subject(&call.context, request).await;
    let found = found.map_err(|error| match error.code() {
        Code::NotFound => Fault::invalid(format!("the record '{record}' does not exist")),
        _ => Fault::of(&error),
    })?;
    let mut places = Vec::new();
    for visit in found.visits {
        for form in visit.forms {
            let is_gone = form.status == i32::from(data_entry::Status::Removed);
            if form.version == 0 || is_gone {
                continue;
            }
            places.push(FormRecordPlace {
                subject_key: record.to_owned(),
                study_event_oid: visit.study_event_oid.clone(),
                study_event_repeat_key: visit.study_event_repeat_key.clone(),
                form_oid: form.form_oid,
                form_repeat_key: form.form_repeat_key,
            });
        }
    }
    Ok((found.subject.unwrap_or_default(), places))
}

async fn remove(call: &Call, place: FormRecordPlace) -> Result<(), Fault> {
    let request = GetFormRecordRequest {
        study_oid: call.study.clone(),
        subject_key: place.subject_key.clone(),
        study_event_oid: place.study_event_oid.clone(),
        study_event_repeat_key: place.study_event_repeat_key.clone(),
        form_oid: place.form_oid.clone(),
        form_repeat_key: place.form_repeat_key.clone(),
    };
    let record = call.redcap.edc.get_form_record(&call.context, request).await?;
    let request = RemoveRecordRequest {
        study_oid: call.study.clone(),
        subject_key: place.subject_key,
        study_event_oid: place.study_event_oid,
        study_event_repeat_key: place.study_event_repeat_key,
        form_oid: place.form_oid,
        form_repeat_key: place.form_repeat_key,
        seen_version: Some(record.version),
        reason: REASON.to_owned(),
        ..RemoveRecordRequest::default()
    };
    call.redcap.edc.remove_record(&call.context, request).await?;
    Ok(())
}

async fn leave(call: &Call, subject: &Subject) -> Result<(), Fault> {
    let request = ChangeSubjectStatusRequest {
        study_oid: call.study.clone(),
        subject_key: subject.subject_key.clone(),
        status: Status::ScreenFailed.into(),
        status_date: subject.screening_date.clone(),
        reason: REASON.to_owned(),
        request_id: None,
    };
    call.redcap.edc.change_subject_status(&call.context, request).await?;
    Ok(())
}
