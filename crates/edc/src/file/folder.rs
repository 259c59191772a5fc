//! The folder in which attached files lie, by the SHA-256 of their bytes.
//!
//! ```text
//! 3f0c…/subject       whose files these are: study and key of the subject
//! 3f0c…/ba78…         a file that an entry of the journal names
//! 3f0c…/new/ba78…     one that came today, and may not be named yet
//! 3f0c…/part/91d2…    one that has not arrived whole
//! 3f0c…/part/91d2….is what became of an upload, for whoever did not hear it
//! ```

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use journal::Hash;
use kernel::{FileReference, StudyOid, SubjectKey};

use crate::job::{make_private, sha256, write_whole};

/// How long a file is kept that no form names.
pub(super) const KEPT_UNNAMED_MS: i64 = 24 * 60 * 60 * 1_000;
/// Where files are before they are whole, and before they are known to be named.
pub(super) const PART: &str = "part";
pub(super) const NEW: &str = "new";
const SUBJECT: &str = "subject";
/// So much of a file tells its kind.
const HEAD_BYTES: u64 = 8 * 1024;

/// Where attached files are. Several processes may share one.
#[derive(Debug)]
pub struct FileFolder {
    root: PathBuf,
    changing: Mutex<()>,
}

/// The bytes of a file are not what its reference says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damage {
    #[error("is missing")]
    Missing,
    #[error("is not what was uploaded: its bytes have another SHA-256")]
    Altered,
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
}

impl FileFolder {
    /// Opens, or makes, a folder.
    pub fn open(root: &Path) -> io::Result<Self> {
        make_private(root)?;
        Ok(Self { root: root.to_owned(), changing: Mutex::default() })
    }

    /// Held while a file is taken in, named or removed.
    pub(super) fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder of a subject, which need not be there.
    pub(super) fn of(&self, study: &StudyOid, subject: &SubjectKey) -> PathBuf {
        let whose = whose(study, subject);
        self.root.join(&Hash::of(whose.as_bytes()).to_string()[..32])
    }

    /// A folder inside that of a subject; both are made when they are not there.
    pub(super) fn inside(
        &self,
        study: &StudyOid,
        subject: &SubjectKey,
        name: &str,
    ) -> io::Result<PathBuf> {
        let own = self.of(study, subject);
        make_private(&own)?;
        if !own.join(SUBJECT).exists() {
            write_whole(&own.join(SUBJECT), whose(study, subject).as_bytes())?;
        }
        let folder = own.join(name);
        make_private(&folder)?;
        Ok(folder)
    }

    /// The subjects who have files, with their folders.
    pub(super) fn subjects(&self) -> io::Result<Vec<(StudyOid, SubjectKey, PathBuf)>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let own = entry?.path();
            let Ok(text) = fs::read_to_string(own.join(SUBJECT)) else { continue };
            if let Some((study, subject)) = text.split_once('\n') {
                all.push((StudyOid::new(study), SubjectKey::new(subject), own));
            }
        }
        Ok(all)
    }

    /// Copies all files that have arrived whole into another folder of this kind; how many. What is
    /// there already has the same name, and so the same bytes: it is left alone.
    pub fn copy_to(&self, target: &Path) -> io::Result<usize> {
        let other = Self::open(target)?;
        let mut copied = 0;
        for (study, subject, own) in self.subjects()? {
            let new = other.inside(&study, &subject, NEW)?;
            let to = other.of(&study, &subject);
            for (from, to) in [(own.join(NEW), &new), (own, &to)] {
                copied += copy_blobs(&from, to)?;
            }
        }
        Ok(copied)
    }

    /// Where a file is, if it is there.
    pub(super) fn find(
        &self,
        study: &StudyOid,
        subject: &SubjectKey,
        sha256: &str,
    ) -> Option<PathBuf> {
        let own = self.of(study, subject);
        // It may move from the second place to the first meanwhile.
        let places = [own.join(sha256), own.join(NEW).join(sha256), own.join(sha256)];
        places.into_iter().find(|path| path.exists())
    }

    /// The first bytes of a file of this size, which tell its kind; `None` if there is no such file.
    /// It is kept for another day, so that a form can be saved that names it.
    pub(super) fn head(
        &self,
        study: &StudyOid,
        subject: &SubjectKey,
        file: &FileReference,
        now_ms: i64,
    ) -> io::Result<Option<Vec<u8>>> {
        let _one_at_a_time = self.changing();
        let Some(path) = self.find(study, subject, &file.sha256) else { return Ok(None) };
        let mut opened = File::open(&path)?;
        if opened.metadata()?.len() != file.size_bytes {
            return Ok(None);
        }
        let is_new = path.parent().is_some_and(|folder| folder.ends_with(NEW));
        if is_new {
            touch(&path, now_ms)?;
        }
        let mut head = Vec::new();
        (&mut opened).take(HEAD_BYTES).read_to_end(&mut head)?;
        Ok(Some(head))
    }

    /// Opens a file whose bytes were read and found to be what the reference says.
    pub(crate) fn open_whole(
        &self,
        study: &StudyOid,
        subject: &SubjectKey,
        file: &FileReference,
    ) -> Result<File, Damage> {
        let path = self.find(study, subject, &file.sha256).ok_or(Damage::Missing)?;
        let (found, size) = sha256(&path).map_err(Damage::Unreadable)?;
        if found != file.sha256 || size != file.size_bytes {
            return Err(Damage::Altered);
        }
        File::open(path).map_err(Damage::Unreadable)
    }
}

/// Copies the files that are named by a SHA-256.
fn copy_blobs(from: &Path, to: &Path) -> io::Result<usize> {
    let mut copied = 0;
    let Ok(entries) = fs::read_dir(from) else { return Ok(0) };
    for entry in entries {
        let name = entry?.file_name();
        let is_blob = name.len() == 64;
        if !is_blob || to.join(&name).exists() {
            continue;
        }
        let part = to.join(format!("{}.part", name.to_string_lossy()));
        match fs::copy(from.join(&name), &part) {
            // It was found to be named meanwhile, and is in the other place.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            copied => copied?,
        };
        File::open(&part)?.sync_all()?;
        fs::rename(&part, to.join(&name))?;
        copied += 1;
    }
    Ok(copied)
}

fn whose(study: &StudyOid, subject: &SubjectKey) -> String {
    format!("{study}\n{subject}")
}

/// Says that a file was used now.
pub(super) fn touch(path: &Path, now_ms: i64) -> io::Result<()> {
    let since = Duration::from_millis(u64::try_from(now_ms).unwrap_or_default());
    File::options().write(true).open(path)?.set_modified(SystemTime::UNIX_EPOCH + since)
}

/// Whether a file was last used more than a day ago.
pub(super) fn is_old(path: &Path, now_ms: i64) -> io::Result<bool> {
    let modified = fs::metadata(path)?.modified()?.duration_since(SystemTime::UNIX_EPOCH);
    let modified_ms = modified.map_or(0, |since| since.as_millis());
    let modified_ms = i64::try_from(modified_ms).unwrap_or(i64::MAX);
    Ok(modified_ms.saturating_add(KEPT_UNNAMED_MS) < now_ms)
}
