//! The versions of a study, as far as views depend on them.

use std::sync::Arc;

use journal::Chain;
use kernel::{StudyOid, StudyVersion, study::Design};
use store::Store;

use crate::{failure::Result, study::StudyShelf, study_log::StudyEvent};

/// Entries of a study's log that are read at a time; one may hold a whole study version.
const PAGE: u32 = 16;

/// The latest version of a study, and those before it under which the dates of visits may have been
/// found elsewhere: a visit keeps the date that it had when it was last written.
#[derive(Debug)]
pub(super) struct Designs {
    pub latest: Design,
    pub earlier: Vec<Design>,
}

impl Designs {
    /// Reads the versions from the log of the study; else says why views cannot be recomputed.
    pub async fn read(store: &Arc<dyn Store>, study: &str) -> Result<Result<Arc<Self>, String>> {
        let log = StudyShelf::log(&StudyOid::new(study));
        let mut chain = Chain::new(log.clone());
        let mut versions: Vec<StudyVersion> = Vec::new();
        loop {
            let entries = store.read(&log, chain.head().sequence + 1, PAGE).await?;
            for sealed in &entries {
                let Ok(entry) = chain.accept(sealed) else {
                    return Ok(Err("is broken".to_owned()));
                };
                let Some(found) = version(entry.payload) else {
                    let sequence = sealed.sequence;
                    return Ok(Err(format!("has an entry that cannot be understood, {sequence}")));
                };
                versions.extend(found);
            }
            if entries.len() < PAGE as usize {
                return Ok(Self::of(versions).ok_or_else(|| "has no published version".to_owned()));
            }
        }
    }

    fn of(mut versions: Vec<StudyVersion>) -> Option<Arc<Self>> {
        let latest = versions.pop()?;
        let mut earlier: Vec<StudyVersion> = Vec::new();
        for version in versions {
            let is_other = |known: &StudyVersion| known.visit_dates != version.visit_dates;
            if is_other(&latest) && earlier.iter().all(is_other) {
                earlier.push(version);
            }
        }
        let design = |version| Design::new(Arc::new(version));
        let earlier = earlier.into_iter().map(design).collect();
        Some(Arc::new(Self { latest: design(latest), earlier }))
    }
}

/// The version that an entry publishes, if it publishes one; `None` if it cannot be read.
fn version(payload: &[u8]) -> Option<Option<StudyVersion>> {
    match minicbor_serde::from_slice(payload).ok()? {
        StudyEvent::VersionPublished(published) => {
            serde_json::from_str(&published.document).ok().map(Some)
        }
        _ => Some(None),
    }
}
