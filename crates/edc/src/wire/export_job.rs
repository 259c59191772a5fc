//! Exports that run as jobs.

use contract::{
    Context, Error, Timestamp,
    google::api::HttpBody,
    job::v1::{self as proto, progress::State},
    page,
};
use formats::export::ExportOptions;
use futures::stream::BoxStream;
use kernel::StudyOid;

use super::{
    export::in_language,
    job::{count, failure, progress_message, request_id, size, standing},
    subject::given,
    value,
};
use crate::{
    Edc,
    failure::Result,
    job::{self, ExportWanted, FileMade, JobKind, JobState, KEPT_MS, Matter},
};

const MOST_FORMS: usize = 1_000;

/// Everything that can be chosen.
pub(super) fn formats() -> proto::ListExportFormatsResponse {
    let with_trail = ExportOptions { trail: true, ..ExportOptions::default() };
    let formats = crate::export::formats().map(|format| {
        let exporter = (format.make)(&with_trail);
        proto::ExportFormat {
            name: format.name.to_owned(),
            summary: format.summary.to_owned(),
            has_trail: exporter.needs_trail(),
            needs_tabulation: exporter.needs_tabulation(),
            needs_whole_casebooks: exporter.needs_whole_casebooks(),
        }
    });
    proto::ListExportFormatsResponse { formats: formats.collect() }
}

pub(super) async fn start_export(
    edc: &Edc,
    context: &Context,
    request: &proto::StartExportRequest,
) -> Result<proto::Export> {
    let study = request.study_oid.as_str().into();
    let as_of = request.as_of.map(jiff::Timestamp::try_from).transpose();
    let as_of = as_of.map_err(|_| Error::invalid("asOf", "it is out of range"))?;
    if request.form_oids.len() > MOST_FORMS {
        return Err(Error::invalid("formOids", "at most 1000 forms").into());
    }
    let options = in_language(request.language.as_ref())?;
    let wanted = ExportWanted {
        format: request.format.clone(),
        as_of_ms: as_of.map(jiff::Timestamp::as_millisecond),
        site: given(request.site_oid.as_ref()).map(Into::into),
        forms: request.form_oids.iter().map(|oid| oid.as_str().into()).collect(),
        trail: request.trail,
        byte_order_mark: request.byte_order_mark,
        language: request.language.is_some().then_some(options.language),
        sites: None,
        unblinded: false,
    };
    let id = request_id(request.request_id.as_ref());
    let (id, state) = job::start_export(edc, context, &study, wanted, id).await?;
    export(edc, context, &study, &id, &state).await
}

pub(super) async fn list_exports(
    edc: &Edc,
    context: &Context,
    request: &proto::ListExportsRequest,
) -> Result<proto::ListExportsResponse> {
    let study = request.study_oid.as_str().into();
    job::may_list(edc, context, &study, JobKind::Export).await?;
    let after = page::after(request.page_token.as_ref())?;
    let from = (after.as_deref(), size(request.page_size)?);
    let (listed, last) = job::listed(edc, context, &study, JobKind::Export, from).await?;
    let mut exports = Vec::with_capacity(listed.len());
    for (id, state) in &listed {
        exports.push(export(edc, context, &study, id, state).await?);
    }
    let next_page_token = last.map(|last| page::token(&last));
    Ok(proto::ListExportsResponse { exports, next_page_token })
}

pub(super) async fn get_export(
    edc: &Edc,
    context: &Context,
    request: &proto::GetExportRequest,
) -> Result<proto::Export> {
    let study = request.study_oid.as_str().into();
    let (_, known) = job::export_of(edc, context, &study, &request.export_id).await?;
    export(edc, context, &study, &request.export_id, &known.state).await
}

pub(super) async fn cancel_export(
    edc: &Edc,
    context: &Context,
    request: &proto::CancelExportRequest,
) -> Result<proto::Export> {
    let study = request.study_oid.as_str().into();
    let place = (&study, request.export_id.as_str());
    let id = request_id(request.request_id.as_ref());
    let state = job::cancel(edc, context, place, JobKind::Export, id).await?;
    export(edc, context, &study, &request.export_id, &state).await
}

pub(super) async fn download_export_file(
    edc: &Edc,
    context: &Context,
    request: &proto::DownloadExportFileRequest,
) -> Result<BoxStream<'static, Result<HttpBody, Error>>> {
    let study: StudyOid = request.study_oid.as_str().into();
    let place = (&study, request.export_id.as_str());
    job::download_export(edc, context, place, &request.file_name).await
}

async fn export(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    id: &str,
    state: &JobState,
) -> Result<proto::Export> {
    let (now, progress) = standing(edc, study, id, state).await?;
    let mut message = proto::Export {
        study_oid: study.to_string(),
        export_id: id.to_owned(),
        requested_by: state.requested_by.clone(),
        requested_at: Some(value::at(state.requested_at_ms)),
        state: now.into(),
        ended_at: state.ended_at_ms.map(value::at),
        kept_until: Some(value::at(state.requested_at_ms + KEPT_MS)),
        progress: progress.map(progress_message),
        failure: failure(state),
        downloadable: now == State::Done && job::may_download(edc, context, study, state).await?,
        ..proto::Export::default()
    };
    let Some(Matter::Export { wanted, made }) = &state.matter else { return Ok(message) };
    message.format.clone_from(&wanted.format);
    message.as_of = wanted.as_of_ms.map(Timestamp::from_millisecond);
    message.site_oid = wanted.site.as_ref().map(ToString::to_string);
    message.form_oids = wanted.forms.iter().map(ToString::to_string).collect();
    message.trail = wanted.trail;
    message.language.clone_from(&wanted.language);
    message.unblinded = wanted.unblinded;
    message.archive = made.as_ref().map(|made| file(&made.archive));
    message.files = made.iter().flat_map(|made| made.files.iter().map(file)).collect();
    Ok(message)
}

fn file(made: &FileMade) -> proto::File {
    proto::File {
        file_name: made.name.clone(),
        rows: count(made.rows),
        values: count(made.values),
        size_bytes: count(made.bytes),
        sha256: made.sha256.clone(),
    }
}
