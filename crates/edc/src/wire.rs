//! The contract of the service, carried out: messages in, domain calls, messages out.
//!
//! One file for each noun. Conversions are total; what a message can say wrongly is refused with
//! the place in the request. Refusals and failures become errors of the contract in `error` only.

mod definition;
pub(crate) mod design;
pub(crate) mod error;
mod export;
pub(crate) mod form;
mod items;
pub(crate) mod query;
mod review;
pub(crate) mod study;
pub(crate) mod subject;
pub(crate) mod value;

use contract::{Context, Error, edc::v1 as proto, google::api::HttpBody};
use futures::stream::BoxStream;

use self::error::answer;
use crate::{
    Edc,
    read::{self, form_record, history, matrix, queries, sites, studies, subjects},
};

#[async_trait::async_trait]
impl proto::Edc for Edc {
    async fn list_studies(
        &self,
        context: &Context,
        request: proto::ListStudiesRequest,
    ) -> Result<proto::ListStudiesResponse, Error> {
        answer(context, studies::list(self, context, &request).await)
    }

    async fn get_study(
        &self,
        context: &Context,
        request: proto::GetStudyRequest,
    ) -> Result<proto::Study, Error> {
        answer(context, studies::get(self, context, &request).await)
    }

    async fn get_definition(
        &self,
        context: &Context,
        request: proto::GetDefinitionRequest,
    ) -> Result<BoxStream<'static, Result<HttpBody, Error>>, Error> {
        answer(context, definition::get(self, context, &request).await)
    }

    async fn publish_definition(
        &self,
        context: &Context,
        request: proto::PublishDefinitionRequest,
    ) -> Result<proto::PublishDefinitionResponse, Error> {
        answer(context, definition::publish(self, context, request).await)
    }

    async fn list_sites(
        &self,
        context: &Context,
        request: proto::ListSitesRequest,
    ) -> Result<proto::ListSitesResponse, Error> {
        answer(context, sites::list(self, context, &request).await)
    }

    async fn list_subjects(
        &self,
        context: &Context,
        request: proto::ListSubjectsRequest,
    ) -> Result<proto::ListSubjectsResponse, Error> {
        answer(context, subjects::list(self, context, &request).await)
    }

    async fn get_matrix(
        &self,
        context: &Context,
        request: proto::GetMatrixRequest,
    ) -> Result<proto::GetMatrixResponse, Error> {
        answer(context, matrix::matrix(self, context, &request).await)
    }

    async fn screen_subject(
        &self,
        context: &Context,
        request: proto::ScreenSubjectRequest,
    ) -> Result<proto::ScreenSubjectResponse, Error> {
        let subject = answer(context, subject::screen(self, context, &request).await)?;
        Ok(proto::ScreenSubjectResponse { subject: Some(subject) })
    }

    async fn get_subject(
        &self,
        context: &Context,
        request: proto::GetSubjectRequest,
    ) -> Result<proto::GetSubjectResponse, Error> {
        answer(context, read::subject::get(self, context, &request).await)
    }

    async fn enrol_subject(
        &self,
        context: &Context,
        request: proto::EnrolSubjectRequest,
    ) -> Result<proto::EnrolSubjectResponse, Error> {
        let subject = answer(context, subject::enrol(self, context, &request).await)?;
        Ok(proto::EnrolSubjectResponse { subject: Some(subject) })
    }

    async fn change_subject_status(
        &self,
        context: &Context,
        request: proto::ChangeSubjectStatusRequest,
    ) -> Result<proto::ChangeSubjectStatusResponse, Error> {
        let subject = answer(context, subject::change_status(self, context, &request).await)?;
        Ok(proto::ChangeSubjectStatusResponse { subject: Some(subject) })
    }

    async fn record_event(
        &self,
        context: &Context,
        request: proto::RecordEventRequest,
    ) -> Result<proto::RecordEventResponse, Error> {
        let event = answer(context, subject::record_event(self, context, &request).await)?;
        Ok(proto::RecordEventResponse { event: Some(event) })
    }

    async fn get_form_record(
        &self,
        context: &Context,
        request: proto::GetFormRecordRequest,
    ) -> Result<proto::FormRecord, Error> {
        answer(context, form_record::get(self, context, &request).await)
    }

    async fn save_form(
        &self,
        context: &Context,
        request: proto::SaveFormRequest,
    ) -> Result<proto::SaveFormResponse, Error> {
        answer(context, form::save(self, context, &request).await)
    }

    async fn remove_record(
        &self,
        context: &Context,
        request: proto::RemoveRecordRequest,
    ) -> Result<proto::RemoveRecordResponse, Error> {
        let done = answer(context, review::remove(self, context, &request).await)?;
        Ok(proto::RemoveRecordResponse { version: done.version })
    }

    async fn restore_record(
        &self,
        context: &Context,
        request: proto::RestoreRecordRequest,
    ) -> Result<proto::RestoreRecordResponse, Error> {
        let done = answer(context, review::restore(self, context, &request).await)?;
        Ok(proto::RestoreRecordResponse { version: done.version })
    }

    async fn get_item_history(
        &self,
        context: &Context,
        request: proto::GetItemHistoryRequest,
    ) -> Result<proto::GetItemHistoryResponse, Error> {
        answer(context, history::get(self, context, &request).await)
    }

    async fn list_queries(
        &self,
        context: &Context,
        request: proto::ListQueriesRequest,
    ) -> Result<proto::ListQueriesResponse, Error> {
        answer(context, queries::list(self, context, &request).await)
    }

    async fn open_query(
        &self,
        context: &Context,
        request: proto::OpenQueryRequest,
    ) -> Result<proto::OpenQueryResponse, Error> {
        let query = answer(context, query::open(self, context, &request).await)?;
        Ok(proto::OpenQueryResponse { query: Some(query) })
    }

    async fn answer_query(
        &self,
        context: &Context,
        request: proto::AnswerQueryRequest,
    ) -> Result<proto::AnswerQueryResponse, Error> {
        let query = answer(context, query::reply(self, context, &request).await)?;
        Ok(proto::AnswerQueryResponse { query: Some(query) })
    }

    async fn close_query(
        &self,
        context: &Context,
        request: proto::CloseQueryRequest,
    ) -> Result<proto::CloseQueryResponse, Error> {
        let query = answer(context, query::close(self, context, &request).await)?;
        Ok(proto::CloseQueryResponse { query: Some(query) })
    }

    async fn reopen_query(
        &self,
        context: &Context,
        request: proto::ReopenQueryRequest,
    ) -> Result<proto::ReopenQueryResponse, Error> {
        let query = answer(context, query::reopen(self, context, &request).await)?;
        Ok(proto::ReopenQueryResponse { query: Some(query) })
    }

    async fn cancel_query(
        &self,
        context: &Context,
        request: proto::CancelQueryRequest,
    ) -> Result<proto::CancelQueryResponse, Error> {
        let query = answer(context, query::cancel(self, context, &request).await)?;
        Ok(proto::CancelQueryResponse { query: Some(query) })
    }

    async fn verify_items(
        &self,
        context: &Context,
        request: proto::VerifyItemsRequest,
    ) -> Result<proto::VerifyItemsResponse, Error> {
        let done = answer(context, review::verify(self, context, &request).await)?;
        Ok(proto::VerifyItemsResponse { version: done.version, review: done.review })
    }

    async fn unverify_items(
        &self,
        context: &Context,
        request: proto::UnverifyItemsRequest,
    ) -> Result<proto::UnverifyItemsResponse, Error> {
        let done = answer(context, review::unverify(self, context, &request).await)?;
        Ok(proto::UnverifyItemsResponse { version: done.version, review: done.review })
    }

    async fn freeze_record(
        &self,
        context: &Context,
        request: proto::FreezeRecordRequest,
    ) -> Result<proto::FreezeRecordResponse, Error> {
        let done = answer(context, review::freeze(self, context, &request).await)?;
        Ok(proto::FreezeRecordResponse { version: done.version, review: done.review })
    }

    async fn unfreeze_record(
        &self,
        context: &Context,
        request: proto::UnfreezeRecordRequest,
    ) -> Result<proto::UnfreezeRecordResponse, Error> {
        let done = answer(context, review::unfreeze(self, context, &request).await)?;
        Ok(proto::UnfreezeRecordResponse { version: done.version, review: done.review })
    }

    async fn lock_record(
        &self,
        context: &Context,
        request: proto::LockRecordRequest,
    ) -> Result<proto::LockRecordResponse, Error> {
        let done = answer(context, review::lock_record(self, context, &request).await)?;
        Ok(proto::LockRecordResponse { version: done.version, review: done.review })
    }

    async fn unlock_record(
        &self,
        context: &Context,
        request: proto::UnlockRecordRequest,
    ) -> Result<proto::UnlockRecordResponse, Error> {
        let done = answer(context, review::unlock(self, context, &request).await)?;
        Ok(proto::UnlockRecordResponse { version: done.version, review: done.review })
    }

    async fn sign_record(
        &self,
        context: &Context,
        request: proto::SignRecordRequest,
    ) -> Result<proto::SignRecordResponse, Error> {
        let done = answer(context, review::sign(self, context, &request).await)?;
        Ok(proto::SignRecordResponse { version: done.version, review: done.review })
    }

    async fn export_study(
        &self,
        context: &Context,
        request: proto::ExportStudyRequest,
    ) -> Result<BoxStream<'static, Result<HttpBody, Error>>, Error> {
        answer(context, export::export(self, context, &request).await)
    }
}
