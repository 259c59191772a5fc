//! Queries, and the calls that ask, answer and close them.

use std::collections::BTreeMap;

use contract::{
    Context, Error,
    edc::v1::{
        self as proto, AnswerQueryRequest, CancelQueryRequest, CloseQueryRequest, OpenQueryRequest,
        ReopenQueryRequest, query::Status, query_message::Action, severity::Level,
    },
};
use kernel::{
    StudyOid, SubjectKey,
    casebook::{Query, QueryStatus, Remark},
};

use super::value;
use crate::{
    Edc,
    failure::Result,
    query::{OpenQuery, QueryStep},
    read::sight::Sight,
};

pub(crate) fn query(site: &str, subject: &SubjectKey, query: &Query) -> proto::Query {
    let opened = &query.opened;
    let mut messages = vec![proto::QueryMessage {
        action: Action::Opened.into(),
        text: value::texts(&opened.text),
        user: query.opened_by.clone(),
        role: query.opened_in_role.clone(),
        recorded_at: Some(value::at(query.opened_at_ms)),
    }];
    messages.extend(query.thread.iter().map(message));
    proto::Query {
        query_id: opened.id.to_string(),
        record: Some(value::record_place(subject, &opened.record)),
        item: opened.item.as_ref().map(value::item_place),
        site_oid: site.to_owned(),
        status: status_of(query.status).into(),
        check_oid: opened.check.as_ref().map(ToString::to_string),
        opened_at: Some(value::at(query.opened_at_ms)),
        opened_by: query.opened_by.clone(),
        messages,
    }
}

fn message(remark: &Remark) -> proto::QueryMessage {
    let action = match remark.status {
        QueryStatus::Open => Action::Reopened,
        QueryStatus::Answered => Action::Answered,
        QueryStatus::Closed => Action::Closed,
        QueryStatus::Cancelled => Action::Cancelled,
    };
    let said = Some(remark.text.clone()).filter(|text| !text.is_empty());
    proto::QueryMessage {
        action: action.into(),
        text: said.map(|text| BTreeMap::from([(String::new(), text)])).unwrap_or_default(),
        user: remark.by.clone(),
        role: remark.role.clone(),
        recorded_at: Some(value::at(remark.at_ms)),
    }
}

fn status_of(status: QueryStatus) -> Status {
    match status {
        QueryStatus::Open => Status::Open,
        QueryStatus::Answered => Status::Answered,
        QueryStatus::Closed => Status::Closed,
        QueryStatus::Cancelled => Status::Cancelled,
    }
}

/// The status behind a number of the contract; none when nothing is said.
pub(crate) fn status(number: Option<i32>) -> Result<Option<QueryStatus>, Error> {
    let Some(number) = number else { return Ok(None) };
    match Status::try_from(number) {
        Ok(Status::Unspecified) => Ok(None),
        Ok(Status::Open) => Ok(Some(QueryStatus::Open)),
        Ok(Status::Answered) => Ok(Some(QueryStatus::Answered)),
        Ok(Status::Closed) => Ok(Some(QueryStatus::Closed)),
        Ok(Status::Cancelled) => Ok(Some(QueryStatus::Cancelled)),
        Err(_) => Err(Error::invalid("status", "there is no such status")),
    }
}

/// A query of a check, as what the check finds; none for a query of a person.
pub(crate) fn finding(query: &Query) -> Option<proto::Finding> {
    Some(proto::Finding {
        check_oid: query.opened.check.as_ref()?.to_string(),
        severity: Level::Soft.into(),
        message: value::texts(&query.opened.text),
        place: query.opened.item.as_ref().map(value::item_place),
    })
}

pub(super) async fn open(
    edc: &Edc,
    context: &Context,
    request: &OpenQueryRequest,
) -> Result<proto::Query> {
    let missing = || Error::invalid("record", "the record that the query is about is missing");
    let place = request.record.as_ref().ok_or_else(missing)?;
    said("text", &request.text)?;
    let asked = OpenQuery {
        subject: place.subject_key.as_str().into(),
        record: value::record_key(
            &place.study_event_oid,
            &place.study_event_repeat_key,
            &place.form_oid,
            &place.form_repeat_key,
        ),
        item: request.item.as_ref().map(value::item_key),
        text: request.text.clone(),
    };
    let study = request.study_oid.as_str().into();
    let opened = edc.open(context, &study, request.request_id.as_ref(), &asked).await?;
    answer(edc, context, &study, opened).await
}

pub(super) async fn reply(
    edc: &Edc,
    context: &Context,
    request: &AnswerQueryRequest,
) -> Result<proto::Query> {
    said("text", &request.text)?;
    let wanted = Reply {
        study: &request.study_oid,
        query: &request.query_id,
        request: request.request_id.as_ref(),
        step: QueryStep::Answer,
        text: &request.text,
    };
    take(edc, context, wanted).await
}

pub(super) async fn close(
    edc: &Edc,
    context: &Context,
    request: &CloseQueryRequest,
) -> Result<proto::Query> {
    let wanted = Reply {
        study: &request.study_oid,
        query: &request.query_id,
        request: request.request_id.as_ref(),
        step: QueryStep::Close,
        text: request.text.as_deref().unwrap_or_default(),
    };
    take(edc, context, wanted).await
}

pub(super) async fn reopen(
    edc: &Edc,
    context: &Context,
    request: &ReopenQueryRequest,
) -> Result<proto::Query> {
    said("text", &request.text)?;
    let wanted = Reply {
        study: &request.study_oid,
        query: &request.query_id,
        request: request.request_id.as_ref(),
        step: QueryStep::Reopen,
        text: &request.text,
    };
    take(edc, context, wanted).await
}

pub(super) async fn cancel(
    edc: &Edc,
    context: &Context,
    request: &CancelQueryRequest,
) -> Result<proto::Query> {
    said("text", &request.text)?;
    let wanted = Reply {
        study: &request.study_oid,
        query: &request.query_id,
        request: request.request_id.as_ref(),
        step: QueryStep::Cancel,
        text: &request.text,
    };
    take(edc, context, wanted).await
}

/// What is done with which query.
struct Reply<'a> {
    study: &'a str,
    query: &'a str,
    request: Option<&'a String>,
    step: QueryStep,
    text: &'a str,
}

async fn take(edc: &Edc, context: &Context, wanted: Reply<'_>) -> Result<proto::Query> {
    let (study, id) = (wanted.study.into(), wanted.query.into());
    let stepped = edc.step(context, &study, wanted.request, &id, wanted.step, wanted.text).await?;
    answer(edc, context, &study, stepped).await
}

/// The query as the caller may see it: without its words when they are about a blinded item.
pub(super) async fn answer(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    (subject, found): (SubjectKey, Query),
) -> Result<proto::Query> {
    let study = edc.study(study).await?;
    let site = edc.site_of(&study, &subject).await?;
    let sight = Sight::of(context, &study, &site);
    let mut told = query(site.as_str(), &subject, &found);
    if !sight.shows_query(&found) {
        told.messages.iter_mut().for_each(|message| message.text.clear());
    }
    Ok(told)
}

/// Refuses a text that says nothing.
pub(super) fn said(field: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        Err(Error::invalid(field, "it must say something"))
    } else {
        Ok(())
    }
}
