//! Which jobs there are, newest first.

use contract::{Act, Context, Sites};
use kernel::StudyOid;

use super::{
    event::{JobState, Matter},
    log::{JobKind, KIND, log_of},
    work::{Progress, Work},
};
use crate::{Edc, failure::Result};

/// Logs whose names are read at a time.
const PAGE: u32 = 1_000;
/// Jobs on one page.
pub(crate) const MOST_LISTED: usize = 100;

/// A page of jobs with their ids, and the id behind which the next one begins.
pub(crate) type Listed = (Vec<(String, JobState)>, Option<String>);

/// Jobs of a kind behind one of them, newest first, those that the caller may see.
pub(crate) async fn listed(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    kind: JobKind,
    (after, size): (Option<&str>, usize),
) -> Result<Listed> {
    let mut page = Vec::new();
    for id in names(edc, study, kind).await?.into_iter().rev() {
        if after.is_some_and(|after| id.as_str() >= after) {
            continue;
        }
        let known = edc.job(study, kind, &id).await?;
        if kind == JobKind::Export && !may_take(context, study, &known.state) {
            continue;
        }
        if page.len() == size {
            let last = page.last().map(|(id, _): &(String, JobState)| id.clone());
            return Ok((page, last));
        }
        page.push((id, known.state));
    }
    Ok((page, None))
}

/// The ids of all jobs of a kind, oldest first. They are the names of their logs: a few dozen bytes
/// each.
pub(super) async fn names(edc: &Edc, study: &StudyOid, kind: JobKind) -> Result<Vec<String>> {
    let mut all = Vec::new();
    let mut after = log_of(study.as_str(), kind.prefix());
    loop {
        let logs = edc.store.logs(Some(study.as_str()), Some(&after), PAGE).await?;
        for (log, _) in &logs {
            if log.kind != KIND || !log.key.starts_with(kind.prefix()) {
                return Ok(all);
            }
            all.push(log.key.clone());
        }
        match logs.into_iter().next_back() {
            Some((last, _)) => after = last,
            None => return Ok(all),
        }
    }
}

/// Whether the caller could take out himself, as to sites, what an export holds.
pub(crate) fn may_take(context: &Context, study: &StudyOid, state: &JobState) -> bool {
    let Some(Matter::Export { wanted, .. }) = &state.matter else { return false };
    let own = match context.caller.sites(Act::ExportData, study.as_str()) {
        Sites::All => return true,
        Sites::Only(own) => own,
    };
    match (&wanted.site, &wanted.sites) {
        (Some(site), _) => own.contains(site.as_str()),
        (None, Some(sites)) => !sites.is_empty() && sites.iter().all(|site| own.contains(site)),
        (None, None) => false,
    }
}

/// How far the work has come, as the worker has last noted it; nothing once it is done.
pub(crate) async fn progress_of(edc: &Edc, study: &StudyOid, id: &str) -> Result<Option<Progress>> {
    let Some(folder) = &edc.jobs else { return Ok(None) };
    let noted = edc.store.noted(study.as_str(), &folder.queue(), id).await?;
    noted.map(|bytes| Ok(Work::from_bytes(&bytes)?.progress)).transpose()
}
