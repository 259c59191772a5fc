//! Files of an import arrive in pieces, so that a cut network costs one piece.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::Arc,
};

use contract::Error;

use super::files::{JobFolder, file_name};
use crate::{Failure, failure::Result};

/// All files of an import together.
const MOST_BYTES: u64 = 1 << 30;
/// One piece.
const MOST_PIECE_BYTES: usize = 2 << 20;
/// Files of one import: the data, the mapping, and what the mapping names.
const MOST_FILES: usize = 50;
/// Where files are until they are whole, and then.
const PART: &str = "part";
pub(super) const WHOLE: &str = "in";

/// A piece of a file.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub file: String,
    pub size: u64,
    pub offset: u64,
    pub content: Vec<u8>,
}

/// A file that has arrived, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub name: String,
    pub bytes: u64,
    pub whole: bool,
}

/// Takes a piece of a file of an import; answers where the next one begins.
///
/// Refuses with `UPLOAD_OFFSET` a piece that does not follow what is there. A piece that is there
/// already is not written again.
pub(crate) async fn upload(folder: &Arc<JobFolder>, id: &str, piece: Piece) -> Result<u64> {
    check(&piece)?;
    let (folder, id) = (Arc::clone(folder), id.to_owned());
    let written = tokio::task::spawn_blocking(move || write(&folder, &id, &piece));
    written.await.map_err(|error| Failure::Broke(error.to_string()))?
}

/// The files of an import that have arrived, by name.
pub(crate) async fn received(folder: &Arc<JobFolder>, id: &str) -> Result<Vec<Received>> {
    let (folder, id) = (Arc::clone(folder), id.to_owned());
    let listed = tokio::task::spawn_blocking(move || list(&folder.of(&id)));
    let listed = listed.await.map_err(|error| Failure::Broke(error.to_string()))?;
    listed.map_err(|error| broke("list the files of an import", &error))
}

fn check(piece: &Piece) -> Result<(), Error> {
    file_name("fileName", &piece.file)?;
    if !(1..=MOST_BYTES).contains(&piece.size) {
        return Err(Error::invalid("sizeBytes", "a file has 1 byte to 1 GiB"));
    }
    if piece.content.is_empty() || piece.content.len() > MOST_PIECE_BYTES {
        return Err(Error::invalid("content", "a piece has 1 byte to 2 MiB"));
    }
    let end = piece.offset.checked_add(piece.content.len() as u64);
    if end.is_none_or(|end| end > piece.size) {
        return Err(Error::invalid("offsetBytes", "the piece goes beyond the end of the file"));
    }
    Ok(())
}

fn write(folder: &JobFolder, id: &str, piece: &Piece) -> Result<u64> {
    let _one_at_a_time = folder.uploading();
    let failed = |error: io::Error| full_or_broke("write a file of an import", &error);
    let part = folder.inside(id, PART).map_err(failed)?.join(&piece.file);
    let whole = folder.inside(id, WHOLE).map_err(failed)?.join(&piece.file);
    let end = piece.offset + piece.content.len() as u64;
    let has = if piece.offset == 0 { 0 } else { size(&part).map_err(failed)? };
    if piece.offset > 0 && has == 0 && size(&whole).map_err(failed)? == piece.size {
        return Ok(piece.size);
    }
    if piece.offset > 0 && end <= has {
        return Ok(has);
    }
    if piece.offset != has {
        let message = format!("the next piece begins at {has}");
        let error = Error::aborted("UPLOAD_OFFSET", message);
        return Err(error.with_metadata("received", has.to_string()).into());
    }
    if piece.offset == 0 {
        check_room(&folder.of(id), piece)?;
        remove(&whole).map_err(failed)?;
    }
    let mut file = open(&part, piece.offset).map_err(failed)?;
    file.write_all(&piece.content).map_err(failed)?;
    if end == piece.size {
        file.sync_all().map_err(failed)?;
        fs::rename(&part, &whole).map_err(failed)?;
    }
    Ok(end)
}

/// Whether the other files leave room for this one.
fn check_room(job: &Path, piece: &Piece) -> Result<()> {
    let listed = list(job).map_err(|error| broke("list the files of an import", &error))?;
    let others = || listed.iter().filter(|file| file.name != piece.file);
    if others().count() >= MOST_FILES {
        return Err(Error::exhausted("UPLOAD_TOO_LARGE", "an import has at most 50 files").into());
    }
    if others().map(|file| file.bytes).sum::<u64>() + piece.size > MOST_BYTES {
        let message = "the files of an import have at most 1 GiB together";
        return Err(Error::exhausted("UPLOAD_TOO_LARGE", message).into());
    }
    Ok(())
}

fn list(job: &Path) -> io::Result<Vec<Received>> {
    let mut all: Vec<Received> = Vec::new();
    for (folder, whole) in [(WHOLE, true), (PART, false)] {
        let entries = match fs::read_dir(job.join(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            all.push(Received { name, bytes: entry.metadata()?.len(), whole });
        }
    }
    all.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(all)
}

fn open(part: &Path, offset: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(offset == 0);
    let mut file = options.open(part)?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(file)
}

fn size(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn broke(what: &str, error: &io::Error) -> Failure {
    Failure::Broke(format!("cannot {what}: {error}"))
}

/// There is no room on the disk, or something is broken.
pub(crate) fn full_or_broke(what: &str, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::StorageFull {
        return Error::exhausted("STORAGE_FULL", "there is no room left to write").into();
    }
    broke(what, error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece(offset: u64, content: &[u8], size: u64) -> Piece {
        Piece { file: "a.csv".to_owned(), size, offset, content: content.to_vec() }
    }

    fn reason(error: &Failure) -> &str {
        let Failure::Denied(error) = error else { panic!("{error:?}") };
        error.reason()
    }

    #[test]
    fn a_piece_that_does_not_follow_is_refused_with_where_the_next_begins() {
        let root = tempfile::tempdir().unwrap();
        let folder = JobFolder::open(root.path(), "P").unwrap();
        assert_eq!(write(&folder, "j", &piece(0, b"abc", 6)).unwrap(), 3);
        let refused = write(&folder, "j", &piece(4, b"e", 6)).unwrap_err();
        assert_eq!(reason(&refused), "UPLOAD_OFFSET");
        assert_eq!(write(&folder, "j", &piece(3, b"def", 6)).unwrap(), 6);
        let all = list(&folder.of("j")).unwrap();
        assert_eq!(all, [Received { name: "a.csv".to_owned(), bytes: 6, whole: true }]);
        assert_eq!(fs::read(folder.of("j").join("in/a.csv")).unwrap(), b"abcdef");
    }

    #[test]
    fn all_files_together_have_a_limit() {
        let root = tempfile::tempdir().unwrap();
        let folder = JobFolder::open(root.path(), "P").unwrap();
        write(&folder, "j", &piece(0, b"abc", 3)).unwrap();
        let other = Piece { file: "b.csv".to_owned(), ..piece(0, b"x", MOST_BYTES) };
        assert_eq!(reason(&write(&folder, "j", &other).unwrap_err()), "UPLOAD_TOO_LARGE");
        for wrong in [piece(0, b"", 3), piece(2, b"xx", 3), piece(u64::MAX, b"x", 3)] {
            assert!(check(&wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        /// However it is cut, and whatever is sent twice, the file arrives as it is.
        #[test]
        fn a_file_arrives_whole_however_it_is_cut(
            bytes in proptest::collection::vec(any::<u8>(), 1..200),
            cut in 1usize..50,
            twice in any::<u64>(),
        ) {
            let root = tempfile::tempdir().unwrap();
            let folder = JobFolder::open(root.path(), "P").unwrap();
            let size = bytes.len() as u64;
            for (number, content) in bytes.chunks(cut).enumerate() {
                let sent = piece((number * cut) as u64, content, size);
                let next = write(&folder, "j", &sent).unwrap();
                prop_assert_eq!(next, sent.offset + content.len() as u64);
                if number > 0 && twice >> (number % 64) & 1 == 1 {
                    prop_assert_eq!(write(&folder, "j", &sent).unwrap(), next);
                }
            }
            prop_assert_eq!(fs::read(folder.of("j").join("in/a.csv")).unwrap(), bytes);
        }
    }
}
