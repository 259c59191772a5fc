//! Publishes a draft.

use std::fmt;

use contract::{Act, Caller, Code, Context, Error, Scope, build::v1::PublishDraftRequest};
use kernel::{StudyOid, StudyVersion, study::Fault};
use store::{Batch, StoreError};

use super::{log::DraftEvent, log::OpenDraft, shelf::DraftCall, shelf::stale};
use crate::{
    Edc,
    failure::{Failure, Result},
    publish::{PublishFailure, Published, StudyCall},
};

/// Faults that are named in a refusal, at most; all of them are with the draft.
const MAX_VIOLATIONS: usize = 200;

/// How a draft is to be published.
#[derive(Clone, Copy, Debug)]
pub struct PublishDraft<'a> {
    pub study: &'a StudyOid,
    /// The revision that was seen; whatever is there when nothing is said.
    pub seen_revision: Option<i64>,
    pub reason: Option<&'a str>,
    pub site_by_site: bool,
    pub origin: &'a str,
    pub request: Option<&'a String>,
}

/// A fault, and where the definition stands in the file from which it was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedFault {
    pub fault: Fault,
    pub place: Option<(String, u32)>,
}

impl fmt::Display for PlacedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, line)) = &self.place {
            write!(f, "{file}:{line}: ")?;
        }
        write!(f, "{} {}: {}", self.fault.kind, self.fault.oid, self.fault.message)
    }
}

impl Edc {
    /// Publishes the draft of a study and ends it, in one transaction. Refuses while it has faults,
    /// and names all of them.
    pub async fn publish_draft(
        &self,
        caller: &Caller,
        wanted: PublishDraft<'_>,
    ) -> Result<Published, PublishFailure> {
        let PublishDraft { study, origin, request, .. } = wanted;
        let scope = Scope::study_wide(study.as_str());
        let permit = caller.permit(Act::PublishStudy, scope).map_err(Failure::from)?;
        let state = self.drafts.get(study).await?;
        if state.repeated(request).is_some() {
            let hash = self.version(caller, study, None).await?.hash().to_string();
            return Ok(Published { hash, unchanged: false });
        }
        let draft = state.draft(study)?;
        if let Some(seen) = wanted.seen_revision {
            state.seen(seen)?;
        }
        let faults = placed_faults(draft)?;
        if !faults.is_empty() {
            return Err(PublishFailure::DraftFaults(faults));
        }
        let reason = wanted.reason.map(ToOwned::to_owned);
        let call = StudyCall { permit: &permit, origin, request, reason: reason.clone() };
        let version = draft.version.clone();
        let (published, part) = self.publication(&call, version, wanted.site_by_site).await?;
        let ended = DraftEvent::Published { hash: published.hash.clone() };
        let call = DraftCall { permit: &permit, origin, request, reason };
        let end = self.draft_part(study, &state, &call, &ended);
        let batch = part.into_iter().fold(Batch::from(end), Batch::and);
        match self.store.append(batch).await {
            Ok(_) => {}
            Err(StoreError::HeadMoved { .. }) => return Err(stale(state.head.sequence).into()),
            Err(error) => return Err(Failure::from(error).into()),
        }
        self.studies.forget(study);
        Ok(published)
    }

    /// The draft of a study as it would be published.
    pub async fn draft_version(&self, caller: &Caller, study: &StudyOid) -> Result<StudyVersion> {
        super::shelf::permit_design(caller, study)?;
        Ok(self.drafts.get(study).await?.draft(study)?.version.clone())
    }
}

/// What keeps a draft from being published, with file and line.
pub(crate) fn placed_faults(draft: &OpenDraft) -> Result<Vec<PlacedFault>> {
    let placed = |fault: &Fault| {
        let place = draft.place(fault.kind, &fault.oid);
        let place = place.map(|(file, line)| (file.to_owned(), line));
        PlacedFault { fault: fault.clone(), place }
    };
    Ok(draft.checked()?.faults.iter().map(placed).collect())
}

/// The same by the contract.
pub(crate) async fn publish(
    edc: &Edc,
    context: &Context,
    request: &PublishDraftRequest,
) -> Result<Published> {
    let study: StudyOid = request.study_oid.as_str().into();
    let scope = Scope::study_wide(study.as_str());
    context.caller.permit(Act::PublishStudy, scope)?;
    if request.reason.trim().is_empty() {
        return Err(Error::invalid("reason", "say why it is published").into());
    }
    let wanted = PublishDraft {
        study: &study,
        seen_revision: Some(request.seen_revision),
        reason: Some(&request.reason),
        site_by_site: request.site_by_site,
        origin: &context.origin,
        request: request.request_id.as_ref(),
    };
    let published = edc.publish_draft(&context.caller, wanted).await;
    published.map_err(|failure| match failure {
        PublishFailure::Failed(failure) => failure,
        PublishFailure::Faults(faults) => Failure::Broke(format!("{} new faults", faults.len())),
        PublishFailure::DraftFaults(faults) => faulty(&faults).into(),
    })
}

fn faulty(faults: &[PlacedFault]) -> Error {
    let message = format!("the draft has {} faults", faults.len());
    let plain = Error::new(Code::FailedPrecondition, "DRAFT_FAULTY", message);
    faults.iter().take(MAX_VIOLATIONS).fold(plain, |error, PlacedFault { fault, .. }| {
        error.with_violation(format!("{} {}", fault.kind, fault.oid), &fault.message.en)
    })
}
