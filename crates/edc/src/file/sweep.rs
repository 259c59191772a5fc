//! Removes uploads that no form names, after a day.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use kernel::{StudyOid, SubjectKey};

use super::folder::{FileFolder, NEW, PART, is_old};
use crate::{Edc, Failure, failure::Result};

impl Edc {
    /// Looks at files that came more than a day ago: those that the journal names are kept for good,
    /// the others removed. How many were removed.
    pub async fn sweep_files(&self) -> Result<usize> {
        let Some(folder) = self.files.clone() else { return Ok(0) };
        let now_ms = (self.clock)().as_millisecond();
        let found = {
            let folder = Arc::clone(&folder);
            blocking(move || old_ones(&folder, now_ms)).await?
        };
        let mut removed = 0;
        for (study, subject, own) in found {
            let named = self.files_named(&study, &subject).await?;
            let named: BTreeSet<String> = named.into_iter().map(|one| one.file.sha256).collect();
            let folder = Arc::clone(&folder);
            removed += blocking(move || settle(&folder, &own, &named, now_ms)).await?;
        }
        Ok(removed)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| Failure::Broke(error.to_string()))?;
    done.map_err(|error| Failure::Broke(format!("cannot remove old uploads: {error}")))
}

/// The subjects with files that came more than a day ago, once parts of that age are gone.
fn old_ones(folder: &FileFolder, now_ms: i64) -> io::Result<Vec<(StudyOid, SubjectKey, PathBuf)>> {
    let mut found = Vec::new();
    for (study, subject, own) in folder.subjects()? {
        let _one_at_a_time = folder.changing();
        for part in old(&own.join(PART), now_ms)? {
            fs::remove_file(part)?;
        }
        if !old(&own.join(NEW), now_ms)?.is_empty() {
            found.push((study, subject, own));
        }
    }
    Ok(found)
}

fn settle(
    folder: &FileFolder,
    own: &Path,
    named: &BTreeSet<String>,
    now_ms: i64,
) -> io::Result<usize> {
    let mut removed = 0;
    let _one_at_a_time = folder.changing();
    // A file that a save has asked for since is not old any more.
    for path in old(&own.join(NEW), now_ms)? {
        let Some(name) = path.file_name() else { continue };
        if name.to_str().is_some_and(|name| named.contains(name)) {
            fs::rename(&path, own.join(name))?;
        } else {
            fs::remove_file(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn old(folder: &Path, now_ms: i64) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if is_old(&path, now_ms)? {
            found.push(path);
        }
    }
    Ok(found)
}
