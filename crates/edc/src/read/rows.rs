//! Rows of a view, page by page, as far as somebody wants them.

use std::ops::ControlFlow;

use contract::{Act, Context, Scope, Sites};
use kernel::StudyOid;
use store::{Range, View};

use crate::{Edc, failure::Result, study::Study, views::BETWEEN};

/// Rows that one call looks at, at most, while it searches for those that fit its filter.
const MAX_ROWS_SEEN: usize = 5_000;

/// Why a walk ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// There are no more rows.
    Exhausted,
    /// Whoever took the rows has enough.
    Enough,
    /// Many rows did not fit the filter; the search can go on behind this key.
    Tired(String),
}

/// Which rows: those whose keys begin with one of the prefixes, behind `after`.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub view: View,
    pub study: &'a StudyOid,
    pub prefixes: &'a [String],
    pub after: Option<&'a str>,
    /// Rows that are read at a time.
    pub limit: usize,
}

impl Walk<'_> {
    /// Hands rows to `take` in the order of their keys until it breaks.
    pub async fn run(
        &self,
        edc: &Edc,
        mut take: impl FnMut(String, Vec<u8>) -> Result<ControlFlow<()>> + Send,
    ) -> Result<End> {
        let limit = u32::try_from(self.limit).unwrap_or(u32::MAX);
        let mut seen = 0;
        for prefix in self.prefixes {
            let behind = self.after.filter(|after| *after > prefix.as_str());
            if behind.is_some_and(|after| !after.starts_with(prefix.as_str())) {
                continue;
            }
            let mut range = Range::all(self.view, self.study.as_str(), limit).prefix(prefix);
            range.after = behind.map(ToOwned::to_owned);
            loop {
                let rows = edc.store.list(range.clone()).await?;
                let full = rows.len() == self.limit;
                let last = rows.last().map(|(key, _)| key.clone());
                seen += rows.len();
                for (key, bytes) in rows {
                    if take(key, bytes)?.is_break() {
                        return Ok(End::Enough);
                    }
                }
                let Some(last) = last.filter(|_| full) else { break };
                if seen >= MAX_ROWS_SEEN {
                    return Ok(End::Tired(last));
                }
                range = range.after(last);
            }
        }
        Ok(End::Exhausted)
    }
}

/// The prefixes of the rows that a caller may read, in their order; of one site if it is named.
///
/// Refuses a named site at which the caller may not read.
pub(crate) fn prefixes(
    context: &Context,
    study: &Study,
    site: Option<&str>,
) -> Result<Vec<String>> {
    let (caller, oid) = (&context.caller, study.oid.as_str());
    if let Some(site) = site {
        caller.permit(Act::ReadData, Scope::at_site(oid, site))?;
        study.site(&site.into())?;
        return Ok(vec![prefix(site)]);
    }
    match caller.sites(Act::ReadData, oid) {
        Sites::All => Ok(vec![String::new()]),
        Sites::Only(sites) if sites.is_empty() => {
            caller.permit(Act::ReadData, Scope::study_wide(oid))?;
            Ok(Vec::new())
        }
        Sites::Only(sites) => Ok(sites.iter().map(|site| prefix(site)).collect()),
    }
}

fn prefix(part: &str) -> String {
    format!("{part}{BETWEEN}")
}
