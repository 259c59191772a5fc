//! Begins a draft from the version that was published last, and gives one up.

use contract::{Caller, Context, Error, build::v1::DiscardDraftRequest};
use kernel::StudyOid;

use super::{log::DraftEvent, shelf::DraftCall};
use crate::{Edc, failure::Result};

impl Edc {
    /// Begins a draft as a copy of the version that was published last. Answers with its revision.
    pub(crate) async fn begin_draft(
        &self,
        caller: &Caller,
        origin: &str,
        study: &StudyOid,
        request: Option<&String>,
    ) -> Result<u64> {
        let permit = super::shelf::permit_design(caller, study)?;
        let state = self.drafts.get(study).await?;
        if let Some(revision) = state.repeated(request) {
            return Ok(revision);
        }
        if state.open.is_some() {
            let message = format!("study {study} has a draft already");
            return Err(Error::already_exists("DRAFT_EXISTS", message).into());
        }
        let version = self.version(caller, study, None).await?;
        let event = DraftEvent::Begun {
            base: version.hash().to_string(),
            document: serde_json::to_string(&version).expect("a study version has text keys"),
        };
        let call = DraftCall { permit: &permit, origin, request, reason: None };
        self.append_draft(study, &state, &call, &event).await
    }

    /// Gives a draft up.
    pub(crate) async fn discard_draft(
        &self,
        context: &Context,
        request: &DiscardDraftRequest,
    ) -> Result<()> {
        let study: StudyOid = request.study_oid.as_str().into();
        let permit = super::shelf::permit_design(&context.caller, &study)?;
        if request.reason.trim().is_empty() {
            return Err(Error::invalid("reason", "say why the draft is given up").into());
        }
        let state = self.drafts.get(&study).await?;
        if state.repeated(request.request_id.as_ref()).is_some() {
            return Ok(());
        }
        state.draft(&study)?;
        state.seen(request.seen_revision)?;
        let call = DraftCall {
            permit: &permit,
            origin: &context.origin,
            request: request.request_id.as_ref(),
            reason: Some(request.reason.clone()),
        };
        self.append_draft(&study, &state, &call, &DraftEvent::Discarded).await.map(|_| ())
    }
}
