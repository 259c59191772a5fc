//! Lists queries: those that wait for somebody, then those that are settled.

use std::ops::ControlFlow;

use contract::{
    Act, Context, Error,
    edc::v1::{ListQueriesRequest, ListQueriesResponse, Query as QueryMessage},
    page,
};
use kernel::{SubjectKey, casebook::QueryStatus};
use store::View;

use super::{
    casebook::site_to_read,
    rows::{End, Walk, prefixes},
    sight::Sight,
};
use crate::{
    Edc,
    failure::Result,
    study::Study,
    views::{BETWEEN, QUERY_ENDED, QUERY_PENDING, decode_query, join},
    wire,
};

/// The two lists, each with the letter that marks it in a token.
const LISTS: [(View, char); 2] = [(QUERY_PENDING, 'p'), (QUERY_ENDED, 'e')];

/// Lists the queries of the subjects that the caller may see, by site, subject and number.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListQueriesRequest,
) -> Result<ListQueriesResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let status = wire::query::status(request.status)?;
    let prefixes = wanted(edc, context, &study, request).await?;
    let mut listing = Listing {
        context,
        study: &study,
        status,
        size: page::size(request.page_size)?,
        queries: Vec::new(),
        last: String::new(),
        sight: None,
    };
    let after = page::after(request.page_token.as_ref())?;
    let mut after = after.as_deref().map(split).transpose()?;
    for (view, mark) in LISTS {
        if status.is_some_and(|status| status.is_pending() != (view == QUERY_PENDING)) {
            continue;
        }
        if after.is_some_and(|(begun, _)| begun != mark) {
            continue;
        }
        listing.last.clear();
        let walk = Walk {
            view,
            study: &study.oid,
            prefixes: &prefixes,
            after: after.take().map(|(_, key)| key).filter(|key| !key.is_empty()),
            limit: listing.size + 1,
        };
        let end = walk.run(edc, |key, bytes| listing.take(key, &bytes)).await?;
        let next = match end {
            End::Exhausted => continue,
            End::Enough => format!("{mark}{}", listing.last),
            End::Tired(key) => format!("{mark}{key}"),
        };
        let next_page_token = Some(page::token(&next));
        return Ok(ListQueriesResponse { queries: listing.queries, next_page_token });
    }
    Ok(ListQueriesResponse { queries: listing.queries, next_page_token: None })
}

/// The prefixes of the rows: of one subject, of one site, or of all sites that may be read.
async fn wanted(
    edc: &Edc,
    context: &Context,
    study: &Study,
    request: &ListQueriesRequest,
) -> Result<Vec<String>> {
    let site = wire::subject::given(request.site_oid.as_ref());
    let Some(subject) = wire::subject::given(request.subject_key.as_ref()) else {
        return prefixes(context, study, site);
    };
    let home = site_to_read(edc, context, study, &subject.into()).await?;
    if site.is_some_and(|site| site != home.as_str()) {
        return Ok(Vec::new());
    }
    Ok(vec![format!("{}{BETWEEN}", join(&[home.as_str(), subject]))])
}

/// The list and the key behind which a page begins.
fn split(token: &str) -> Result<(char, &str), Error> {
    let mut letters = token.chars();
    let mark = letters.next().filter(|mark| LISTS.iter().any(|(_, known)| known == mark));
    Ok((mark.ok_or_else(page::unknown_token)?, letters.as_str()))
}

struct Listing<'a> {
    context: &'a Context,
    study: &'a Study,
    status: Option<QueryStatus>,
    size: usize,
    queries: Vec<QueryMessage>,
    /// The key of the last query that was taken from the list that is walked.
    last: String,
    /// What the caller may see at the last site that was met.
    sight: Option<(String, Sight)>,
}

impl Listing<'_> {
    fn take(&mut self, key: String, bytes: &[u8]) -> Result<ControlFlow<()>> {
        let query = decode_query(bytes)?;
        if self.status.is_some_and(|status| status != query.status) {
            return Ok(ControlFlow::Continue(()));
        }
        let mut parts = key.split(BETWEEN);
        let (site, subject) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let sight = match self.sight.take() {
            Some((of, sight)) if of == site => sight,
            _ => Sight::of(self.context, self.study, &site.into()),
        };
        let (_, sight) = self.sight.insert((site.to_owned(), sight));
        if !sight.shows_query(&query) {
            return Ok(ControlFlow::Continue(()));
        }
        if self.queries.len() == self.size {
            return Ok(ControlFlow::Break(()));
        }
        self.queries.push(wire::query::query(site, &SubjectKey::new(subject), &query));
        self.last = key;
        Ok(ControlFlow::Continue(()))
    }
}
