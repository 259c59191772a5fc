//! Imports that run as jobs.

use std::collections::BTreeMap;

use contract::{
    Context, Error,
    google::api::HttpBody,
    job::v1::{self as proto, import_row::Outcome as OutcomeMessage},
    page,
};
use futures::stream::BoxStream;
use kernel::StudyOid;

use super::{
    job::{count, failure, progress_message, request_id, size, standing},
    value,
};
use crate::{
    Edc,
    failure::Result,
    import::Outcome,
    job::{
        self, ImportWanted, JobKind, JobState, KEPT_MS, Matter, Piece, ReportMade, RowRead, Stage,
    },
};

pub(super) async fn start_import(
    edc: &Edc,
    context: &Context,
    request: &proto::StartImportRequest,
) -> Result<proto::Import> {
    let study = request.study_oid.as_str().into();
    let id = request_id(request.request_id.as_ref());
    let (id, state) = job::start_import(edc, context, &study, &request.data_file, id).await?;
    import(edc, &study, &id, &state).await
}

pub(super) async fn upload_import_file(
    edc: &Edc,
    context: &Context,
    request: proto::UploadImportFileRequest,
) -> Result<proto::UploadImportFileResponse> {
    let study = request.study_oid.as_str().into();
    let (_, known) = job::import_of(edc, context, &study, &request.import_id).await?;
    if !known.state.takes_files() {
        let message = "this cannot be done with the job: it takes no files any more";
        return Err(Error::refused("JOB_STATE", message).into());
    }
    let number = |field, number: i64| {
        u64::try_from(number).map_err(|_| Error::invalid(field, "it cannot be negative"))
    };
    let piece = Piece {
        size: number("sizeBytes", request.size_bytes)?,
        offset: number("offsetBytes", request.offset_bytes)?,
        file: request.file_name,
        content: request.content,
    };
    let received = job::upload(edc.job_folder()?, &request.import_id, piece).await?;
    Ok(proto::UploadImportFileResponse { received_bytes: count(received) })
}

pub(super) async fn check_import(
    edc: &Edc,
    context: &Context,
    request: &proto::CheckImportRequest,
) -> Result<proto::Import> {
    let study = request.study_oid.as_str().into();
    let reason = request.reason.as_ref().map(|reason| reason.trim().to_owned());
    let wanted = ImportWanted {
        mapping_file: request.mapping_file.clone().filter(|name| !name.is_empty()),
        reason: reason.filter(|reason| !reason.is_empty()),
        complete: request.complete,
    };
    let place = (&study, request.import_id.as_str());
    let id = request_id(request.request_id.as_ref());
    let state = job::check_import(edc, context, place, wanted, id).await?;
    import(edc, &study, &request.import_id, &state).await
}

pub(super) async fn apply_import(
    edc: &Edc,
    context: &Context,
    request: &proto::ApplyImportRequest,
) -> Result<proto::Import> {
    let study = request.study_oid.as_str().into();
    let place = (&study, request.import_id.as_str());
    let id = request_id(request.request_id.as_ref());
    let state = job::apply_import(edc, context, place, request.keep_good, id).await?;
    import(edc, &study, &request.import_id, &state).await
}

pub(super) async fn list_imports(
    edc: &Edc,
    context: &Context,
    request: &proto::ListImportsRequest,
) -> Result<proto::ListImportsResponse> {
    let study = request.study_oid.as_str().into();
    job::may_list(edc, context, &study, JobKind::Import).await?;
    let after = page::after(request.page_token.as_ref())?;
    let from = (after.as_deref(), size(request.page_size)?);
    let (listed, last) = job::listed(edc, context, &study, JobKind::Import, from).await?;
    let mut imports = Vec::with_capacity(listed.len());
    for (id, state) in &listed {
        imports.push(import(edc, &study, id, state).await?);
    }
    let next_page_token = last.map(|last| page::token(&last));
    Ok(proto::ListImportsResponse { imports, next_page_token })
}

pub(super) async fn get_import(
    edc: &Edc,
    context: &Context,
    request: &proto::GetImportRequest,
) -> Result<proto::Import> {
    let study = request.study_oid.as_str().into();
    let (_, known) = job::import_of(edc, context, &study, &request.import_id).await?;
    import(edc, &study, &request.import_id, &known.state).await
}

pub(super) async fn cancel_import(
    edc: &Edc,
    context: &Context,
    request: &proto::CancelImportRequest,
) -> Result<proto::Import> {
    let study = request.study_oid.as_str().into();
    let place = (&study, request.import_id.as_str());
    let id = request_id(request.request_id.as_ref());
    let state = job::cancel(edc, context, place, JobKind::Import, id).await?;
    import(edc, &study, &request.import_id, &state).await
}

pub(super) async fn list_import_rows(
    edc: &Edc,
    context: &Context,
    request: &proto::ListImportRowsRequest,
) -> Result<proto::ListImportRowsResponse> {
    let study = request.study_oid.as_str().into();
    let (_, known) = job::import_of(edc, context, &study, &request.import_id).await?;
    let outcome = outcome(request.outcome)?;
    let size = page::size(request.page_size)?;
    let from = match page::after(request.page_token.as_ref())? {
        Some(token) => token.parse().map_err(|_| page::unknown_token())?,
        None => 0,
    };
    if known.state.report().is_none() {
        return Ok(proto::ListImportRowsResponse::default());
    }
    let read = job::rows_page(edc, &request.import_id, (from, outcome, size)).await?;
    Ok(proto::ListImportRowsResponse {
        rows: read.rows.into_iter().map(row).collect(),
        next_page_token: read.next.map(|next| page::token(&next.to_string())),
    })
}

pub(super) async fn download_import_report(
    edc: &Edc,
    context: &Context,
    request: &proto::DownloadImportReportRequest,
) -> Result<BoxStream<'static, Result<HttpBody, Error>>> {
    let study: StudyOid = request.study_oid.as_str().into();
    job::download_report(edc, context, (&study, request.import_id.as_str())).await
}

async fn import(edc: &Edc, study: &StudyOid, id: &str, state: &JobState) -> Result<proto::Import> {
    let (now, progress) = standing(edc, study, id, state).await?;
    let received = match &edc.jobs {
        Some(folder) => job::received(folder, id).await?,
        None => Vec::new(),
    };
    let received = received.into_iter().map(|file| proto::ImportFile {
        file_name: file.name,
        received_bytes: count(file.bytes),
        complete: file.whole,
    });
    let mut message = proto::Import {
        study_oid: study.to_string(),
        import_id: id.to_owned(),
        requested_by: state.requested_by.clone(),
        requested_at: Some(value::at(state.requested_at_ms)),
        state: now.into(),
        ended_at: state.ended_at_ms.map(value::at),
        kept_until: Some(value::at(state.requested_at_ms + KEPT_MS)),
        progress: progress.map(progress_message),
        received: received.collect(),
        failure: failure(state),
        ..proto::Import::default()
    };
    if let Stage::Failed { faults, .. } = &state.stage {
        message.faults.clone_from(faults);
    }
    let Some(Matter::Import { data_file, wanted, report }) = &state.matter else {
        return Ok(message);
    };
    message.data_file.clone_from(data_file);
    if let Some(wanted) = wanted {
        message.mapping_file.clone_from(&wanted.mapping_file);
        message.reason.clone_from(&wanted.reason);
        message.complete = wanted.complete;
    }
    message.report = report.as_ref().map(|made| report_message(made, state));
    Ok(message)
}

fn report_message(made: &ReportMade, state: &JobState) -> proto::ImportReport {
    proto::ImportReport {
        accepted: count(made.accepted),
        changed: count(made.changed),
        unchanged: count(made.unchanged),
        skipped: count(made.skipped),
        rejected: count(made.rejected),
        records: count(made.records),
        values: count(made.values),
        queries_opened: count(made.queries_opened),
        queries_closed: count(made.queries_closed),
        broken: made.broken.clone(),
        applied: state.stage == Stage::Done,
        resumed: made.resumed,
        sha256: made.sha256.clone(),
    }
}

/// The reason by language, as far as it is there.
fn by_language(read: &RowRead) -> BTreeMap<String, String> {
    let english = Some(&read.reason).filter(|text| !text.is_empty());
    let both = [("en", english), ("zh", read.reason_zh.as_ref())];
    both.into_iter().filter_map(|(tag, text)| Some((tag.to_owned(), text?.clone()))).collect()
}

fn row(read: RowRead) -> proto::ImportRow {
    let outcome = match read.outcome {
        Outcome::Accepted => OutcomeMessage::Accepted,
        Outcome::Changed => OutcomeMessage::Changed,
        Outcome::Unchanged => OutcomeMessage::Unchanged,
        Outcome::Skipped => OutcomeMessage::Skipped,
        Outcome::Rejected => OutcomeMessage::Rejected,
    };
    proto::ImportRow {
        row: count(read.row),
        line: i32::try_from(read.line).ok().filter(|line| *line > 0),
        outcome: outcome.into(),
        text: by_language(&read),
        reason: read.reason,
    }
}

fn outcome(number: Option<i32>) -> Result<Option<Outcome>, Error> {
    let Some(number) = number else { return Ok(None) };
    match OutcomeMessage::try_from(number) {
        Ok(OutcomeMessage::Unspecified) => Ok(None),
        Ok(OutcomeMessage::Accepted) => Ok(Some(Outcome::Accepted)),
        Ok(OutcomeMessage::Changed) => Ok(Some(Outcome::Changed)),
        Ok(OutcomeMessage::Unchanged) => Ok(Some(Outcome::Unchanged)),
        Ok(OutcomeMessage::Skipped) => Ok(Some(Outcome::Skipped)),
        Ok(OutcomeMessage::Rejected) => Ok(Some(Outcome::Rejected)),
        Err(_) => Err(Error::invalid("outcome", "there is no such outcome")),
    }
}
