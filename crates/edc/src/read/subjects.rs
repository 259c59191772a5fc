//! Lists subjects: permit, read rows, answer.

use std::ops::ControlFlow;

use contract::{
    Act, Context,
    edc::v1::{ListSubjectsRequest, ListSubjectsResponse},
    page,
};
use kernel::{SubjectKey, casebook::SubjectStatus};

use super::rows::{End, Walk, prefixes};
use crate::{
    Edc, Failure,
    failure::Result,
    study::Study,
    views::{BETWEEN, SUBJECT, SubjectRow, decode_subject},
    wire,
};

/// Which subjects.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub site: Option<&'a str>,
    pub status: Option<SubjectStatus>,
    pub size: usize,
    pub after: Option<String>,
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
    let wanted = Wanted {
        site: wire::subject::given(request.site_oid.as_ref()),
        status: wire::subject::status(request.status)?,
        size: page::size(request.page_size)?,
        after: page::after(request.page_token.as_ref())?,
    };
    let found = subjects(edc, context, &study, &wanted).await?;
    let subjects = found.subjects.iter().map(|(key, row)| wire::subject::subject(key, row));
    Ok(ListSubjectsResponse { subjects: subjects.collect(), next_page_token: found.next })
}

/// A page of the rows of subjects that the caller may see.
pub(crate) async fn subjects(
    edc: &Edc,
    context: &Context,
    study: &Study,
    wanted: &Wanted<'_>,
) -> Result<SubjectPage> {
    let prefixes = prefixes(context, study, wanted.site)?;
    let walk = Walk {
        view: SUBJECT,
        study: &study.oid,
        prefixes: &prefixes,
        after: wanted.after.as_deref(),
        limit: wanted.size + 1,
    };
    let mut subjects = Vec::with_capacity(wanted.size);
    let mut last = String::new();
    let end = walk
        .run(edc, |key, bytes| {
            let row = decode_subject(&bytes)?;
            if wanted.status.is_some_and(|status| status != row.status()) {
                return Ok(ControlFlow::Continue(()));
            }
            if subjects.len() == wanted.size {
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
