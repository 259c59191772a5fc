//! A file arrives in pieces: permit, check, write; with the last piece it is named by its bytes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use contract::{Act, Context, Error, Permit};
use journal::Hash;
use kernel::{FileReference, StudyOid, SubjectKey, file_name};

use super::{
    folder::{FileFolder, NEW, PART, touch},
    kind::media_type,
};
use crate::{
    Edc, Failure,
    failure::Result,
    job::{full_or_broke, sha256, write_whole},
};

/// One file.
const MOST_BYTES: u64 = 50 << 20;
/// One piece.
const MOST_PIECE_BYTES: usize = 2 << 20;
/// Uploads for one subject that were begun within a day.
const MOST_UPLOADS: usize = 200;
/// The longest id of an upload.
const MOST_ID_BYTES: usize = 100;
/// The longest name that is looked at.
const MOST_NAME_BYTES: usize = 1_000;
/// So many bytes tell what a file is.
const HEAD_BYTES: usize = 512;

/// A piece of a file.
#[derive(Clone, Debug)]
pub(crate) struct FilePiece {
    pub upload: String,
    pub name: String,
    pub size: u64,
    pub offset: u64,
    pub content: Vec<u8>,
}

/// How much has arrived, and what it is once all has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uploaded {
    pub received: u64,
    pub file: Option<FileReference>,
}

/// Takes a piece of a file for a subject.
///
/// Refuses with `UPLOAD_OFFSET` a piece that does not follow what is there, with
/// `FILE_KIND_REFUSED` what is neither a page nor a picture. A piece may be sent again.
pub(crate) async fn upload(
    edc: &Edc,
    context: &Context,
    (study, subject): (&StudyOid, &SubjectKey),
    piece: FilePiece,
) -> Result<Uploaded> {
    let study = edc.study_for(context, study, Act::EnterData).await?;
    let permit = edc.permit_at(context, &study, subject, Act::EnterData).await?;
    study.active_site(&edc.site_of(&study, subject).await?)?;
    check(&piece)?;
    let key = key(&permit, &piece.upload);
    let (folder, subject) = (Arc::clone(edc.file_folder()?), subject.clone());
    let now_ms = (edc.clock)().as_millisecond();
    let written = tokio::task::spawn_blocking(move || {
        let _one_at_a_time = folder.changing();
        let place = Place::open(&folder, &study.oid, &subject, &key)?;
        place.write(&piece, now_ms)
    });
    written.await.map_err(|error| Failure::Broke(error.to_string()))?
}

impl Edc {
    pub(crate) fn file_folder(&self) -> Result<&Arc<FileFolder>, Error> {
        let message = "this process has no folder for attached files";
        self.files.as_ref().ok_or_else(|| Error::unavailable(message))
    }
}

/// Nobody can write into the upload of somebody else.
fn key(permit: &Permit, upload: &str) -> String {
    Hash::of(format!("{}\n{upload}", permit.user()).as_bytes()).to_string()[..32].to_owned()
}

fn check(piece: &FilePiece) -> Result<(), Error> {
    if !(1..=MOST_ID_BYTES).contains(&piece.upload.len()) {
        return Err(Error::invalid("uploadId", "an id has 1 to 100 bytes"));
    }
    if !(1..=MOST_NAME_BYTES).contains(&piece.name.len()) {
        return Err(Error::invalid("fileName", "a file has a name of up to 1000 bytes"));
    }
    if piece.size > MOST_BYTES {
        let message = "an attached file has at most 50 MiB";
        return Err(Error::exhausted("FILE_TOO_LARGE", message));
    }
    if piece.size == 0 {
        return Err(Error::invalid("sizeBytes", "a file has at least 1 byte"));
    }
    if piece.content.is_empty() || piece.content.len() > MOST_PIECE_BYTES {
        return Err(Error::invalid("content", "a piece has 1 byte to 2 MiB"));
    }
    let end = piece.offset.checked_add(piece.content.len() as u64);
    if end.is_none_or(|end| end > piece.size) {
        return Err(Error::invalid("offsetBytes", "the piece goes beyond the end of the file"));
    }
    let is_told = piece.content.len() >= HEAD_BYTES || end == Some(piece.size);
    if piece.offset == 0 && is_told && media_type(&piece.content).is_none() {
        return Err(refused_kind());
    }
    Ok(())
}

fn refused_kind() -> Error {
    let message = "only PDF, JPEG, PNG, GIF, WebP, TIFF and HEIF files can be attached";
    Error::refused("FILE_KIND_REFUSED", message)
}

fn failed(error: &io::Error) -> Failure {
    full_or_broke("write an attached file", error)
}

/// Where an upload lies until it is whole, and then.
struct Place {
    part: PathBuf,
    /// What became of the upload.
    done: PathBuf,
    own: PathBuf,
    new: PathBuf,
}

impl Place {
    fn open(
        folder: &FileFolder,
        study: &StudyOid,
        subject: &SubjectKey,
        key: &str,
    ) -> Result<Self> {
        let parts = folder.inside(study, subject, PART).map_err(|error| failed(&error))?;
        let new = folder.inside(study, subject, NEW).map_err(|error| failed(&error))?;
        let own = folder.of(study, subject);
        Ok(Self { part: parts.join(key), done: parts.join(format!("{key}.is")), own, new })
    }

    fn write(&self, piece: &FilePiece, now_ms: i64) -> Result<Uploaded> {
        if piece.offset > 0
            && let Some(file) = self.arrived(piece.size)
        {
            return Ok(Uploaded { received: piece.size, file: Some(file) });
        }
        let end = piece.offset + piece.content.len() as u64;
        let has = if piece.offset == 0 { 0 } else { size(&self.part).map_err(|e| failed(&e))? };
        if piece.offset > 0 && end <= has && end < piece.size {
            return Ok(Uploaded { received: has, file: None });
        }
        if piece.offset > has || (piece.offset < has && end > has) {
            let error = Error::aborted("UPLOAD_OFFSET", format!("the next piece begins at {has}"));
            return Err(error.with_metadata("received", has.to_string()).into());
        }
        if piece.offset == 0 {
            self.check_room().map_err(|error| failed(&error))??;
        }
        self.append(piece, now_ms).map_err(|error| failed(&error))?;
        if end < piece.size {
            return Ok(Uploaded { received: end, file: None });
        }
        let file = self.name(piece, now_ms)?;
        Ok(Uploaded { received: end, file: Some(file) })
    }

    /// What was answered to the last piece, if it came before and the file is there.
    fn arrived(&self, size: u64) -> Option<FileReference> {
        let file: FileReference = fs::read_to_string(&self.done).ok()?.parse().ok()?;
        let there = [self.own.join(&file.sha256), self.new.join(&file.sha256)];
        let is_there = there.iter().any(|path| path.exists());
        Some(file).filter(|file| is_there && file.size_bytes == size)
    }

    fn check_room(&self) -> io::Result<Result<(), Error>> {
        let Some(parts) = self.part.parent() else { return Ok(Ok(())) };
        if fs::read_dir(parts)?.take(MOST_UPLOADS).count() < MOST_UPLOADS || self.part.exists() {
            return Ok(Ok(()));
        }
        let message = "too many files were uploaded for this subject within a day";
        Ok(Err(Error::exhausted("UPLOAD_TOO_LARGE", message)))
    }

    fn append(&self, piece: &FilePiece, now_ms: i64) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(piece.offset == 0);
        let mut file = options.open(&self.part)?;
        file.seek(SeekFrom::Start(piece.offset))?;
        file.write_all(&piece.content)?;
        drop(file);
        touch(&self.part, now_ms)
    }

    /// Names a file that is whole by its bytes. One that is there already is never written again.
    fn name(&self, piece: &FilePiece, now_ms: i64) -> Result<FileReference> {
        let named = || -> io::Result<Option<FileReference>> {
            let Some(media_type) = media_type(&head(&self.part)?) else {
                fs::remove_file(&self.part)?;
                return Ok(None);
            };
            File::open(&self.part)?.sync_all()?;
            let (sha256, size_bytes) = sha256(&self.part)?;
            let name = file_name(&piece.name, media_type);
            let file = FileReference { sha256, size_bytes, media_type, name };
            let target = self.new.join(&file.sha256);
            if self.own.join(&file.sha256).exists() {
                fs::remove_file(&self.part)?;
            } else if target.exists() {
                fs::remove_file(&self.part)?;
                touch(&target, now_ms)?;
            } else {
                fs::rename(&self.part, &target)?;
                File::open(&self.new)?.sync_all()?;
            }
            write_whole(&self.done, file.to_string().as_bytes())?;
            touch(&self.done, now_ms)?;
            Ok(Some(file))
        };
        named().map_err(|error| failed(&error))?.ok_or_else(|| refused_kind().into())
    }
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn size(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}
