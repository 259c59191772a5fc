//! The versions of a study, as far as views depend on them.

use std::sync::{Arc, OnceLock};

use journal::{Chain, Head};
use kernel::{StudyOid, StudyVersion, casebook::Casebook};
use store::Store;

use crate::{compiled::Compiled, failure::Result, study::StudyShelf, study_log::StudyEvent};

/// Entries of a study's log that are read at a time; one may hold a whole study version.
const PAGE: u32 = 16;

/// The versions of a study: a casebook is under the one in force for all or a newer one that it took;
/// a visit in the row of a subject is as it was when it was last written, under the version of that
/// time.
#[derive(Debug)]
pub(crate) struct Designs {
    /// Where the log of the study ended.
    head: Head,
    /// The version in force for all.
    general: Compiled,
    /// Those after it, which come into force site by site.
    newer: Vec<Compiled>,
    /// Those before it, newest first.
    earlier: Vec<Earlier>,
}

/// A version as JSON, and whether it comes into force site by site.
type Document = (String, bool);

/// A version that is read when somebody wants it.
#[derive(Debug)]
struct Earlier {
    document: String,
    design: OnceLock<Option<Compiled>>,
}

impl Designs {
    /// Reads the versions from the log of the study; else says why views cannot be recomputed.
    pub async fn read(store: &Arc<dyn Store>, study: &str) -> Result<Result<Arc<Self>, String>> {
        let log = StudyShelf::log(&StudyOid::new(study));
        let mut chain = Chain::new(log.clone());
        let mut documents: Vec<Document> = Vec::new();
        loop {
            let entries = store.read(&log, chain.head().sequence + 1, PAGE).await?;
            for sealed in &entries {
                let Ok(entry) = chain.accept(sealed) else {
                    return Ok(Err("is broken".to_owned()));
                };
                match minicbor_serde::from_slice(entry.payload) {
                    Ok(StudyEvent::VersionPublished(version)) => {
                        documents.push((version.document, version.site_by_site));
                    }
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

    fn of(head: Head, mut documents: Vec<Document>) -> Result<Self, String> {
        let general = documents.iter().rposition(|(_, site_by_site)| !site_by_site);
        let general = general.ok_or("has no published version")?;
        let newer = documents.split_off(general + 1);
        let read = |(document, _): Document| {
            compiled(&document).ok_or("has a version in force that cannot be understood")
        };
        let newer = newer.into_iter().map(read).collect::<Result<_, _>>()?;
        let general = documents.pop().map(read).ok_or("has no published version")??;
        let unread = |(document, _)| Earlier { document, design: OnceLock::new() };
        let earlier = documents.into_iter().rev().map(unread).collect();
        Ok(Self { head, general, newer, earlier })
    }

    /// The version under which a casebook is now.
    pub fn of_casebook(&self, casebook: &Casebook) -> &Compiled {
        let taken = casebook.version.as_deref();
        let found = self.newer.iter().find(|one| Some(one.hash.to_string().as_str()) == taken);
        found.unwrap_or(&self.general)
    }

    /// Whether the study has no newer version.
    pub async fn are_current(&self, store: &Arc<dyn Store>, study: &str) -> Result<bool> {
        let log = StudyShelf::log(&StudyOid::new(study));
        Ok(store.head(&log).await? == Some(self.head))
    }

    /// Whether there is more than one version.
    pub fn are_several(&self) -> bool {
        !self.earlier.is_empty() || !self.newer.is_empty()
    }

    /// All versions: those that casebooks can be under, then those before, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Compiled> {
        let read = |one: &Earlier| compiled(&one.document);
        let earlier = self
            .earlier
            .iter()
            .filter_map(move |one| one.design.get_or_init(|| read(one)).as_ref());
        self.newer.iter().chain([&self.general]).chain(earlier)
    }
}

fn compiled(document: &str) -> Option<Compiled> {
    let version: StudyVersion = serde_json::from_str(document).ok()?;
    Compiled::published(version).ok()
}
