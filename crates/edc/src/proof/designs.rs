//! The versions of a study, as far as views depend on them.

use std::sync::{Arc, OnceLock};

use journal::{Chain, Head};
use kernel::{StudyOid, StudyVersion, study::Design};
use store::Store;

use crate::{failure::Result, study::StudyShelf, study_log::StudyEvent};

/// Entries of a study's log that are read at a time; one may hold a whole study version.
const PAGE: u32 = 16;

/// The latest version of a study, and those before it: a visit in the row of a subject is as it was
/// when it was last written, under the version of that time.
#[derive(Debug)]
pub(super) struct Designs {
    /// Where the log of the study ended.
    head: Head,
    pub latest: Design,
    /// Newest first.
    earlier: Vec<Earlier>,
}

/// A version that is read when somebody wants it.
#[derive(Debug)]
struct Earlier {
    document: String,
    design: OnceLock<Option<Design>>,
}

impl Designs {
    /// Reads the versions from the log of the study; else says why views cannot be recomputed.
    pub async fn read(store: &Arc<dyn Store>, study: &str) -> Result<Result<Arc<Self>, String>> {
        let log = StudyShelf::log(&StudyOid::new(study));
        let mut chain = Chain::new(log.clone());
        let mut documents: Vec<String> = Vec::new();
        loop {
            let entries = store.read(&log, chain.head().sequence + 1, PAGE).await?;
            for sealed in &entries {
                let Ok(entry) = chain.accept(sealed) else {
                    return Ok(Err("is broken".to_owned()));
                };
                match minicbor_serde::from_slice(entry.payload) {
                    Ok(StudyEvent::VersionPublished(version)) => documents.push(version.document),
                    Ok(_) => {}
                    Err(_) => {
                        let sequence = sealed.sequence;
                        return Ok(Err(format!("cannot be understood at entry {sequence}")));
                    }
                }
            }
            if entries.len() < PAGE as usize {
                return Ok(Self::of(chain.head(), documents).map(Arc::new));
            }
        }
    }

    fn of(head: Head, mut documents: Vec<String>) -> Result<Self, String> {
        let latest = documents.pop().ok_or("has no published version")?;
        let latest = design(&latest).ok_or("has a latest version that cannot be understood")?;
        let unread = |document| Earlier { document, design: OnceLock::new() };
        Ok(Self { head, latest, earlier: documents.into_iter().rev().map(unread).collect() })
    }

    /// Whether the study has no newer version.
    pub async fn are_current(&self, store: &Arc<dyn Store>, study: &str) -> Result<bool> {
        let log = StudyShelf::log(&StudyOid::new(study));
        Ok(store.head(&log).await? == Some(self.head))
    }

    pub fn has_earlier(&self) -> bool {
        !self.earlier.is_empty()
    }

    /// The versions before the latest, newest first.
    pub fn earlier(&self) -> impl Iterator<Item = &Design> {
        let read = |one: &Earlier| design(&one.document);
        self.earlier.iter().filter_map(move |one| one.design.get_or_init(|| read(one)).as_ref())
    }
}

fn design(document: &str) -> Option<Design> {
    let version: StudyVersion = serde_json::from_str(document).ok()?;
    Some(Design::new(Arc::new(version)))
}
