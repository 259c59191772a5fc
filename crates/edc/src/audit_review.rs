//! Reviews of the audit trail (ICH E6(R3) §4.2.3): a statement that a part of it was looked at, and
//! what was found, is an entry in a log of its own: permit, read, decide, append, answer.

use contract::{Act, Context, Scope, Sites, edc::v1::audit_entry::Kind};
use journal::{Draft, Head, LogName};
use kernel::{StudyOid, casebook::Refusal};
use serde::{Deserialize, Serialize};
use store::{Batch, StoreError};

use crate::{
    Edc,
    failure::{Failure, Result},
    read::{
        audit::{Criteria, tell::Told, trail::Trail},
        sight::Sight,
    },
    study::Study,
};

/// The kind of the log and its key: there is one in each study.
const LOG_KIND: &str = "audit_review";
const LOG_KEY: &str = "trail";
const REVIEWED: &str = "AuditTrailReviewed";
/// Reviews that are read at a time.
const PAGE: u32 = 500;
/// How often somebody else may write the log while a review is counted.
const MAX_ATTEMPTS: u32 = 5;
/// Entries that one review may cover.
const MAX_ENTRIES: u32 = 100_000;

/// What was looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditTrailReviewed {
    pub site: Option<String>,
    pub user: Option<String>,
    pub kind: Option<String>,
    pub from_ms: Option<i64>,
    /// The moment up to which entries were looked at.
    pub until_ms: i64,
    pub reason_missing: bool,
    /// The sites whose casebooks were shown; none: all.
    pub sites: Option<Vec<String>>,
    /// What tells the arm was not shown.
    pub is_blinded: bool,
    pub entries: u32,
    pub finding: String,
}

/// A review with who made it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditReview {
    pub id: String,
    pub user: String,
    pub role: String,
    pub recorded_at_ms: i64,
    pub reviewed: AuditTrailReviewed,
    request: String,
}

/// The reviews of a study, to hold entries against.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reviewed(pub Vec<AuditReview>);

impl Reviewed {
    /// The ids of the reviews that have looked at an entry.
    pub fn of(&self, told: &Told) -> Vec<String> {
        let looked = self.0.iter().filter(|review| review.reviewed.covers(told));
        looked.map(|review| review.id.clone()).collect()
    }
}

impl AuditTrailReviewed {
    fn criteria(&self) -> Criteria {
        Criteria {
            site: self.site.clone(),
            user: self.user.clone(),
            kind: self.kind.as_deref().and_then(Kind::from_str_name),
            from_ms: self.from_ms,
            until_ms: Some(self.until_ms),
            reason_missing: self.reason_missing,
        }
    }

    fn covers(&self, told: &Told) -> bool {
        let entry = &told.entry;
        let at_ms = entry.recorded_at.as_ref().map_or(0, contract::Timestamp::as_millisecond);
        let criteria = self.criteria();
        let was_shown = match (&self.sites, &entry.subject_key) {
            (None, _) | (_, None) => true,
            (Some(sites), Some(_)) => {
                entry.site_oid.as_ref().is_some_and(|site| sites.contains(site))
            }
        };
        was_shown
            && !(self.is_blinded && told.tells_arm)
            && criteria.may_fit(at_ms, &entry.user)
            && criteria.fits(entry)
    }
}

impl Edc {
    /// Every review of the audit trail of a study, oldest first.
    pub(crate) async fn reviewed(&self, study: &Study) -> Result<Reviewed> {
        Ok(self.reviews(&study.oid).await?.0)
    }

    /// Records that a part of the audit trail was looked at. Counts what the reviewer could see of
    /// it; refuses a part with more than [`MAX_ENTRIES`].
    pub(crate) async fn review_audit_trail(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        criteria: &Criteria,
        finding: &str,
    ) -> Result<AuditReview> {
        let study = self.study_for(context, study, Act::ReadJournal).await?;
        let (caller, oid) = (&context.caller, study.oid.as_str());
        let scope = match (&criteria.site, caller.sites(Act::ReadJournal, oid)) {
            (Some(site), _) => Scope::at_site(oid, site.as_str()),
            (None, Sites::Only(sites)) if !sites.is_empty() => {
                Scope::at_site(oid, sites.first().map(String::as_str).unwrap_or_default())
            }
            (None, _) => Scope::study_wide(oid),
        };
        let permit = caller.permit(Act::ReadJournal, scope)?;
        let request = request.unwrap_or(&context.request_id);
        for _ in 0..MAX_ATTEMPTS {
            let (reviews, head) = self.reviews(&study.oid).await?;
            if let Some(done) = reviews.0.into_iter().find(|one| one.request == *request) {
                return Ok(done);
            }
            let reviewed = self.looked_at(context, &study, criteria, finding).await?;
            let draft = Draft {
                recorded_at_ms: (self.clock)().as_millisecond(),
                actor: permit.user().to_owned(),
                role: permit.role().name().to_owned(),
                on_behalf_of: permit.on_behalf_of().map(ToOwned::to_owned),
                reason: None,
                origin: context.origin.clone(),
                request_id: request.clone(),
                study_version: Some(study.compiled.hash),
                kind: REVIEWED.to_owned(),
                payload: minicbor_serde::to_vec(&reviewed).expect("a review is plain data"),
            };
            let log = log_of(&study.oid);
            let batch = Batch::seal(log, head, std::slice::from_ref(&draft), Vec::new());
            match self.store.append(batch).await {
                Ok(head) => return Ok(review(head.sequence, &draft, reviewed)),
                Err(StoreError::HeadMoved { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Busy("audit trail".to_owned()))
    }

    async fn looked_at(
        &self,
        context: &Context,
        study: &Study,
        criteria: &Criteria,
        finding: &str,
    ) -> Result<AuditTrailReviewed> {
        let mut trail = Trail::new(self, context, study, criteria)?;
        let mut below = trail.begin().await?;
        let mut entries = 0;
        while let Some(step) = trail.step(&mut below).await? {
            entries += u32::try_from(step.len()).unwrap_or(u32::MAX);
            if entries > MAX_ENTRIES {
                let message = format!("a review covers {MAX_ENTRIES} entries at most");
                return Err(contract::Error::invalid("fromDate", message).into());
            }
        }
        if entries == 0 {
            return Err(Refusal::NothingToReview.into());
        }
        let mut sites = study.state.sites.keys();
        let is_blinded = sites.any(|site| !Sight::of(context, study, site).is_complete());
        Ok(AuditTrailReviewed {
            site: criteria.site.clone(),
            user: criteria.user.clone(),
            kind: criteria.kind.map(|kind| kind.as_str_name().to_owned()),
            from_ms: criteria.from_ms,
            until_ms: criteria.until_ms.unwrap_or(i64::MAX),
            reason_missing: criteria.reason_missing,
            sites: match trail.sites() {
                Sites::All => None,
                Sites::Only(sites) => Some(sites.iter().cloned().collect()),
            },
            is_blinded,
            entries,
            finding: finding.to_owned(),
        })
    }

    async fn reviews(&self, study: &StudyOid) -> Result<(Reviewed, Head)> {
        let log = log_of(study);
        let (mut reviews, mut head) = (Vec::new(), Head::default());
        loop {
            let page = self.store.read(&log, head.sequence + 1, PAGE).await?;
            for sealed in &page {
                let broken = || Failure::Broken(log.to_string());
                let draft = sealed.open().map_err(|_| broken())?.draft;
                let reviewed = minicbor_serde::from_slice(&draft.payload).map_err(|_| broken())?;
                reviews.push(review(sealed.sequence, &draft, reviewed));
                head = sealed.head();
            }
            if page.len() < PAGE as usize {
                return Ok((Reviewed(reviews), head));
            }
        }
    }
}

fn log_of(study: &StudyOid) -> LogName {
    LogName::new(study.as_str(), LOG_KIND, LOG_KEY)
}

fn review(sequence: u64, draft: &Draft, reviewed: AuditTrailReviewed) -> AuditReview {
    AuditReview {
        id: format!("R{sequence}"),
        user: draft.actor.clone(),
        role: draft.role.clone(),
        recorded_at_ms: draft.recorded_at_ms,
        reviewed,
        request: draft.request_id.clone(),
    }
}
