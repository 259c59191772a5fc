//! The audit trail of a study over all its journals, newest first.
//!
//! It follows the order in which the store committed, backwards from the newest entry, so that no
//! index is needed; the place of a date in that order is sought by bisection.

use std::collections::{BTreeMap, BTreeSet};

use contract::{
    Act, Context, Scope, Sites,
    edc::v1::{ListAuditTrailRequest, ListAuditTrailResponse},
    page,
};
use journal::{LogName, Sealed};
use kernel::{SubjectKey, casebook::Event};
use store::Position;

use super::{
    Criteria, from_day, kind,
    tell::{Teller, Told, tell_study},
    until_day,
};
use crate::{
    Edc, book,
    failure::{Failure, Result},
    read::{casebook::stored, sight::Sights},
    study::{Study, StudyShelf},
    study_log::StudyEvent,
    wire::subject::given,
};

/// Positions that are looked at in one step, and entries at most for one page.
const STEP: u64 = 500;
const MAX_SEEN: u64 = 20_000;
/// Clocks of several processes may differ by so much, in milliseconds.
const SKEW_MS: i64 = 3_600_000;

/// Lists entries of the study and of the casebooks that the caller may read.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListAuditTrailRequest,
) -> Result<ListAuditTrailResponse> {
    let oid = request.study_oid.as_str().into();
    let study = edc.study_for(context, &oid, Act::ReadJournal).await?;
    let criteria = Criteria {
        site: given(request.site_oid.as_ref()).map(ToOwned::to_owned),
        user: given(request.user.as_ref()).map(ToOwned::to_owned),
        kind: kind(request.kind)?,
        from_ms: from_day("fromDate", given(request.from_date.as_ref()))?,
        until_ms: until_day("untilDate", given(request.until_date.as_ref()))?,
        reason_missing: request.reason_missing.unwrap_or_default(),
    };
    let size = page::size(request.page_size)?;
    let token = page::after(request.page_token.as_ref())?;
    let begun = token.map(|token| token.parse().map_err(|_| page::unknown_token())).transpose()?;
    let reviewed = edc.reviewed(&study).await?;
    let unreviewed = request.unreviewed.unwrap_or_default();
    let mut trail = Trail::new(edc, context, &study, &criteria)?;
    let mut entries = Vec::new();
    let mut below = match begun {
        Some(position) => Position(position),
        None => trail.begin().await?,
    };
    let lowest = Position(below.0.saturating_sub(MAX_SEEN));
    while let Some(step) = trail.step(&mut below).await? {
        for (position, told) in step {
            let review_ids = reviewed.of(&told);
            if unreviewed && !review_ids.is_empty() {
                continue;
            }
            let mut entry = told.entry;
            entry.review_ids = review_ids;
            entries.push(entry);
            if entries.len() == size {
                let next_page_token = Some(page::token(&position.0.to_string()));
                return Ok(ListAuditTrailResponse { entries, next_page_token });
            }
        }
        if below <= lowest {
            let next_page_token = Some(page::token(&below.0.to_string()));
            return Ok(ListAuditTrailResponse { entries, next_page_token });
        }
    }
    Ok(ListAuditTrailResponse { entries, next_page_token: None })
}

/// A walk backwards through what the caller may see and wants.
pub(crate) struct Trail<'a> {
    edc: &'a Edc,
    study: &'a Study,
    criteria: &'a Criteria,
    /// The sites of whose casebooks entries may be told.
    sites: Sites,
    sights: Sights<'a>,
}

impl<'a> Trail<'a> {
    /// Refuses a named site whose journals the caller may not read.
    pub fn new(
        edc: &'a Edc,
        context: &'a Context,
        study: &'a Study,
        criteria: &'a Criteria,
    ) -> Result<Self> {
        let (caller, oid) = (&context.caller, study.oid.as_str());
        if let Some(site) = &criteria.site {
            caller.permit(Act::ReadJournal, Scope::at_site(oid, site.as_str()))?;
            study.site(&site.as_str().into())?;
        }
        let sites = both(caller.sites(Act::ReadJournal, oid), caller.sites(Act::ReadData, oid));
        Ok(Self { edc, study, criteria, sites, sights: Sights::new(context, study) })
    }

    /// The sites whose casebooks are told.
    pub fn sites(&self) -> &Sites {
        &self.sites
    }

    /// The position behind the newest entry that may be wanted.
    pub async fn begin(&self) -> Result<Position> {
        let last = self.edc.store.last_position().await?;
        let Some(until_ms) = self.criteria.until_ms else { return Ok(Position(last.0 + 1)) };
        let (mut low, mut high) = (0, last.0);
        while low < high {
            let middle = low + (high - low) / 2;
            let next = self.edc.store.follow(Position(middle), 1).await?;
            let is_late = match next.first() {
                None => true,
                Some((_, log, sealed)) => {
                    let entry = sealed.view().map_err(|_| Failure::Broken(log.to_string()))?;
                    entry.recorded_at_ms > until_ms.saturating_add(SKEW_MS)
                }
            };
            if is_late {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(Position(low + 1))
    }

    /// The wanted entries of the next step below a position, newest first; none when nothing older
    /// can be wanted.
    pub async fn step(&mut self, below: &mut Position) -> Result<Option<Vec<(Position, Told)>>> {
        if below.0 <= 1 {
            return Ok(None);
        }
        let last = Position(below.0 - 1);
        let first = Position(last.0.saturating_sub(STEP));
        *below = Position(first.0 + 1);
        let mut found: Vec<(Position, LogName, Sealed)> = Vec::new();
        let mut newest_ms = i64::MIN;
        let mut after = first;
        loop {
            let page = self.edc.store.follow(after, u32::try_from(STEP).unwrap_or(1)).await?;
            let Some((end, _, _)) = page.last() else { break };
            let is_done = *end >= last;
            after = *end;
            for (position, log, sealed) in page {
                if position > last {
                    break;
                }
                let entry = sealed.view().map_err(|_| Failure::Broken(log.to_string()))?;
                newest_ms = newest_ms.max(entry.recorded_at_ms);
                if self.may_tell(&log) && self.criteria.may_fit(entry.recorded_at_ms, entry.actor) {
                    found.push((position, log, sealed));
                }
            }
            if is_done {
                break;
            }
        }
        let too_old = self.criteria.from_ms.is_some_and(|from| newest_ms < from - SKEW_MS);
        if newest_ms > i64::MIN && too_old {
            return Ok(None);
        }
        let mut told = self.tell(found).await?;
        told.reverse();
        Ok(Some(told))
    }

    fn may_tell(&self, log: &LogName) -> bool {
        let oid = self.study.oid.as_str();
        let is_casebook = log.study == oid && log.kind == book::LOG_KIND;
        let sees_casebooks = !matches!(&self.sites, Sites::Only(sites) if sites.is_empty());
        (is_casebook && sees_casebooks) || *log == StudyShelf::log(&self.study.oid)
    }

    /// Tells entries, ascending by position; each casebook is looked into once.
    async fn tell(
        &mut self,
        found: Vec<(Position, LogName, Sealed)>,
    ) -> Result<Vec<(Position, Told)>> {
        let mut all: BTreeMap<Position, Told> = BTreeMap::new();
        let mut casebooks: BTreeMap<String, Vec<(Position, Sealed)>> = BTreeMap::new();
        for (position, log, sealed) in found {
            if log.kind == book::LOG_KIND {
                casebooks.entry(log.key).or_default().push((position, sealed));
                continue;
            }
            let broken = || Failure::Broken(log.to_string());
            let entry = sealed.view().map_err(|_| broken())?;
            let event: StudyEvent =
                minicbor_serde::from_slice(entry.payload).map_err(|_| broken())?;
            let told = Told { entry: tell_study(&entry, &event), tells_arm: false };
            if self.criteria.fits(&told.entry) {
                all.insert(position, told);
            }
        }
        for (subject, entries) in casebooks {
            all.extend(self.of_casebook(&subject.as_str().into(), &entries).await?);
        }
        Ok(all.into_iter().collect())
    }

    async fn of_casebook(
        &mut self,
        subject: &SubjectKey,
        entries: &[(Position, Sealed)],
    ) -> Result<Vec<(Position, Told)>> {
        let site = self.edc.site_of(self.study, subject).await?;
        let is_wanted = self.criteria.site.as_ref().is_none_or(|wanted| wanted == site.as_str());
        if !is_wanted || !self.sites.contains(site.as_str()) {
            return Ok(Vec::new());
        }
        let sight = self.sights.at(site.as_str()).clone();
        let told = stored(self.edc, self.study, subject, |book| {
            let (subject, site, casebook) = (subject.as_str(), site.as_str(), &book.casebook);
            let design = self.study.whole();
            let teller = Teller { design, sight: &sight, casebook, subject, site };
            let mut all = Vec::new();
            for (position, sealed) in entries {
                let broken = || Failure::Broken(subject.to_owned());
                let entry = sealed.view().map_err(|_| broken())?;
                let event = Event::from_payload(entry.payload).map_err(|_| broken())?;
                let told = teller.tell(&entry, &event);
                all.extend(
                    told.filter(|told| self.criteria.fits(&told.entry)).map(|one| (*position, one)),
                );
            }
            Ok(all)
        });
        told.await?
    }
}

/// The sites that are in both.
fn both(left: Sites, right: Sites) -> Sites {
    match (left, right) {
        (Sites::All, other) | (other, Sites::All) => other,
        (Sites::Only(left), Sites::Only(right)) => {
            let common: BTreeSet<String> = left.intersection(&right).cloned().collect();
            Sites::Only(common)
        }
    }
}
