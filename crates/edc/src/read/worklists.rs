//! Work that waits for somebody: lists and counts of it, from the rows of subjects; a casebook is
//! looked into only where its row says that there is something to list.

mod count;
mod find;

use std::ops::ControlFlow;

use contract::{
    Act, Context, Error,
    edc::v1::{ListWorkRequest, ListWorkResponse, Work, work::Kind},
    page,
};
use kernel::{RepeatKey, SubjectKey};

pub(crate) use self::count::{Load, count, load};
use self::find::{Finder, Place};
use super::{
    matrix::Events,
    rows::{End, Walk, prefixes},
    sight::Sights,
    today::Days,
};
use crate::{
    Edc,
    failure::Result,
    study::Study,
    views::{BETWEEN, SUBJECT, SubjectRow, decode_subject, join},
    wire::subject::given,
};

/// Rows of subjects that are read at a time, and at most for one page.
const ROWS_AT_A_TIME: usize = 250;
const MAX_ROWS_SEEN: usize = 5_000;

/// Lists work of one kind, by site, subject and schedule.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListWorkRequest,
) -> Result<ListWorkResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let kind = Kind::try_from(request.kind).ok().filter(|kind| *kind != Kind::Unspecified);
    let unknown = || Error::invalid("kind", "there is no such kind of work");
    let prefixes = prefixes(context, &study, given(request.site_oid.as_ref()))?;
    let mut list = List {
        edc,
        study: &study,
        finder: Finder {
            edc,
            study: &study,
            events: Events::new(study.whole()),
            kind: kind.ok_or_else(unknown)?,
            event: given(request.study_event_oid.as_ref()),
            form: given(request.form_oid.as_ref()),
        },
        size: page::size(request.page_size)?,
        work: Vec::new(),
        days: Days::new(edc, &study),
        sights: Sights::new(context, &study),
    };
    let token = page::after(request.page_token.as_ref())?;
    let next = list.fill(token.as_deref(), &prefixes).await?;
    let next_page_token = next.as_deref().map(page::token);
    Ok(ListWorkResponse { work: list.work, next_page_token })
}

/// Rows of subjects by their keys.
type Rows = Vec<(String, SubjectRow)>;

struct List<'a> {
    edc: &'a Edc,
    study: &'a Study,
    finder: Finder<'a>,
    size: usize,
    work: Vec<Work>,
    days: Days<'a>,
    sights: Sights<'a>,
}

impl List<'_> {
    /// Takes work until the page is full. Returns what the next page begins behind.
    async fn fill(&mut self, token: Option<&str>, prefixes: &[String]) -> Result<Option<String>> {
        let mut after = None;
        if let Some((row_key, last)) = token.map(split).transpose()? {
            if !prefixes.iter().any(|prefix| row_key.starts_with(prefix.as_str())) {
                return Err(page::unknown_token().into());
            }
            if let Some(next) = self.rest_of(&row_key, last.as_ref()).await? {
                return Ok(Some(next));
            }
            after = Some(row_key);
        }
        let mut seen = 0;
        loop {
            let (rows, next) = self.rows(prefixes, after.as_deref()).await?;
            seen += rows.len();
            for (key, row) in &rows {
                let subject = key.split(BETWEEN).nth(1).unwrap_or_default();
                if let Some(next) = self.take(&subject.into(), row, None).await? {
                    return Ok(Some(next));
                }
            }
            match next {
                None => return Ok(None),
                Some(next) if seen >= MAX_ROWS_SEEN => return Ok(Some(next)),
                next => after = next,
            }
        }
    }

    /// Rows of subjects behind a key, and the key behind which there may be more.
    async fn rows(
        &self,
        prefixes: &[String],
        after: Option<&str>,
    ) -> Result<(Rows, Option<String>)> {
        let (view, study) = (SUBJECT, &self.study.oid);
        let walk = Walk { view, study, prefixes, after, limit: ROWS_AT_A_TIME };
        let mut rows = Rows::new();
        let end = walk
            .run(self.edc, |key, bytes| {
                if rows.len() == ROWS_AT_A_TIME {
                    return Ok(ControlFlow::Break(()));
                }
                rows.push((key, decode_subject(&bytes)?));
                Ok(ControlFlow::Continue(()))
            })
            .await?;
        let next = match end {
            End::Exhausted => None,
            End::Enough => rows.last().map(|(key, _)| key.clone()),
            End::Tired(key) => Some(key),
        };
        Ok((rows, next))
    }

    /// What is left of the subject with which the page before ended.
    async fn rest_of(&mut self, row_key: &str, last: Option<&Place>) -> Result<Option<String>> {
        let study = self.study.oid.as_str();
        let Some(bytes) = self.edc.store.view(SUBJECT, study, row_key).await? else {
            return Ok(None);
        };
        let subject = row_key.split(BETWEEN).nth(1).unwrap_or_default();
        self.take(&subject.into(), &decode_subject(&bytes)?, last).await
    }

    /// Takes the work of one subject behind `last`. Returns where the page ends if it is full.
    async fn take(
        &mut self,
        subject: &SubjectKey,
        row: &SubjectRow,
        last: Option<&Place>,
    ) -> Result<Option<String>> {
        let (today, sight) = (self.days.at(&row.site)?, self.sights.at(&row.site));
        let found = self.finder.find(subject, row, today, sight).await?;
        let finder = &self.finder;
        let begin = last.map(|last| finder.rank(last));
        let is_left =
            |place: &Place| begin.as_ref().is_none_or(|begin| finder.rank(place) > *begin);
        let mut left = found.into_iter().filter(|(place, _)| is_left(place));
        if self.work.len() == self.size {
            // The page is full and ended with an earlier subject.
            return Ok(left.next().and_then(|_| self.work.last()).map(position));
        }
        for (_, work) in left.by_ref() {
            self.work.push(work);
            if self.work.len() == self.size {
                break;
            }
        }
        Ok(left.next().and_then(|_| self.work.last()).map(position))
    }
}

/// What the next page begins behind: the row of the subject, and the place within the casebook.
fn position(work: &Work) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    join(&[
        &work.site_oid,
        &work.subject_key,
        &text(&work.study_event_oid),
        &text(&work.study_event_repeat_key),
        &text(&work.form_oid),
        &text(&work.form_repeat_key),
    ])
}

fn split(token: &str) -> Result<(String, Option<Place>), Error> {
    let parts: Vec<&str> = token.split(BETWEEN).collect();
    match parts[..] {
        [site, subject] => Ok((join(&[site, subject]), None)),
        [site, subject, event, repeat, form, form_repeat] => {
            let place = Place {
                event: event.into(),
                event_repeat: RepeatKey::new(repeat),
                form: form.into(),
                form_repeat: RepeatKey::new(form_repeat),
            };
            Ok((join(&[site, subject]), Some(place)))
        }
        _ => Err(page::unknown_token()),
    }
}
