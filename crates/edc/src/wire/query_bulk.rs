//! Calls about many queries at once: each is done or refused by itself.

use contract::{
    Act, Context, Error,
    edc::v1::{
        AnswerQueriesRequest, QueryResult, SettleQueriesRequest, settle_queries_request::Step,
    },
};
use kernel::StudyOid;

use super::{error, query};
use crate::{Edc, Failure, failure::Result, query::QueryStep};

/// How many queries one call may name.
const MAX_QUERIES: usize = 500;

pub(super) async fn reply(
    edc: &Edc,
    context: &Context,
    request: &AnswerQueriesRequest,
) -> Result<Vec<QueryResult>> {
    query::said("text", &request.text)?;
    let many = Many {
        study: request.study_oid.as_str().into(),
        queries: &request.query_ids,
        request: request.request_id.as_deref().unwrap_or(&context.request_id),
        step: QueryStep::Answer,
        text: &request.text,
    };
    many.take(edc, context, Act::AnswerQueries).await
}

pub(super) async fn settle(
    edc: &Edc,
    context: &Context,
    request: &SettleQueriesRequest,
) -> Result<Vec<QueryResult>> {
    let step = match Step::try_from(request.step) {
        Ok(Step::Close) => QueryStep::Close,
        Ok(Step::Reopen) => QueryStep::Reopen,
        Ok(Step::Cancel) => QueryStep::Cancel,
        _ => return Err(Error::invalid("step", "there is no such step").into()),
    };
    let text = request.text.as_deref().unwrap_or_default();
    if step != QueryStep::Close {
        query::said("text", text)?;
    }
    let many = Many {
        study: request.study_oid.as_str().into(),
        queries: &request.query_ids,
        request: request.request_id.as_deref().unwrap_or(&context.request_id),
        step,
        text,
    };
    many.take(edc, context, Act::RaiseQueries).await
}

/// What is done with which queries.
struct Many<'a> {
    study: StudyOid,
    queries: &'a [String],
    request: &'a str,
    step: QueryStep,
    text: &'a str,
}

impl Many<'_> {
    async fn take(&self, edc: &Edc, context: &Context, act: Act) -> Result<Vec<QueryResult>> {
        edc.study_for(context, &self.study, act).await?;
        if !(1..=MAX_QUERIES).contains(&self.queries.len()) {
            let message = format!("it must name 1 to {MAX_QUERIES} queries");
            return Err(Error::invalid("queryIds", message).into());
        }
        let mut results = Vec::with_capacity(self.queries.len());
        for id in self.queries {
            results.push(self.one(edc, context, id).await?);
        }
        Ok(results)
    }

    async fn one(&self, edc: &Edc, context: &Context, id: &str) -> Result<QueryResult> {
        // Each has an id of its own under that of the call, so that the call may be repeated.
        let request = format!("{}/{id}", self.request);
        let query_id = id.into();
        let stepped =
            edc.step(context, &self.study, Some(&request), &query_id, self.step, self.text).await;
        let query_id = id.to_owned();
        let told = match stepped {
            Ok(stepped) => query::answer(edc, context, &self.study, stepped).await?,
            Err(Failure::Refused(refusal)) => {
                let error = error::refused(&refusal);
                return Ok(refused(query_id, &error));
            }
            Err(Failure::Denied(error)) => return Ok(refused(query_id, &error)),
            Err(failure) => return Err(failure),
        };
        Ok(QueryResult { query_id, query: Some(told), ..QueryResult::default() })
    }
}

fn refused(query_id: String, error: &Error) -> QueryResult {
    QueryResult {
        query_id,
        query: None,
        reason: Some(error.reason().to_owned()),
        message: Some(error.message().to_owned()),
    }
}
