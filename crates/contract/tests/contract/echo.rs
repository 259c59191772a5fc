//! A service that answers what it was asked, so that tests see what arrives.

use async_trait::async_trait;
use contract::{Act, Code, Context, Error, Scope, edc::v1::*};

use crate::pieces::{Pieces, Told, pieces};

/// A save that saw this version is answered as stale.
pub const STALE_VERSION: i32 = 99;

/// Answers what it was asked; methods that no test asks for are refused.
#[derive(Debug)]
pub struct Echo;

fn unasked<T>(method: &'static str) -> Told<T> {
    Err(Error::new(Code::Unimplemented, "UNASKED", method))
}

#[async_trait]
impl Edc for Echo {
    async fn list_studies(&self, _: &Context, _: ListStudiesRequest) -> Told<ListStudiesResponse> {
        unasked("list_studies")
    }

    async fn get_study(&self, _: &Context, request: GetStudyRequest) -> Told<Study> {
        match request.study_oid.as_str() {
            "PENDING" => std::future::pending().await,
            "PANIC" => panic!("the service panics"),
            "INCIDENT" => Err(Error::new(Code::Internal, "DISK_FULL", "secret path /var/x")),
            _ => Ok(Study { study_oid: request.study_oid, ..Study::default() }),
        }
    }

    async fn list_sites(&self, _: &Context, _: ListSitesRequest) -> Told<ListSitesResponse> {
        unasked("list_sites")
    }

    async fn list_subjects(
        &self,
        _: &Context,
        request: ListSubjectsRequest,
    ) -> Told<ListSubjectsResponse> {
        let subject = Subject { subject_key: request.study_oid, ..Subject::default() };
        let seen = format!(
            "{:?} {:?} {:?} {:?}",
            request.site_oid, request.status, request.page_size, request.page_token
        );
        Ok(ListSubjectsResponse { subjects: vec![subject], next_page_token: Some(seen) })
    }

    async fn get_matrix(&self, _: &Context, _: GetMatrixRequest) -> Told<GetMatrixResponse> {
        unasked("get_matrix")
    }

    async fn screen_subject(
        &self,
        _: &Context,
        _: ScreenSubjectRequest,
    ) -> Told<ScreenSubjectResponse> {
        unasked("screen_subject")
    }

    async fn outline_subjects(
        &self,
        _: &Context,
        _: OutlineSubjectsRequest,
    ) -> Told<OutlineSubjectsResponse> {
        unasked("outline_subjects")
    }

    async fn check_eligibility(
        &self,
        _: &Context,
        _: CheckEligibilityRequest,
    ) -> Told<CheckEligibilityResponse> {
        unasked("check_eligibility")
    }

    async fn evaluate_form(
        &self,
        _: &Context,
        _: EvaluateFormRequest,
    ) -> Told<EvaluateFormResponse> {
        unasked("evaluate_form")
    }

    async fn list_dictionaries(
        &self,
        _: &Context,
        _: ListDictionariesRequest,
    ) -> Told<ListDictionariesResponse> {
        unasked("list_dictionaries")
    }

    async fn search_terms(&self, _: &Context, _: SearchTermsRequest) -> Told<SearchTermsResponse> {
        unasked("search_terms")
    }

    async fn get_term(&self, _: &Context, _: GetTermRequest) -> Told<GetTermResponse> {
        unasked("get_term")
    }

    async fn import_ranges(
        &self,
        _: &Context,
        _: ImportRangesRequest,
    ) -> Told<ImportRangesResponse> {
        unasked("import_ranges")
    }

    async fn list_ranges(&self, _: &Context, _: ListRangesRequest) -> Told<ListRangesResponse> {
        unasked("list_ranges")
    }

    async fn recompute_ranges(
        &self,
        _: &Context,
        _: RecomputeRangesRequest,
    ) -> Told<RecomputeRangesResponse> {
        unasked("recompute_ranges")
    }

    async fn get_definition(&self, _: &Context, _: GetDefinitionRequest) -> Told<Pieces> {
        unasked("get_definition")
    }

    async fn publish_definition(
        &self,
        _: &Context,
        _: PublishDefinitionRequest,
    ) -> Told<PublishDefinitionResponse> {
        unasked("publish_definition")
    }

    async fn list_work(&self, _: &Context, _: ListWorkRequest) -> Told<ListWorkResponse> {
        unasked("list_work")
    }

    async fn get_workload(&self, _: &Context, _: GetWorkloadRequest) -> Told<GetWorkloadResponse> {
        unasked("get_workload")
    }

    async fn answer_queries(
        &self,
        _: &Context,
        _: AnswerQueriesRequest,
    ) -> Told<AnswerQueriesResponse> {
        unasked("answer_queries")
    }

    async fn settle_queries(
        &self,
        _: &Context,
        _: SettleQueriesRequest,
    ) -> Told<SettleQueriesResponse> {
        unasked("settle_queries")
    }

    async fn list_history(&self, _: &Context, _: ListHistoryRequest) -> Told<ListHistoryResponse> {
        unasked("list_history")
    }

    async fn verify_casebook(
        &self,
        _: &Context,
        _: VerifyCasebookRequest,
    ) -> Told<VerifyCasebookResponse> {
        unasked("verify_casebook")
    }

    async fn list_audit_trail(
        &self,
        _: &Context,
        _: ListAuditTrailRequest,
    ) -> Told<ListAuditTrailResponse> {
        unasked("list_audit_trail")
    }

    async fn review_audit_trail(
        &self,
        _: &Context,
        _: ReviewAuditTrailRequest,
    ) -> Told<ReviewAuditTrailResponse> {
        unasked("review_audit_trail")
    }

    async fn list_audit_reviews(
        &self,
        _: &Context,
        _: ListAuditReviewsRequest,
    ) -> Told<ListAuditReviewsResponse> {
        unasked("list_audit_reviews")
    }

    async fn sign_visit(&self, _: &Context, _: SignVisitRequest) -> Told<SignVisitResponse> {
        unasked("sign_visit")
    }

    async fn sign_casebook(
        &self,
        _: &Context,
        _: SignCasebookRequest,
    ) -> Told<SignCasebookResponse> {
        unasked("sign_casebook")
    }

    async fn freeze_records(
        &self,
        _: &Context,
        _: FreezeRecordsRequest,
    ) -> Told<FreezeRecordsResponse> {
        unasked("freeze_records")
    }

    async fn lock_records(&self, _: &Context, _: LockRecordsRequest) -> Told<LockRecordsResponse> {
        unasked("lock_records")
    }

    async fn get_lock_checklist(
        &self,
        _: &Context,
        _: GetLockChecklistRequest,
    ) -> Told<GetLockChecklistResponse> {
        unasked("get_lock_checklist")
    }

    async fn lock_study(&self, _: &Context, _: LockStudyRequest) -> Told<LockStudyResponse> {
        unasked("lock_study")
    }

    async fn unlock_study(&self, _: &Context, _: UnlockStudyRequest) -> Told<UnlockStudyResponse> {
        unasked("unlock_study")
    }

    async fn get_subject(&self, _: &Context, _: GetSubjectRequest) -> Told<GetSubjectResponse> {
        unasked("get_subject")
    }

    async fn enrol_subject(
        &self,
        _: &Context,
        request: EnrolSubjectRequest,
    ) -> Told<EnrolSubjectResponse> {
        let subject = Subject { subject_key: request.subject_key, ..Subject::default() };
        Ok(EnrolSubjectResponse { subject: Some(subject) })
    }

    async fn change_subject_status(
        &self,
        _: &Context,
        _: ChangeSubjectStatusRequest,
    ) -> Told<ChangeSubjectStatusResponse> {
        unasked("change_subject_status")
    }

    async fn record_event(&self, _: &Context, _: RecordEventRequest) -> Told<RecordEventResponse> {
        unasked("record_event")
    }

    async fn get_form_record(
        &self,
        _: &Context,
        request: GetFormRecordRequest,
    ) -> Told<FormRecord> {
        let place = FormRecordPlace {
            subject_key: request.subject_key,
            study_event_oid: request.study_event_oid,
            study_event_repeat_key: request.study_event_repeat_key,
            form_oid: request.form_oid,
            form_repeat_key: request.form_repeat_key,
        };
        Ok(FormRecord { place: Some(place), ..FormRecord::default() })
    }

    async fn save_form(&self, _: &Context, request: SaveFormRequest) -> Told<SaveFormResponse> {
        let seen_version = request.seen_version.unwrap_or(-1);
        if seen_version == STALE_VERSION {
            let detail = StaleRecord { seen_version, current_version: 100, conflicts: vec![] };
            return Err(Error::aborted("STALE_RECORD", "changed").with_detail(&detail));
        }
        let changes = request.values.into_iter().map(|entry| {
            let place = ItemPlace {
                item_group_oid: entry.item_group_oid,
                item_group_repeat_key: entry.item_group_repeat_key,
                item_oid: entry.item_oid,
            };
            ItemChange { place: Some(place), ..ItemChange::default() }
        });
        let changes = changes.collect();
        Ok(SaveFormResponse { version: seen_version + 1, changes, ..Default::default() })
    }

    async fn remove_record(
        &self,
        _: &Context,
        request: RemoveRecordRequest,
    ) -> Told<RemoveRecordResponse> {
        let row = request.item_group_oid.zip(request.item_group_repeat_key);
        let is_row = row == Some(("IG.VS".to_owned(), "2".to_owned()));
        Ok(RemoveRecordResponse { version: i32::from(is_row) })
    }

    async fn restore_record(
        &self,
        _: &Context,
        _: RestoreRecordRequest,
    ) -> Told<RestoreRecordResponse> {
        unasked("restore_record")
    }

    async fn get_item_history(
        &self,
        _: &Context,
        _: GetItemHistoryRequest,
    ) -> Told<GetItemHistoryResponse> {
        unasked("get_item_history")
    }

    async fn list_queries(
        &self,
        context: &Context,
        request: ListQueriesRequest,
    ) -> Told<ListQueriesResponse> {
        context.caller.permit(Act::ReadData, Scope::study_wide(request.study_oid))?;
        Ok(ListQueriesResponse::default())
    }

    async fn open_query(&self, _: &Context, _: OpenQueryRequest) -> Told<OpenQueryResponse> {
        unasked("open_query")
    }

    async fn answer_query(&self, _: &Context, _: AnswerQueryRequest) -> Told<AnswerQueryResponse> {
        unasked("answer_query")
    }

    async fn close_query(&self, _: &Context, _: CloseQueryRequest) -> Told<CloseQueryResponse> {
        unasked("close_query")
    }

    async fn reopen_query(&self, _: &Context, _: ReopenQueryRequest) -> Told<ReopenQueryResponse> {
        unasked("reopen_query")
    }

    async fn cancel_query(&self, _: &Context, _: CancelQueryRequest) -> Told<CancelQueryResponse> {
        unasked("cancel_query")
    }

    async fn verify_items(&self, _: &Context, _: VerifyItemsRequest) -> Told<VerifyItemsResponse> {
        unasked("verify_items")
    }

    async fn unverify_items(
        &self,
        _: &Context,
        _: UnverifyItemsRequest,
    ) -> Told<UnverifyItemsResponse> {
        unasked("unverify_items")
    }

    async fn freeze_record(
        &self,
        _: &Context,
        _: FreezeRecordRequest,
    ) -> Told<FreezeRecordResponse> {
        unasked("freeze_record")
    }

    async fn unfreeze_record(
        &self,
        _: &Context,
        _: UnfreezeRecordRequest,
    ) -> Told<UnfreezeRecordResponse> {
        unasked("unfreeze_record")
    }

    async fn lock_record(&self, _: &Context, _: LockRecordRequest) -> Told<LockRecordResponse> {
        unasked("lock_record")
    }

    async fn unlock_record(
        &self,
        _: &Context,
        _: UnlockRecordRequest,
    ) -> Told<UnlockRecordResponse> {
        unasked("unlock_record")
    }

    async fn sign_record(&self, _: &Context, _: SignRecordRequest) -> Told<SignRecordResponse> {
        unasked("sign_record")
    }

    async fn export_study(&self, _: &Context, request: ExportStudyRequest) -> Told<Pieces> {
        Ok(pieces(request.format()))
    }
}
