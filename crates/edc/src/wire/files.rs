//! The contract of attached files, carried out.

use contract::{
    Context, Error,
    file::v1::{self as proto, AttachedFile},
    google::api::HttpBody,
};
use futures::stream::BoxStream;
use kernel::{FileReference, SubjectKey, casebook::ItemKey};

use super::{error::answer, job::count, value};
use crate::{
    Edc,
    failure::Result as Done,
    file::{self, FilePiece, Wanted},
};

#[async_trait::async_trait]
impl proto::Files for Edc {
    async fn upload_file(
        &self,
        context: &Context,
        request: proto::UploadFileRequest,
    ) -> Result<proto::UploadFileResponse, Error> {
        answer(context, upload(self, context, request).await)
    }

    async fn download_file(
        &self,
        context: &Context,
        request: proto::DownloadFileRequest,
    ) -> Result<BoxStream<'static, Result<HttpBody, Error>>, Error> {
        answer(context, file::download(self, context, &wanted(request)).await)
    }
}

async fn upload(
    edc: &Edc,
    context: &Context,
    request: proto::UploadFileRequest,
) -> Done<proto::UploadFileResponse> {
    let number = |field, number: i64| {
        u64::try_from(number).map_err(|_| Error::invalid(field, "it cannot be negative"))
    };
    let study = request.study_oid.as_str().into();
    let subject: SubjectKey = request.subject_key.as_str().into();
    let piece = FilePiece {
        size: number("sizeBytes", request.size_bytes)?,
        offset: number("offsetBytes", request.offset_bytes)?,
        upload: request.upload_id,
        name: request.file_name,
        content: request.content,
    };
    let uploaded = file::upload(edc, context, (&study, &subject), piece).await?;
    Ok(proto::UploadFileResponse {
        received_bytes: count(uploaded.received),
        file: uploaded.file.map(attached),
    })
}

fn attached(file: FileReference) -> AttachedFile {
    AttachedFile {
        reference: file.to_string(),
        media_type: file.media_type.to_owned(),
        size_bytes: count(file.size_bytes),
        file_name: file.name,
        sha256: file.sha256,
    }
}

fn wanted(request: proto::DownloadFileRequest) -> Wanted {
    Wanted {
        study: request.study_oid.as_str().into(),
        subject: request.subject_key.as_str().into(),
        record: value::record_key(
            &request.study_event_oid,
            &request.study_event_repeat_key,
            &request.form_oid,
            &request.form_repeat_key,
        ),
        item: ItemKey {
            row: value::row_key(&request.item_group_oid, &request.item_group_repeat_key),
            item: request.item_oid.as_str().into(),
        },
        name: request.file_name,
        sha256: request.sha256.filter(|sha256| !sha256.is_empty()),
    }
}
