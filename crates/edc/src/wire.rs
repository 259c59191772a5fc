//! The contract of the service, carried out: messages in, domain calls, messages out.
//!
//! One file for each noun. Conversions are total; what a message can say wrongly is refused with
//! the place in the request. Refusals and failures become errors of the contract in `error` only.

mod audit;
mod build;
mod definition;
pub(crate) mod design;
mod eligibility;
pub(crate) mod error;
pub(crate) mod evaluate;
mod export;
mod export_job;
mod files;
pub(crate) mod form;
mod import_job;
pub(crate) mod items;
mod job;
mod jobs;
mod lock;
mod patience;
pub(crate) mod query;
mod query_bulk;
mod review;
pub(crate) mod signature;
pub(crate) mod study;
pub(crate) mod subject;
pub(crate) mod value;

use contract::{Context, Error, edc::v1 as proto, google::api::HttpBody};
use futures::stream::BoxStream;

use self::{error::answer, patience::patiently};
use crate::{
    Edc, dictionary,
    failure::Result as Done,
    laboratory,
    read::{
        self, audit as trail, form_record, history, matrix, outline, queries, sites, studies,
        subjects, worklists,
    },
};

/// Carries out each call by a function that takes the service, the context and the request, and
/// turns what it returns into the answer where that is another message; what changes something is
/// tried again while others are busy. See `docs/decisions/calls-of-a-service.md`.
macro_rules! calls {
    (
        $($how:ident $name:ident($request:ident) -> $answer:ident =
            $call:path $(, |$done:ident| $told:expr)?;)+
        { $($other:item)* }
    ) => {
        #[async_trait::async_trait]
        impl proto::Edc for Edc {
            $(
                async fn $name(
                    &self,
                    context: &Context,
                    request: proto::$request,
                ) -> Result<proto::$answer, Error> {
                    let done = $how(context, || $call(self, context, &request)).await?;
                    $(let done = { let $done = done; $told };)?
                    Ok(done)
                }
            )+
            $($other)*
        }
    };
}

calls! {
    answered list_studies(ListStudiesRequest) -> ListStudiesResponse = studies::list;
    answered get_study(GetStudyRequest) -> Study = studies::get;
    answered list_sites(ListSitesRequest) -> ListSitesResponse = sites::list;
    answered list_subjects(ListSubjectsRequest) -> ListSubjectsResponse = subjects::list;
    answered outline_subjects(OutlineSubjectsRequest) -> OutlineSubjectsResponse = outline::outline;
    answered get_matrix(GetMatrixRequest) -> GetMatrixResponse = matrix::matrix;
    changed screen_subject(ScreenSubjectRequest) -> ScreenSubjectResponse =
        subject::screen, |subject| proto::ScreenSubjectResponse { subject: Some(subject) };
    answered get_subject(GetSubjectRequest) -> GetSubjectResponse = read::subject::get;
    answered check_eligibility(CheckEligibilityRequest) -> CheckEligibilityResponse =
        eligibility::check;
    changed enrol_subject(EnrolSubjectRequest) -> EnrolSubjectResponse =
        subject::enrol, |subject| proto::EnrolSubjectResponse { subject: Some(subject) };
    changed change_subject_status(ChangeSubjectStatusRequest) -> ChangeSubjectStatusResponse =
        subject::change_status,
            |subject| proto::ChangeSubjectStatusResponse { subject: Some(subject) };
    changed record_event(RecordEventRequest) -> RecordEventResponse =
        subject::record_event, |event| proto::RecordEventResponse { event: Some(event) };
    answered get_form_record(GetFormRecordRequest) -> FormRecord = form_record::get;
    changed save_form(SaveFormRequest) -> SaveFormResponse = form::save;
    answered evaluate_form(EvaluateFormRequest) -> EvaluateFormResponse = evaluate::evaluate;
    changed remove_record(RemoveRecordRequest) -> RemoveRecordResponse =
        review::remove, |done| proto::RemoveRecordResponse { version: done.version };
    changed restore_record(RestoreRecordRequest) -> RestoreRecordResponse =
        review::restore, |done| proto::RestoreRecordResponse { version: done.version };
    answered get_item_history(GetItemHistoryRequest) -> GetItemHistoryResponse = history::get;
    answered list_queries(ListQueriesRequest) -> ListQueriesResponse = queries::list;
    changed open_query(OpenQueryRequest) -> OpenQueryResponse =
        query::open, |query| proto::OpenQueryResponse { query: Some(query) };
    changed answer_query(AnswerQueryRequest) -> AnswerQueryResponse =
        query::reply, |query| proto::AnswerQueryResponse { query: Some(query) };
    changed close_query(CloseQueryRequest) -> CloseQueryResponse =
        query::close, |query| proto::CloseQueryResponse { query: Some(query) };
    changed reopen_query(ReopenQueryRequest) -> ReopenQueryResponse =
        query::reopen, |query| proto::ReopenQueryResponse { query: Some(query) };
    changed cancel_query(CancelQueryRequest) -> CancelQueryResponse =
        query::cancel, |query| proto::CancelQueryResponse { query: Some(query) };
    changed verify_items(VerifyItemsRequest) -> VerifyItemsResponse =
        review::verify,
            |done| proto::VerifyItemsResponse { version: done.version, review: done.review };
    changed unverify_items(UnverifyItemsRequest) -> UnverifyItemsResponse =
        review::unverify,
            |done| proto::UnverifyItemsResponse { version: done.version, review: done.review };
    changed freeze_record(FreezeRecordRequest) -> FreezeRecordResponse =
        review::freeze,
            |done| proto::FreezeRecordResponse { version: done.version, review: done.review };
    changed unfreeze_record(UnfreezeRecordRequest) -> UnfreezeRecordResponse =
        review::unfreeze,
            |done| proto::UnfreezeRecordResponse { version: done.version, review: done.review };
    changed lock_record(LockRecordRequest) -> LockRecordResponse =
        review::lock_record,
            |done| proto::LockRecordResponse { version: done.version, review: done.review };
    changed unlock_record(UnlockRecordRequest) -> UnlockRecordResponse =
        review::unlock,
            |done| proto::UnlockRecordResponse { version: done.version, review: done.review };
    changed sign_record(SignRecordRequest) -> SignRecordResponse =
        review::sign,
            |done| proto::SignRecordResponse { version: done.version, review: done.review };
    answered list_work(ListWorkRequest) -> ListWorkResponse = worklists::list;
    answered get_workload(GetWorkloadRequest) -> GetWorkloadResponse = worklists::count;
    changed answer_queries(AnswerQueriesRequest) -> AnswerQueriesResponse =
        query_bulk::reply, |done| proto::AnswerQueriesResponse { results: done };
    changed settle_queries(SettleQueriesRequest) -> SettleQueriesResponse =
        query_bulk::settle, |done| proto::SettleQueriesResponse { results: done };
    answered list_history(ListHistoryRequest) -> ListHistoryResponse = trail::history::list;
    answered verify_casebook(VerifyCasebookRequest) -> VerifyCasebookResponse = audit::verify;
    answered list_audit_trail(ListAuditTrailRequest) -> ListAuditTrailResponse = trail::trail::list;
    changed review_audit_trail(ReviewAuditTrailRequest) -> ReviewAuditTrailResponse =
        audit::review, |done| proto::ReviewAuditTrailResponse { review: Some(done) };
    answered list_audit_reviews(ListAuditReviewsRequest) -> ListAuditReviewsResponse =
        audit::reviews;
    changed sign_visit(SignVisitRequest) -> SignVisitResponse =
        signature::visit, |done| proto::SignVisitResponse { signature: Some(done) };
    changed sign_casebook(SignCasebookRequest) -> SignCasebookResponse =
        signature::casebook, |done| proto::SignCasebookResponse { signature: Some(done) };
    changed freeze_records(FreezeRecordsRequest) -> FreezeRecordsResponse =
        lock::freeze, |done| proto::FreezeRecordsResponse { results: done };
    changed lock_records(LockRecordsRequest) -> LockRecordsResponse =
        lock::lock, |done| proto::LockRecordsResponse { results: done };
    answered get_lock_checklist(GetLockChecklistRequest) -> GetLockChecklistResponse =
        lock::checklist;
    changed lock_study(LockStudyRequest) -> LockStudyResponse =
        lock::lock_study, |done| proto::LockStudyResponse { lock: Some(done) };
    changed unlock_study(UnlockStudyRequest) -> UnlockStudyResponse =
        lock::unlock_study, |done| proto::UnlockStudyResponse { lock: Some(done) };
    answered list_dictionaries(ListDictionariesRequest) -> ListDictionariesResponse =
        dictionary::list;
    answered search_terms(SearchTermsRequest) -> SearchTermsResponse = dictionary::search;
    changed import_ranges(ImportRangesRequest) -> ImportRangesResponse = laboratory::import;
    answered list_ranges(ListRangesRequest) -> ListRangesResponse = laboratory::list;
    changed recompute_ranges(RecomputeRangesRequest) -> RecomputeRangesResponse =
        laboratory::recompute;
    answered get_term(GetTermRequest) -> GetTermResponse = dictionary::get;
    {
        async fn export_study(
            &self,
            context: &Context,
            request: proto::ExportStudyRequest,
        ) -> Result<BoxStream<'static, Result<HttpBody, Error>>, Error> {
            answer(context, export::export(self, context, &request).await)
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
    }
}

/// The answer to a call that only looks.
async fn answered<T, W>(context: &Context, look: impl Fn() -> W) -> Result<T, Error>
where
    W: Future<Output = Done<T>>,
{
    answer(context, look().await)
}

/// The answer to a call that changes something; see [`patiently`].
async fn changed<T, W>(context: &Context, change: impl Fn() -> W) -> Result<T, Error>
where
    W: Future<Output = Done<T>>,
{
    answer(context, patiently(context, change).await)
}
