//! The export of a study as one stream of bytes: the file of the format, or a ZIP archive of its
//! files.

use std::{
    fs::File,
    io::{self, BufWriter, Seek, Write},
    sync::{Arc, Mutex, PoisonError},
};

use contract::{
    Context, Error,
    edc::v1::{ExportStudyRequest, export_study_request::Format},
    google::api::HttpBody,
};
use formats::export::{ExportError, ExportOptions, Scratch, Sink};
use futures::{StreamExt, stream::BoxStream};
use jiff::Timestamp;
use tokio::sync::mpsc;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{error::answer, subject::given};
use crate::{
    Edc, Failure,
    export::{ExportFailure, ExportRequest, Progress, export as write_export, format_named},
    failure::Result,
};

/// Bytes that are sent at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// The longest tag of a language (RFC 5646 §4.4.1).
const LANGUAGE_BYTES: usize = 35;
/// Pieces that wait for the caller.
const QUEUE: usize = 4;

type Piece = Result<HttpBody, Error>;
type Pieces = BoxStream<'static, Piece>;

/// Exports a study. What refuses the whole export is the answer to the call; what breaks it later
/// ends the stream with an error.
pub(super) async fn export(
    edc: &Edc,
    context: &Context,
    request: &ExportStudyRequest,
) -> Result<Pieces> {
    let format = format_named(format_of(request.format)?)
        .map_err(|unknown| Error::invalid("format", unknown.to_string()))?;
    let archived = !(format.make)(&ExportOptions::default()).one_stream();
    let as_of = request.as_of.map(Timestamp::try_from).transpose();
    let wanted = ExportRequest {
        format: format.name.to_owned(),
        as_of: as_of.map_err(|_| Error::invalid("asOf", "it is out of range"))?,
        site: given(request.site_oid.as_ref()).map(Into::into),
        forms: Vec::new(),
        options: in_language(request.language.as_ref())?,
        files: false,
        source_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let (send, mut pieces) = mpsc::channel(QUEUE);
    let writing = Writing {
        edc: Arc::new(edc.clone()),
        context: context.clone(),
        study: request.study_oid.as_str().into(),
    };
    tokio::spawn(async move {
        let ended = if archived {
            writing.archive(wanted, &send).await
        } else {
            writing.one_file(wanted, &send).await
        };
        if let Err(failure) = answer(&writing.context, ended) {
            // Nobody is left to tell when the caller went away.
            let _ = send.send(Err(failure)).await;
        }
    });
    let first = match pieces.recv().await {
        Some(Err(error)) => return Err(error.into()),
        other => other,
    };
    let rest = futures::stream::poll_fn(move |cx| pieces.poll_recv(cx));
    Ok(futures::stream::iter(first).chain(rest).boxed())
}

fn format_of(number: i32) -> Result<&'static str, Error> {
    match Format::try_from(number) {
        Ok(Format::Unspecified | Format::Csv) => Ok("csv"),
        Ok(Format::Json) => Ok("json"),
        Ok(Format::Ndjson) => Ok("ndjson"),
        Ok(Format::Odm) => Ok("odm-transactional"),
        Ok(Format::Xpt) => Ok("xpt"),
        Ok(Format::DatasetJson) => Ok("dataset-json"),
        Ok(Format::DatasetNdjson) => Ok("dataset-ndjson"),
        Ok(Format::Dsjc) => Ok("dsjc"),
        Ok(Format::Parquet) => Ok("parquet"),
        Ok(Format::Sqlite) => Ok("sqlite"),
        Ok(Format::CsvScripts) => Ok("csv-scripts"),
        Ok(Format::OdmSnapshot) => Ok("odm"),
        Ok(Format::Odm2) => Ok("odm2"),
        Ok(Format::Fhir) => Ok("fhir"),
        Ok(Format::FhirNdjson) => Ok("fhir-ndjson"),
        Ok(Format::CasebookPdf) => Ok("casebook-pdf"),
        Err(_) => Err(Error::invalid("format", "there is no such format")),
    }
}

/// The options of an export in a language; refuses what is no tag of one.
pub(super) fn in_language(tag: Option<&String>) -> Result<ExportOptions, Error> {
    let Some(tag) = given(tag) else { return Ok(ExportOptions::default()) };
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if tag.len() > LANGUAGE_BYTES || !tag.split('-').all(is_part) {
        return Err(Error::invalid("language", "it must be a tag such as en or zh-CN"));
    }
    Ok(ExportOptions { language: tag.to_owned(), ..ExportOptions::default() })
}

struct Writing {
    edc: Arc<Edc>,
    context: Context,
    study: kernel::StudyOid,
}

impl Writing {
    async fn one_file(&self, wanted: ExportRequest, send: &mpsc::Sender<Piece>) -> Result<()> {
        let known = format_named(&wanted.format).ok();
        let media_type = known.map_or("application/octet-stream", |known| known.media_type);
        let sink = OneFile(PieceWriter::new(send.clone(), media_type));
        self.write(wanted, Box::new(sink)).await?;
        Ok(())
    }

    /// Files grow side by side, an archive holds one after the other: they wait on disk.
    async fn archive(&self, wanted: ExportRequest, send: &mpsc::Sender<Piece>) -> Result<()> {
        let spool = Spool::default();
        let manifest = self.write(wanted, Box::new(spool.clone())).await?;
        let out = PieceWriter::new(send.clone(), "application/zip");
        let packed = tokio::task::spawn_blocking(move || spool.pack(out, &manifest)).await;
        let broke = |why: String| Failure::Broke(format!("the archive stopped: {why}"));
        packed.map_err(|error| broke(error.to_string()))?.map_err(|error| broke(error.to_string()))
    }

    async fn write(&self, wanted: ExportRequest, sink: Box<dyn Sink + Send>) -> Result<String> {
        let progress: Progress = Arc::new(|_| {});
        let (edc, context) = (&self.edc, &self.context);
        match write_export(edc, context, &self.study, wanted, sink, progress).await {
            Ok(exported) => Ok(exported.manifest),
            Err(ExportFailure::Failed(failure)) => Err(failure),
            Err(ExportFailure::Export(
                misfit @ (ExportError::DoesNotFit { .. } | ExportError::Mapping(_)),
            )) => Err(Error::refused("DOES_NOT_FIT", misfit.to_string()).into()),
            Err(other) => Err(Failure::Broke(other.to_string())),
        }
    }
}

/// The one file of a format is the body of the answer.
struct OneFile(PieceWriter);

impl Sink for OneFile {
    fn create(&mut self, _name: &str) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(PieceWriter::new(self.0.send.clone(), self.0.media_type)))
    }

    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(tempfile::tempfile()?))
    }
}

/// Collects bytes and sends them in pieces; what is left when it is dropped or flushed as well.
struct PieceWriter {
    send: mpsc::Sender<Piece>,
    media_type: &'static str,
    buffer: Vec<u8>,
}

impl PieceWriter {
    fn new(send: mpsc::Sender<Piece>, media_type: &'static str) -> Self {
        Self { send, media_type, buffer: Vec::new() }
    }
}

impl Write for PieceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let data = std::mem::take(&mut self.buffer);
        let piece = HttpBody { content_type: self.media_type.to_owned(), data };
        self.send.blocking_send(Ok(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

/// Files without names on disk, for the time of one export.
#[derive(Clone, Default)]
struct Spool(Arc<Mutex<Vec<(String, File)>>>);

impl Sink for Spool {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write + Send>> {
        let file = tempfile::tempfile()?;
        let shared = file.try_clone()?;
        self.files().push((name.to_owned(), file));
        Ok(Box::new(BufWriter::new(shared)))
    }

    fn scratch(&mut self) -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(tempfile::tempfile()?))
    }
}

impl Spool {
    fn files(&self) -> std::sync::MutexGuard<'_, Vec<(String, File)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pack(&self, out: PieceWriter, manifest: &str) -> io::Result<()> {
        let mut archive = ZipWriter::new_stream(out);
        let options = SimpleFileOptions::default().large_file(true);
        for (name, file) in self.files().iter_mut() {
            archive.start_file(name.as_str(), options)?;
            file.rewind()?;
            io::copy(file, &mut archive)?;
        }
        archive.start_file("manifest.json", SimpleFileOptions::default())?;
        archive.write_all(manifest.as_bytes())?;
        archive.finish()?.into_inner().flush()
    }
}
