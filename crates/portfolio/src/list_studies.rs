//! Lists the studies that the caller may see.

use std::{collections::BTreeMap, sync::Arc};

use contract::{
    Act, Context, Error, Studies, page,
    portfolio::v1::{
        ListStudiesRequest, ListStudiesResponse, list_studies_request::Order as Asked,
    },
};
use store::{Range, View};

use crate::{
    Portfolio,
    event::StudyStatus,
    failure::{Failure, Result},
    field::Fields,
    order::Order,
    rows::{INSTITUTION, NEWEST, STUDY, StudyRow, newest_key, owner},
    sight::proven,
    wire,
};

/// Rows that are read at a time when the caller sees every study.
const ROWS_PER_READ: u32 = 200;
/// Studies that one call looks at, at most; the page ends there even if it is not full.
const MOST_LOOKED_AT: usize = 2_000;

/// Lists every study if a role of the caller reaches all, else his own, at the cost of his own.
pub(crate) async fn list(
    portfolio: &Portfolio,
    context: &Context,
    request: &ListStudiesRequest,
) -> Result<ListStudiesResponse> {
    let caller = proven(context)?;
    let asked = Query::read(request)?;
    let page = Page { size: page::size(request.page_size)?, order: asked.order, ..Page::default() };
    let after = asked.order.after(request.page_token.as_ref())?;
    let studies = match caller.studies(Act::ReadStudy) {
        Studies::All => return portfolio.list_all(&asked, after, page).await,
        Studies::Only(studies) => studies,
    };
    // A grant may name a study that never came into the portfolio; the index cannot.
    let mut own: BTreeMap<String, bool> = studies.into_iter().map(|oid| (oid, false)).collect();
    own.extend(portfolio.own_work(caller).await?.into_keys().map(|oid| (oid, true)));
    portfolio.list_own(&asked, &own, &after, page).await
}

/// What is asked for.
#[derive(Debug)]
struct Query {
    status: Option<StudyStatus>,
    /// In lower case.
    text: Option<String>,
    order: Order,
}

impl Query {
    fn read(request: &ListStudiesRequest) -> Result<Self, Error> {
        let mut fields = Fields::default();
        let status = wire::study_status(&mut fields, request.status);
        let text = fields.edited_text("text", request.text.as_ref()).said();
        let order = match request.order.map(Asked::try_from) {
            None | Some(Ok(Asked::Unspecified | Asked::ByStudyOid)) => Order::ByKey,
            Some(Ok(Asked::NewestFirst)) => Order::NewestFirst,
            Some(Err(_)) => {
                fields.fault("order", "there is no such order");
                Order::ByKey
            }
        };
        fields.done()?;
        Ok(Self { status, text: text.map(|text| text.to_lowercase()), order })
    }

    fn asks_for(&self, oid: &str, row: &StudyRow) -> bool {
        self.status.is_none_or(|status| status == row.facts.status)
            && self.text.as_ref().is_none_or(|text| row.tells(oid, text))
    }

    fn is_for_all(&self) -> bool {
        self.status.is_none() && self.text.is_none()
    }

    fn view(&self) -> View {
        if self.order == Order::NewestFirst { NEWEST } else { STUDY }
    }
}

/// A page that is being filled.
#[derive(Debug)]
struct Page {
    size: usize,
    order: Order,
    looked_at: usize,
    /// The key of the study that was looked at last.
    last: String,
    answer: ListStudiesResponse,
}

impl Default for Page {
    fn default() -> Self {
        let (last, answer) = (String::new(), ListStudiesResponse::default());
        Self { size: 0, order: Order::ByKey, looked_at: 0, last, answer }
    }
}

impl Page {
    fn is_full(&self) -> bool {
        self.answer.studies.len() >= self.size || self.looked_at >= MOST_LOOKED_AT
    }

    fn look_at(&mut self, asked: &Query, key: &str, oid: &str, row: &StudyRow) {
        self.looked_at += 1;
        key.clone_into(&mut self.last);
        if asked.asks_for(oid, row) {
            self.answer.studies.push(wire::of_row(oid, row));
        }
    }

    /// The page; another one follows.
    fn followed(mut self) -> ListStudiesResponse {
        self.answer.next_page_token = Some(self.order.token(&self.last));
        self.answer
    }
}

impl Portfolio {
    async fn list_all(
        &self,
        asked: &Query,
        after: String,
        mut page: Page,
    ) -> Result<ListStudiesResponse> {
        let view = asked.view();
        // Without a condition all that is read is shown, but for the one that tells that more follow.
        let enough = u32::try_from(page.size + 1).unwrap_or(ROWS_PER_READ);
        let limit = if asked.is_for_all() { enough } else { ROWS_PER_READ };
        let mut range = Range::all(view, INSTITUTION, limit.min(ROWS_PER_READ));
        range.after = Some(after).filter(|key| !key.is_empty());
        loop {
            let rows = self.shelf.store().list(range.clone()).await?;
            let Some((last, _)) = rows.last() else { return Ok(page.answer) };
            range.after = Some(last.clone());
            for (key, bytes) in &rows {
                if page.is_full() {
                    return Ok(page.followed());
                }
                let oid = owner(view, key).unwrap_or_default();
                let row = if view == STUDY {
                    self.decoded.study(oid, bytes)?
                } else {
                    self.row(oid).await?.ok_or(Failure::RowMissing { view: view.0 })?
                };
                page.look_at(asked, key, oid, &row);
            }
            if rows.len() < range.limit as usize {
                return Ok(page.answer);
            }
        }
    }

    /// Lists from the studies of a caller; those marked must be there.
    async fn list_own(
        &self,
        asked: &Query,
        own: &BTreeMap<String, bool>,
        after: &str,
        mut page: Page,
    ) -> Result<ListStudiesResponse> {
        if asked.order == Order::NewestFirst {
            return self.list_own_newest(asked, own, after, page).await;
        }
        for (oid, must_be_there) in own.iter().filter(|(oid, _)| oid.as_str() > after) {
            if page.is_full() {
                return Ok(page.followed());
            }
            if let Some(row) = self.own_row(oid, *must_be_there).await? {
                page.look_at(asked, oid, oid, &row);
            }
        }
        Ok(page.answer)
    }

    async fn list_own_newest(
        &self,
        asked: &Query,
        own: &BTreeMap<String, bool>,
        after: &str,
        mut page: Page,
    ) -> Result<ListStudiesResponse> {
        let mut rows = BTreeMap::new();
        for (oid, must_be_there) in own {
            if let Some(row) = self.own_row(oid, *must_be_there).await? {
                rows.insert(newest_key(row.created_at_ms, oid), (oid, row));
            }
        }
        for (key, (oid, row)) in rows.into_iter().filter(|(key, _)| key.as_str() > after) {
            if page.is_full() {
                return Ok(page.followed());
            }
            page.look_at(asked, &key, oid, &row);
        }
        Ok(page.answer)
    }

    pub(crate) async fn own_row(
        &self,
        oid: &str,
        must_be_there: bool,
    ) -> Result<Option<Arc<StudyRow>>> {
        match self.row(oid).await? {
            None if must_be_there => Err(Failure::RowMissing { view: STUDY.0 }),
            row => Ok(row),
        }
    }
}
