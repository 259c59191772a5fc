//! The contract of jobs, carried out.

use contract::{Context, Error, google::api::HttpBody, job::v1 as proto};
use futures::stream::BoxStream;

use super::{error::answer, export_job, import_job};
use crate::Edc;

#[async_trait::async_trait]
impl proto::Jobs for Edc {
    async fn list_export_formats(
        &self,
        _: &Context,
        _: proto::ListExportFormatsRequest,
    ) -> Result<proto::ListExportFormatsResponse, Error> {
        Ok(export_job::formats())
    }

    async fn start_export(
        &self,
        context: &Context,
        request: proto::StartExportRequest,
    ) -> Result<proto::Export, Error> {
        answer(context, export_job::start_export(self, context, &request).await)
    }

    async fn list_exports(
        &self,
        context: &Context,
        request: proto::ListExportsRequest,
    ) -> Result<proto::ListExportsResponse, Error> {
        answer(context, export_job::list_exports(self, context, &request).await)
    }

    async fn get_export(
        &self,
        context: &Context,
        request: proto::GetExportRequest,
    ) -> Result<proto::Export, Error> {
        answer(context, export_job::get_export(self, context, &request).await)
    }

    async fn cancel_export(
        &self,
        context: &Context,
        request: proto::CancelExportRequest,
    ) -> Result<proto::Export, Error> {
        answer(context, export_job::cancel_export(self, context, &request).await)
    }

    async fn download_export_file(
        &self,
        context: &Context,
        request: proto::DownloadExportFileRequest,
    ) -> Result<BoxStream<'static, Result<HttpBody, Error>>, Error> {
        answer(context, export_job::download_export_file(self, context, &request).await)
    }

    async fn start_import(
        &self,
        context: &Context,
        request: proto::StartImportRequest,
    ) -> Result<proto::Import, Error> {
        answer(context, import_job::start_import(self, context, &request).await)
    }

    async fn upload_import_file(
        &self,
        context: &Context,
        request: proto::UploadImportFileRequest,
    ) -> Result<proto::UploadImportFileResponse, Error> {
        answer(context, import_job::upload_import_file(self, context, request).await)
    }

    async fn check_import(
        &self,
        context: &Context,
        request: proto::CheckImportRequest,
    ) -> Result<proto::Import, Error> {
        answer(context, import_job::check_import(self, context, &request).await)
    }

    async fn apply_import(
        &self,
        context: &Context,
        request: proto::ApplyImportRequest,
    ) -> Result<proto::Import, Error> {
        answer(context, import_job::apply_import(self, context, &request).await)
    }

    async fn list_imports(
        &self,
        context: &Context,
        request: proto::ListImportsRequest,
    ) -> Result<proto::ListImportsResponse, Error> {
        answer(context, import_job::list_imports(self, context, &request).await)
    }

    async fn get_import(
        &self,
        context: &Context,
        request: proto::GetImportRequest,
    ) -> Result<proto::Import, Error> {
        answer(context, import_job::get_import(self, context, &request).await)
    }

    async fn cancel_import(
        &self,
        context: &Context,
        request: proto::CancelImportRequest,
    ) -> Result<proto::Import, Error> {
        answer(context, import_job::cancel_import(self, context, &request).await)
    }

    async fn list_import_rows(
        &self,
        context: &Context,
        request: proto::ListImportRowsRequest,
    ) -> Result<proto::ListImportRowsResponse, Error> {
        answer(context, import_job::list_import_rows(self, context, &request).await)
    }

    async fn download_import_report(
        &self,
        context: &Context,
        request: proto::DownloadImportReportRequest,
    ) -> Result<BoxStream<'static, Result<HttpBody, Error>>, Error> {
        answer(context, import_job::download_import_report(self, context, &request).await)
    }
}
