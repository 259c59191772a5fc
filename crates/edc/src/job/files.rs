//! The folder in which jobs keep their files: uploads, reports, exports.
//!
//! ```text
//! place                 who shares the folder
//! exp_01J…/out-1/…      what an attempt of an export writes
//! exp_01J….zip          inside the folder of the job: everything in one
//! imp_01J…/part/…       files of an import that have not arrived whole
//! imp_01J…/in/…         those that have
//! imp_01J…/rows.csv     what became of each row
//! ```

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use contract::Error;
use journal::Hash;
use sha2::{Digest as _, Sha256};

use super::{KEPT_MS, log::made_at_ms};

/// Names that everybody can keep on his disk.
const LONGEST_NAME_BYTES: usize = 150;
/// What is read at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// Where the files of jobs are. Several processes may share one.
#[derive(Debug)]
pub struct JobFolder {
    root: PathBuf,
    /// Who shares the folder shares its name, and so the work.
    place: String,
    uploading: Mutex<()>,
}

impl JobFolder {
    /// Opens, or makes, a folder. A new one is given the name `new_place`, of up to 40 letters and
    /// digits.
    pub fn open(root: &Path, new_place: &str) -> io::Result<Self> {
        make_private(root)?;
        let named = root.join("place");
        if !named.exists() {
            // Whoever is first names it; the others read what he has written.
            let own = root.join(format!(".place-{new_place}"));
            write_whole(&own, new_place.as_bytes())?;
            match fs::hard_link(&own, &named) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => fs::remove_file(&own)?,
            }
        }
        let place = fs::read_to_string(&named)?.trim().to_owned();
        let is_name = (1..=40).contains(&place.len())
            && place.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_name {
            let why = format!("{} does not hold the name of a place", named.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(Self { root: root.to_owned(), place, uploading: Mutex::default() })
    }

    /// The queue of the store from which whoever has this folder works.
    pub(super) fn queue(&self) -> String {
        format!("jobs-{}", self.place)
    }

    pub(super) fn uploading(&self) -> MutexGuard<'_, ()> {
        self.uploading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder of a job. `id` is one that the log has.
    pub(super) fn of(&self, id: &str) -> PathBuf {
        self.root.join(id)
    }

    /// A folder inside that of a job; made when it is not there.
    pub(super) fn inside(&self, id: &str, name: &str) -> io::Result<PathBuf> {
        let job = self.of(id);
        make_private(&job)?;
        let folder = job.join(name);
        make_private(&folder)?;
        Ok(folder)
    }

    /// Removes the files of a job, if there are any.
    pub(super) fn remove(&self, id: &str) -> io::Result<()> {
        match fs::remove_dir_all(self.of(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes the files of all jobs that are not kept any more; how many jobs those were.
    pub(super) fn sweep(&self, now_ms: i64) -> io::Result<usize> {
        let mut swept = 0;
        for entry in fs::read_dir(&self.root)? {
            let name = entry?.file_name();
            let made_at_ms = name.to_str().and_then(made_at_ms);
            if made_at_ms.is_some_and(|made_at_ms| made_at_ms + KEPT_MS < now_ms) {
                self.remove(&name.to_string_lossy())?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// A name that stays inside its folder, and that every system can write.
pub(super) fn file_name<'a>(field: &str, name: &'a str) -> Result<&'a str, Error> {
    let is_plain = |c: char| !c.is_control() && !r#"/\:*?"<>|"#.contains(c);
    let fits = (1..=LONGEST_NAME_BYTES).contains(&name.len());
    if fits && !name.starts_with('.') && name.trim() == name && name.chars().all(is_plain) {
        return Ok(name);
    }
    let why = "a file has a name of up to 150 bytes, without / \\ : * ? \" < > | and no dot first";
    Err(Error::invalid(field, why))
}

/// The SHA-256 of a file and its size, read in pieces.
pub(crate) fn sha256(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut state = Sha256::new();
    let mut piece = vec![0; PIECE_BYTES];
    let mut size = 0;
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((Hash(state.finalize().into()).to_string(), size));
        }
        state.update(&piece[..read]);
        size += read as u64;
    }
}

/// Writes a small file so that it is whole once it is there.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a folder that nobody else on this machine can look into.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::log::JobKind;

    #[test]
    fn whoever_shares_a_folder_has_the_name_that_it_was_given_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = JobFolder::open(folder.path(), "ONE").unwrap();
        let second = JobFolder::open(folder.path(), "TWO").unwrap();
        assert_eq!((first.queue(), second.queue()), ("jobs-ONE".into(), "jobs-ONE".into()));
    }

    #[test]
    fn files_are_removed_a_week_after_the_job_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = JobFolder::open(folder.path(), "P").unwrap();
        let id = JobKind::Export.new_id(&"S".into(), "ann", "r", 1_000);
        fs::write(jobs.inside(&id, "out-1").unwrap().join("a"), "1").unwrap();
        assert_eq!(jobs.sweep(1_000 + KEPT_MS).unwrap(), 0);
        assert_eq!(jobs.sweep(1_001 + KEPT_MS).unwrap(), 1);
        assert!(!jobs.of(&id).exists() && folder.path().join("place").exists());
    }

    #[test]
    fn a_name_cannot_lead_out_of_its_folder() {
        for good in ["vs.csv", "生命体征 2026.csv", "a-b_c (1).xpt"] {
            assert!(file_name("f", good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../a", "a/b", "a\\b", ".hidden", "a\0b", "a\nb", " a", "c:d"] {
            assert!(file_name("f", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_sha256_of_a_file_is_that_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        fs::write(&path, "abc").unwrap();
        let (sha256, size) = sha256(&path).unwrap();
        assert_eq!(size, 3);
        assert_eq!(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
