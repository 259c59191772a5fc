//! Begins a draft from the version that was published last, or an empty one, and gives one up.

use contract::{
    Context, Error,
    build::v1::{BeginDraftRequest, DiscardDraftRequest},
};
use kernel::{StudyOid, StudyVersion};

use super::{log::DraftEvent, parts, shelf::DraftCall};
use crate::{Edc, failure::Result};

/// What the first version of a study is called until somebody names it.
const FIRST_VERSION: (&str, &str) = ("MDV.1", "1");

impl Edc {
    /// Begins a draft as a copy of the version that was published last; for a new study, which the
    /// request names, as one that holds nothing. Answers with its revision.
    pub(crate) async fn begin_draft(
        &self,
        context: &Context,
        request: &BeginDraftRequest,
    ) -> Result<u64> {
        let study: StudyOid = request.study_oid.as_str().into();
        let permit = super::shelf::permit_design(&context.caller, &study)?;
        let state = self.drafts.get(&study).await?;
        if let Some(revision) = state.repeated(request.request_id.as_ref()) {
            return Ok(revision);
        }
        if state.open.is_some() {
            let message = format!("study {study} has a draft already");
            return Err(Error::already_exists("DRAFT_EXISTS", message).into());
        }
        let (base, version) = if let Some(name) = &request.study_name {
            (String::new(), self.new_study(&study, name, request).await?)
        } else {
            let version = self.version(&context.caller, &study, None).await?;
            (version.hash().to_string(), version)
        };
        let document = serde_json::to_string(&version).expect("a study version has text keys");
        let event = DraftEvent::Begun { base, document };
        let call = DraftCall {
            permit: &permit,
            origin: &context.origin,
            request: request.request_id.as_ref(),
            reason: None,
        };
        self.append_draft(&study, &state, &call, &event).await
    }

    /// The design of a study of which nothing was published: it holds nothing.
    async fn new_study(
        &self,
        study: &StudyOid,
        name: &str,
        request: &BeginDraftRequest,
    ) -> Result<StudyVersion> {
        if !self.studies.fold(study).await?.state.versions.is_empty() {
            let message = format!("there is already a study {study}");
            return Err(Error::already_exists("STUDY_EXISTS", message).into());
        }
        let unusable = |found: parts::Unusable| Error::invalid(found.field, found.why);
        parts::oid("studyOid", study.as_str()).map_err(unusable)?;
        let study_name = parts::text("studyName", name.trim()).map_err(unusable)?;
        if study_name.is_empty() {
            return Err(Error::invalid("studyName", "say what the study is called").into());
        }
        let protocol = request.protocol_name.as_deref().map(str::trim);
        let protocol = protocol.filter(|name| !name.is_empty()).unwrap_or(&study_name);
        let protocol_name = parts::text("protocolName", protocol).map_err(unusable)?;
        Ok(StudyVersion {
            study_oid: study.clone(),
            study_name,
            protocol_name,
            version_oid: FIRST_VERSION.0.into(),
            version_name: FIRST_VERSION.1.to_owned(),
            ..StudyVersion::default()
        })
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
