//! Lists subjects: permit, read rows, answer.

use std::ops::ControlFlow;

use contract::{
    Act, Context,
    edc::v1::{ListSubjectsRequest, ListSubjectsResponse},
    page,
};
use kernel::SubjectKey;

use super::{
    rows::{End, Walk, prefixes},
    sight::Sights,
    wanted::{Asked, Wanted},
};
use crate::{
    Edc, Failure,
    failure::Result,
    study::Study,
    views::{BETWEEN, SUBJECT, SubjectRow, decode_subject},
    wire,
};

/// Which page of a list.
#[derive(Debug)]
pub(crate) struct Page {
    size: usize,
    after: Option<String>,
}

impl Page {
    pub fn of(size: usize, after: Option<String>) -> Self {
        Self { size, after }
    }

    /// Refuses a size and a token that there cannot be.
    pub fn new(size: Option<i32>, token: Option<&String>) -> Result<Self> {
        Ok(Self { size: page::size(size)?, after: page::after(token)? })
    }
}

/// Subjects by site and key, and the token of the next page.
#[derive(Debug)]
pub(crate) struct SubjectPage {
    pub subjects: Vec<(SubjectKey, SubjectRow)>,
    pub next: Option<String>,
}

/// Lists the subjects of the sites that the caller may see.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListSubjectsRequest,
) -> Result<ListSubjectsResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let asked = Asked {
        site: request.site_oid.as_ref(),
        status: request.status,
        key_contains: request.subject_key_contains.as_ref(),
        with_open_queries: request.with_open_queries,
        with_overdue_visits: request.with_overdue_visits,
    };
    let wanted = Wanted::new(edc, &study, &asked)?;
    let page = Page::new(request.page_size, request.page_token.as_ref())?;
    let found = subjects(edc, context, &study, &wanted, &page).await?;
    let mut sights = Sights::new(context, &study);
    let subjects = found
        .subjects
        .iter()
        .map(|(key, row)| wire::subject::subject(key, row, sights.at(&row.site)));
    Ok(ListSubjectsResponse { subjects: subjects.collect(), next_page_token: found.next })
}

/// A page of the rows of subjects that the caller may see.
pub(crate) async fn subjects(
    edc: &Edc,
    context: &Context,
    study: &Study,
    wanted: &Wanted<'_>,
    wanted_page: &Page,
) -> Result<SubjectPage> {
    walk(edc, study, &prefixes(context, study, wanted.site)?, wanted, wanted_page).await
}

/// The same of all sites, for work on the whole study that has been permitted.
pub(crate) async fn subjects_of(
    edc: &Edc,
    study: &Study,
    site: Option<&str>,
    page: &Page,
) -> Result<SubjectPage> {
    let prefix = site.map(|site| format!("{site}{BETWEEN}")).unwrap_or_default();
    walk(edc, study, &[prefix], &Wanted::all(site), page).await
}

async fn walk(
    edc: &Edc,
    study: &Study,
    prefixes: &[String],
    wanted: &Wanted<'_>,
    wanted_page: &Page,
) -> Result<SubjectPage> {
    let walk = Walk {
        view: SUBJECT,
        study: &study.oid,
        prefixes,
        after: wanted_page.after.as_deref(),
        limit: wanted_page.size + 1,
    };
    let mut subjects = Vec::with_capacity(wanted_page.size);
    let mut last = String::new();
    let end = walk
        .run(edc, |key, bytes| {
            if !wanted.may_fit(&key) {
                return Ok(ControlFlow::Continue(()));
            }
            let row = decode_subject(&bytes)?;
            if !wanted.fits(&row) {
                return Ok(ControlFlow::Continue(()));
            }
            if subjects.len() == wanted_page.size {
                return Ok(ControlFlow::Break(()));
            }
            subjects.push((subject_of(&key)?, row));
            last = key;
            Ok(ControlFlow::Continue(()))
        })
        .await?;
    let next = match end {
        End::Exhausted => None,
        End::Enough => Some(page::token(&last)),
        End::Tired(key) => Some(page::token(&key)),
    };
    Ok(SubjectPage { subjects, next })
}

fn subject_of(key: &str) -> Result<SubjectKey> {
    let subject = key.split(BETWEEN).nth(1);
    let subject =
        subject.ok_or_else(|| Failure::Broke(format!("a subject has the key {key:?}")))?;
    Ok(subject.into())
}
