//! Lists queries: those that wait for somebody, then those that are settled; or the oldest of those
//! that wait first.

use std::ops::ControlFlow;

use contract::{
    Act, Context, Error,
    edc::v1::{
        ListQueriesRequest, ListQueriesResponse, Query as QueryMessage,
        list_queries_request::{Order, Origin},
    },
    page,
};
use kernel::{
    SubjectKey,
    casebook::{Query, QueryStatus},
};
use store::View;

use super::{
    casebook::site_to_read,
    rows::{End, Walk, prefixes},
    sight::Sights,
};
use crate::{
    Edc,
    failure::Result,
    study::Study,
    views::{self, BETWEEN, QUERY_BY_DAY, QUERY_ENDED, QUERY_PENDING, WITHIN, decode_query, join},
    wire::{self, subject::given},
};

/// The lists, each with the letter that marks it in a token.
const LISTS: [(View, char); 2] = [(QUERY_PENDING, 'p'), (QUERY_ENDED, 'e')];
const BY_DAY: (View, char) = (QUERY_BY_DAY, 'd');
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Lists the queries of the subjects that the caller may see.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListQueriesRequest,
) -> Result<ListQueriesResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let wanted = Wanted::of(edc, request)?;
    let prefixes = places(edc, context, &study, request).await?;
    let by_day = request.order == Some(Order::Oldest.into());
    let mut listing = Listing {
        wanted: &wanted,
        size: page::size(request.page_size)?,
        queries: Vec::new(),
        last: String::new(),
        sights: Sights::new(context, &study),
        sites: by_day.then_some(prefixes.as_slice()),
    };
    let lists: &[(View, char)] = if by_day { &[BY_DAY] } else { &LISTS };
    let everywhere = [String::new()];
    let prefixes = if by_day { &everywhere[..] } else { &prefixes };
    let after = page::after(request.page_token.as_ref())?;
    let mut after = after.as_deref().map(|token| split(token, lists)).transpose()?;
    for (view, mark) in lists {
        let is_pending = *view != QUERY_ENDED;
        if wanted.status.is_some_and(|status| status.is_pending() != is_pending) {
            continue;
        }
        if after.is_some_and(|(begun, _)| begun != *mark) {
            continue;
        }
        listing.last.clear();
        let walk = Walk {
            view: *view,
            study: &study.oid,
            prefixes,
            after: after.take().map(|(_, key)| key).filter(|key| !key.is_empty()),
            limit: listing.size + 1,
        };
        let end = walk.run(edc, |key, bytes| listing.take(key, &bytes)).await?;
        let next = match end {
            End::Exhausted => continue,
            // Of the list by day only what is too young was left.
            End::Enough if by_day && listing.last.is_empty() => continue,
            End::Enough => format!("{mark}{}", listing.last),
            End::Tired(key) => format!("{mark}{key}"),
        };
        let next_page_token = Some(page::token(&next));
        return Ok(ListQueriesResponse { queries: listing.queries, next_page_token });
    }
    Ok(ListQueriesResponse { queries: listing.queries, next_page_token: None })
}

/// Which queries, besides where.
struct Wanted<'a> {
    status: Option<QueryStatus>,
    /// Opened up to this moment.
    until_ms: i64,
    form: Option<&'a str>,
    event: Option<&'a str>,
    by_check: Option<bool>,
    opened_by: Option<&'a str>,
    opened_in_role: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn of(edc: &Edc, request: &'a ListQueriesRequest) -> Result<Self, Error> {
        let days = request.older_than_days.unwrap_or_default();
        if days < 0 {
            return Err(Error::invalid("olderThanDays", "it cannot be negative"));
        }
        let now_ms = (edc.clock)().as_millisecond();
        Ok(Self {
            status: wire::query::status(request.status)?,
            until_ms: now_ms - i64::from(days) * DAY_MS,
            form: given(request.form_oid.as_ref()),
            event: given(request.study_event_oid.as_ref()),
            by_check: match request.origin.map(Origin::try_from) {
                Some(Ok(Origin::Person)) => Some(false),
                Some(Ok(Origin::Check)) => Some(true),
                _ => None,
            },
            opened_by: given(request.opened_by.as_ref()),
            opened_in_role: given(request.opened_in_role.as_ref()),
        })
    }

    fn fits(&self, query: &Query) -> bool {
        let Query { opened, opened_by, opened_in_role, .. } = query;
        self.status.is_none_or(|status| status == query.status)
            && query.opened_at_ms <= self.until_ms
            && self.form.is_none_or(|form| form == opened.record.form.as_str())
            && self.event.is_none_or(|event| event == opened.record.event.as_str())
            && self.by_check.is_none_or(|by_check| by_check == opened.check.is_some())
            && self.opened_by.is_none_or(|user| user == opened_by)
            && self.opened_in_role.is_none_or(|role| role == opened_in_role)
    }
}

/// The prefixes of the rows: of one subject, of one site, or of all sites that may be read.
async fn places(
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
fn split<'t>(token: &'t str, lists: &[(View, char)]) -> Result<(char, &'t str), Error> {
    let mut letters = token.chars();
    let mark = letters.next().filter(|mark| lists.iter().any(|(_, known)| known == mark));
    Ok((mark.ok_or_else(page::unknown_token)?, letters.as_str()))
}

struct Listing<'a> {
    wanted: &'a Wanted<'a>,
    size: usize,
    queries: Vec<QueryMessage>,
    /// The key of the last query that was taken from the list that is walked.
    last: String,
    sights: Sights<'a>,
    /// In the list by day: how the key of a query behind its day must begin.
    sites: Option<&'a [String]>,
}

impl Listing<'_> {
    fn take(&mut self, key: String, bytes: &[u8]) -> Result<ControlFlow<()>> {
        let place = match self.sites {
            None => key.as_str(),
            Some(sites) => {
                let (day, place) = key.split_once(WITHIN).unwrap_or_default();
                if day > views::day(self.wanted.until_ms).as_str() {
                    // All that come are younger.
                    self.last.clear();
                    return Ok(ControlFlow::Break(()));
                }
                if !sites.iter().any(|site| place.starts_with(site.as_str())) {
                    return Ok(ControlFlow::Continue(()));
                }
                place
            }
        };
        let query = decode_query(bytes)?;
        let mut parts = place.split(BETWEEN);
        let (site, subject) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if !self.wanted.fits(&query) || !self.sights.at(site).shows_query(&query) {
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
