//! Files of jobs as answers in pieces.

use std::{
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
};

use contract::{Act, Context, Error, Scope, google::api::HttpBody};
use futures::{StreamExt as _, stream::BoxStream};
use kernel::StudyOid;
use tokio::sync::mpsc;

use super::{
    KEPT_MS,
    event::{ExportMade, FileMade, JobEvent, JobState, Matter},
    log::Author,
    rows::ROWS,
    run_export::out_folder,
    start::{export_of, import_of},
    upload::broke,
};
use crate::{Edc, Failure, failure::Result};

/// Bytes that are sent at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait for the caller.
const QUEUE: usize = 4;

/// The bytes of a file as they are sent.
pub(crate) type Pieces = BoxStream<'static, Result<HttpBody, Error>>;

/// A file of an export. It is noted in the log of the export that the caller takes it, before the
/// first byte.
pub(crate) async fn download_export(
    edc: &Edc,
    context: &Context,
    (study, id): (&StudyOid, &str),
    name: &str,
) -> Result<Pieces> {
    let (permit, known) = export_of(edc, context, study, id).await?;
    let unknown = || Error::not_found("FILE_UNKNOWN", format!("the export has no file {name}"));
    let Some(Matter::Export { made: Some(made), .. }) = &known.state.matter else {
        return Err(unknown().into());
    };
    let is_archive = made.archive.name == name;
    let file = made.files.iter().chain([&made.archive]).find(|file| file.name == name);
    let file = file.ok_or_else(unknown)?.clone();
    if known.state.requested_at_ms + KEPT_MS < (edc.clock)().as_millisecond() {
        return Err(gone().into());
    }
    if tells_treatment(edc, study, made).await? {
        context.caller.permit(Act::ReadUnblinded, Scope::study_wide(study.as_str()))?;
        edc.note_unblinded_export(context, study.as_str()).await?;
    }
    let folder = edc.job_folder()?;
    let path = if is_archive {
        folder.of(id).join(name)
    } else {
        folder.of(id).join(out_folder(made.attempt)).join(name)
    };
    let opened = open(path, file.bytes).await?;
    let author = Author::new(&permit, context, None);
    let event = JobEvent::FileDownloaded { name: name.to_owned() };
    let decide = |_: &JobState| Ok(Some((event.clone(), Vec::new())));
    edc.change_job(study.as_str(), id, &author, decide).await?;
    context.size.note(file.bytes);
    Ok(pieces(opened, media_type(&file)))
}

/// What became of every row of an import.
pub(crate) async fn download_report(
    edc: &Edc,
    context: &Context,
    (study, id): (&StudyOid, &str),
) -> Result<Pieces> {
    let (_, known) = import_of(edc, context, study, id).await?;
    if known.state.report().is_none() {
        return Err(Error::not_found("FILE_UNKNOWN", "the import has no report yet").into());
    }
    let path = edc.job_folder()?.of(id).join(ROWS);
    let opened = tokio::task::spawn_blocking(move || -> io::Result<(File, u64)> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    });
    let opened = opened.await.map_err(|error| Failure::Broke(error.to_string()))?;
    let (file, size) = opened.map_err(|error| away(&error))?;
    context.size.note(size);
    Ok(pieces(file, "text/csv; charset=utf-8"))
}

/// Whether the caller may download an export that is done.
pub(crate) async fn may_download(
    edc: &Edc,
    context: &Context,
    study: &StudyOid,
    state: &JobState,
) -> Result<bool> {
    let Some(Matter::Export { made: Some(made), .. }) = &state.matter else { return Ok(false) };
    let is_open = !tells_treatment(edc, study, made).await?;
    let wide = || Scope::study_wide(study.as_str());
    Ok(is_open || context.caller.permit(Act::ReadUnblinded, wide()).is_ok())
}

/// Whether files hold what tells the treatment, also when that was no secret yet while they were
/// made.
async fn tells_treatment(edc: &Edc, study: &StudyOid, made: &ExportMade) -> Result<bool> {
    let known = edc.study(study).await?;
    let secret = &known.compiled.design.version().blinding.items;
    Ok(!secret.iter().all(|item| made.hidden.contains(item)))
}

async fn open(path: PathBuf, size: u64) -> Result<File> {
    let opened = tokio::task::spawn_blocking(move || -> io::Result<(File, bool)> {
        let file = File::open(path)?;
        let is_whole = file.metadata()?.len() == size;
        Ok((file, is_whole))
    });
    let opened = opened.await.map_err(|error| Failure::Broke(error.to_string()))?;
    let (file, is_whole) = opened.map_err(|error| away(&error))?;
    if !is_whole {
        return Err(Failure::Broke("a file of an export is not what was written".to_owned()));
    }
    Ok(file)
}

/// The file was removed, or it lies in the folder of another process.
fn away(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::NotFound {
        return gone().into();
    }
    broke("open a file of a job", error)
}

fn gone() -> Error {
    Error::not_found("FILE_GONE", "the file is not kept here any more")
}

/// Reads a file on a thread of its own while it is sent.
pub(crate) fn pieces(mut file: File, media_type: &'static str) -> Pieces {
    let (send, mut receive) = mpsc::channel(QUEUE);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut data = Vec::with_capacity(PIECE_BYTES);
            let read = (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut data);
            let piece = match read {
                Ok(0) => return,
                Ok(_) => Ok(HttpBody { content_type: media_type.to_owned(), data }),
                Err(error) => {
                    tracing::error!(error = %error, "a file cannot be read");
                    Err(Error::unavailable("the file cannot be read"))
                }
            };
            let is_last = piece.is_err();
            if send.blocking_send(piece).is_err() || is_last {
                return;
            }
        }
    });
    futures::stream::poll_fn(move |cx| receive.poll_recv(cx)).boxed()
}

fn media_type(file: &FileMade) -> &'static str {
    match file.name.rsplit('.').next() {
        Some("zip") => "application/zip",
        Some("csv") => "text/csv; charset=utf-8",
        Some("json") => "application/json",
        Some("ndjson") => "application/x-ndjson",
        Some("xml") => "application/xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
