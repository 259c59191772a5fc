//! Queries that people ask, answer and close.

use contract::{Act, Context};
use kernel::{
    QueryId, StudyOid, SubjectKey, Texts,
    casebook::{Event, ItemKey, Query, QueryOpened, QueryStatus, RecordKey, Refusal},
    study::Design,
};

use crate::{
    Edc,
    change::{Attempt, Change, Decided, request_id},
    failure::Result,
};

/// What somebody does with a query that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryStep {
    Answer,
    Close,
    Reopen,
    Cancel,
}

/// A question of a person.
#[derive(Clone, Debug)]
pub(crate) struct OpenQuery {
    pub subject: SubjectKey,
    pub record: RecordKey,
    pub item: Option<ItemKey>,
    pub text: String,
}

impl QueryStep {
    fn act(self) -> Act {
        match self {
            Self::Answer => Act::AnswerQueries,
            Self::Close | Self::Reopen | Self::Cancel => Act::RaiseQueries,
        }
    }

    fn allowed_from(self, status: QueryStatus) -> bool {
        match self {
            Self::Answer => status == QueryStatus::Open,
            Self::Close | Self::Cancel => status.is_pending(),
            Self::Reopen => !status.is_pending() || status == QueryStatus::Answered,
        }
    }

    fn event(self, id: QueryId, text: String) -> Event {
        match self {
            Self::Answer => Event::QueryAnswered { id, text },
            Self::Close => Event::QueryClosed { id, text, automatic: false },
            Self::Reopen => Event::QueryReopened { id, text },
            Self::Cancel => Event::QueryCancelled { id, text },
        }
    }
}

/// Refuses a question about an item that the form does not have.
fn item_exists(design: &Design, asked: &OpenQuery) -> Result<(), Refusal> {
    let Some(ItemKey { row, item }) = &asked.item else { return Ok(()) };
    let form = &asked.record.form;
    let group = design.shape(form).and_then(|shape| shape.group(&row.group));
    let group = group
        .ok_or_else(|| Refusal::GroupNotInForm { form: form.clone(), group: row.group.clone() })?;
    match group.item(item) {
        Some(_) => Ok(()),
        None => Err(Refusal::ItemNotInGroup { group: row.group.clone(), item: item.clone() }),
    }
}

/// The subject that a query is about: the part of its id before the number.
fn subject_of(id: &QueryId) -> Result<SubjectKey, Refusal> {
    let (subject, _) =
        id.as_str().rsplit_once(".Q").ok_or_else(|| Refusal::QueryUnknown(id.clone()))?;
    Ok(subject.into())
}

impl Edc {
    /// Asks a question about a record or one of its items. Answers with the query.
    pub(crate) async fn open(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        asked: &OpenQuery,
    ) -> Result<(SubjectKey, Query)> {
        let study = self.study_for(context, study, Act::RaiseQueries).await?;
        let subject = &asked.subject;
        let permit = self.permit_at(context, &study, subject, Act::RaiseQueries).await?;
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject,
            request: request_id(context, request),
            reason: None,
        };
        let changed = self
            .change(&study, &change, |casebook, attempt| {
                if attempt == Attempt::Repeated {
                    let entry = casebook.requests.get(&change.request);
                    let mut queries = casebook.queries_of(&asked.record);
                    let mine = queries.find(|query| Some(&query.opened_entry) == entry);
                    let id = mine.map(|query| query.opened.id.clone());
                    return Ok(Decided::new(Vec::new(), id));
                }
                if casebook.record(&asked.record).is_none() {
                    return Err(Refusal::RecordUnknown);
                }
                item_exists(&study.of(casebook).design, asked)?;
                let id = QueryId::new(format!("{subject}.Q{}", casebook.queries_opened + 1));
                let opened = QueryOpened {
                    id: id.clone(),
                    record: asked.record.clone(),
                    item: asked.item.clone(),
                    check: None,
                    text: Texts::one("", asked.text.trim()),
                    seen: String::new(),
                };
                Ok(Decided::new(vec![Event::QueryOpened(opened)], Some(id)))
            })
            .await?;
        let id = changed.answer.unwrap_or_default();
        self.query(&study, &id).await
    }

    /// Answers, closes, reopens or cancels a query.
    pub(crate) async fn step(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        id: &QueryId,
        step: QueryStep,
        text: &str,
    ) -> Result<(SubjectKey, Query)> {
        let study = self.study_for(context, study, step.act()).await?;
        let subject = subject_of(id)?;
        let permit = self.permit_at(context, &study, &subject, step.act()).await?;
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject: &subject,
            request: request_id(context, request),
            reason: None,
        };
        self.change(&study, &change, |casebook, attempt| {
            if attempt == Attempt::Repeated {
                return Ok(Decided::new(Vec::new(), ()));
            }
            let query =
                casebook.queries.get(id).ok_or_else(|| Refusal::QueryUnknown(id.clone()))?;
            if !step.allowed_from(query.status) {
                return Err(Refusal::QueryState { id: id.clone(), status: query.status });
            }
            Ok(Decided::new(vec![step.event(id.clone(), text.trim().to_owned())], ()))
        })
        .await?;
        self.query(&study, id).await
    }

    async fn query(
        &self,
        study: &crate::study::Study,
        id: &QueryId,
    ) -> Result<(SubjectKey, Query)> {
        let subject = subject_of(id)?;
        let book = self.shelf.get(study, &subject).await?;
        let found = crate::book::lock(&book).casebook.queries.get(id).cloned();
        Ok((subject, found.ok_or_else(|| Refusal::QueryUnknown(id.clone()))?))
    }
}
