//! The contract of the build of studies, carried out.

use contract::{Context, Error, build::v1 as proto};

use super::{error::answer, value};
use crate::{
    Edc,
    draft::{self, ImportCall, failure_of},
    failure::{Failure, Result},
    impact, migration,
};

#[async_trait::async_trait]
impl proto::Build for Edc {
    async fn list_drafts(
        &self,
        context: &Context,
        request: proto::ListDraftsRequest,
    ) -> Result<proto::ListDraftsResponse, Error> {
        answer(context, draft::list(self, context, &request).await)
    }

    async fn get_draft(
        &self,
        context: &Context,
        request: proto::GetDraftRequest,
    ) -> Result<proto::Draft, Error> {
        answer(context, draft::show(self, context, &request).await)
    }

    async fn begin_draft(
        &self,
        context: &Context,
        request: proto::BeginDraftRequest,
    ) -> Result<proto::BeginDraftResponse, Error> {
        let begun = self.begin_draft(context, &request).await;
        Ok(proto::BeginDraftResponse { revision: value::long(answer(context, begun)?) })
    }

    async fn import_draft(
        &self,
        context: &Context,
        request: proto::ImportDraftRequest,
    ) -> Result<proto::ImportDraftResponse, Error> {
        answer(context, import(self, context, &request).await)
    }

    async fn edit_draft(
        &self,
        context: &Context,
        request: proto::EditDraftRequest,
    ) -> Result<proto::EditDraftResponse, Error> {
        let revision = answer(context, draft::edit(self, context, &request).await)?;
        Ok(proto::EditDraftResponse { revision: value::long(revision) })
    }

    async fn undo_edit(
        &self,
        context: &Context,
        request: proto::UndoEditRequest,
    ) -> Result<proto::UndoEditResponse, Error> {
        let revision = answer(context, draft::undo(self, context, &request).await)?;
        Ok(proto::UndoEditResponse { revision: value::long(revision) })
    }

    async fn discard_draft(
        &self,
        context: &Context,
        request: proto::DiscardDraftRequest,
    ) -> Result<proto::DiscardDraftResponse, Error> {
        let discarded = self.discard_draft(context, &request).await;
        answer(context, discarded).map(|()| proto::DiscardDraftResponse {})
    }

    async fn check_expression(
        &self,
        context: &Context,
        request: proto::CheckExpressionRequest,
    ) -> Result<proto::CheckExpressionResponse, Error> {
        answer(context, draft::check_expression(self, context, &request).await)
    }

    async fn publish_draft(
        &self,
        context: &Context,
        request: proto::PublishDraftRequest,
    ) -> Result<proto::PublishDraftResponse, Error> {
        let published = answer(context, draft::publish(self, context, &request).await)?;
        Ok(proto::PublishDraftResponse {
            version_hash: published.hash,
            unchanged: published.unchanged,
        })
    }

    async fn list_versions(
        &self,
        context: &Context,
        request: proto::ListVersionsRequest,
    ) -> Result<proto::ListVersionsResponse, Error> {
        answer(context, self.list_versions(&context.caller, &request).await)
    }

    async fn compare_versions(
        &self,
        context: &Context,
        request: proto::CompareVersionsRequest,
    ) -> Result<proto::CompareVersionsResponse, Error> {
        answer(context, self.compare_versions(&context.caller, &request).await)
    }

    async fn get_impact(
        &self,
        context: &Context,
        request: proto::GetImpactRequest,
    ) -> Result<proto::GetImpactResponse, Error> {
        answer(context, impact::impact(self, context, &request).await)
    }

    async fn schedule_version(
        &self,
        context: &Context,
        request: proto::ScheduleVersionRequest,
    ) -> Result<proto::ScheduleVersionResponse, Error> {
        answer(context, self.schedule_version(context, &request).await)
    }

    async fn migrate_casebooks(
        &self,
        context: &Context,
        request: proto::MigrateCasebooksRequest,
    ) -> Result<proto::MigrateCasebooksResponse, Error> {
        answer(context, migration::migrate(self, context, &request).await)
    }

    async fn add_site(
        &self,
        context: &Context,
        request: proto::AddSiteRequest,
    ) -> Result<proto::AddSiteResponse, Error> {
        let added = self.open_site(context, request).await;
        answer(context, added).map(|()| proto::AddSiteResponse {})
    }

    async fn change_site_status(
        &self,
        context: &Context,
        request: proto::ChangeSiteStatusRequest,
    ) -> Result<proto::ChangeSiteStatusResponse, Error> {
        let changed = self.turn_site(context, request).await;
        answer(context, changed).map(|()| proto::ChangeSiteStatusResponse {})
    }
}

async fn import(
    edc: &Edc,
    context: &Context,
    request: &proto::ImportDraftRequest,
) -> Result<proto::ImportDraftResponse> {
    let study = request.study_oid.as_str().into();
    let files: Vec<formats::DefinitionFile<'_>> = request
        .files
        .iter()
        .map(|file| formats::DefinitionFile { name: &file.name, content: &file.content })
        .collect();
    let call = ImportCall {
        origin: &context.origin,
        study: Some(&study),
        seen_revision: request.seen_revision,
        replaces_any: false,
        request: request.request_id.as_ref(),
    };
    let imported = edc.import_draft(&context.caller, call, &files).await.map_err(failure_of)?;
    let state = edc.drafts.get(&study).await?;
    let draft = state.open.as_ref().ok_or_else(|| Failure::Broke("no draft".to_owned()))?;
    Ok(proto::ImportDraftResponse {
        revision: value::long(imported.revision),
        faults: draft::faults(draft)?,
        findings: draft.findings.iter().map(draft::finding).collect(),
    })
}
