//! Counts the subjects of a list and says where its pages begin: permit, read keys, answer.

use std::ops::ControlFlow;

use contract::{
    Act, Context,
    edc::v1::{OutlineSubjectsRequest, OutlineSubjectsResponse},
    page,
};

use super::{
    rows::{End, Walk, prefixes},
    wanted::{Asked, Wanted},
};
use crate::{
    Edc,
    failure::Result,
    views::{SUBJECT, decode_subject},
    wire::value,
};

/// Rows that are looked at; a list that has more goes on behind them.
const MAX_SEEN: usize = 20_000;
/// Rows that are read at a time.
const ROWS_AT_A_TIME: usize = 1_000;

/// Goes through the rows of a list without showing them.
pub(crate) async fn outline(
    edc: &Edc,
    context: &Context,
    request: &OutlineSubjectsRequest,
) -> Result<OutlineSubjectsResponse> {
    let study = edc.study_for(context, &request.study_oid.as_str().into(), Act::ReadData).await?;
    let asked = Asked {
        site: request.site_oid.as_ref(),
        status: request.status,
        key_contains: request.subject_key_contains.as_ref(),
        with_open_queries: request.with_open_queries,
        with_overdue_visits: request.with_overdue_visits,
    };
    let wanted = Wanted::new(edc, &study, &asked)?;
    let size = page::size(request.page_size)?;
    let prefixes = prefixes(context, &study, wanted.site)?;
    let mut found = Outline { size, ..Outline::default() };
    let mut after: Option<String> = None;
    let complete = loop {
        let walk = Walk {
            view: SUBJECT,
            study: &study.oid,
            prefixes: &prefixes,
            after: after.as_deref(),
            limit: ROWS_AT_A_TIME,
        };
        let end = walk
            .run(edc, |key, bytes| {
                found.seen += 1;
                let may_fit = wanted.may_fit(&key);
                if may_fit && (wanted.looks_at_keys_only() || wanted.fits(&decode_subject(&bytes)?))
                {
                    found.take(key);
                }
                Ok(ControlFlow::Continue(()))
            })
            .await?;
        match end {
            End::Tired(key) if found.seen < MAX_SEEN => after = Some(key),
            other => break other == End::Exhausted,
        }
    };
    Ok(OutlineSubjectsResponse {
        subject_count: value::number(found.count),
        complete,
        page_tokens: found.page_tokens,
    })
}

#[derive(Debug, Default)]
struct Outline {
    size: usize,
    seen: usize,
    count: usize,
    /// The key of the last row that fits.
    last: String,
    page_tokens: Vec<String>,
}

impl Outline {
    fn take(&mut self, key: String) {
        if self.count > 0 && self.count.is_multiple_of(self.size) {
            self.page_tokens.push(page::token(&self.last));
        }
        self.count += 1;
        self.last = key;
    }
}
