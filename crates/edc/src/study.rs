//! Studies in memory: the versions in force compiled, the sites, brought up to date when the study's
//! log has moved.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use journal::{Chain, Head, LogName};
use kernel::{
    SiteOid, StudyOid, StudyVersion,
    casebook::{Casebook, Refusal},
    laboratory::RangeTable,
    study::{Design, spanning},
};
use store::Store;

use crate::{
    compiled::Compiled,
    failure::{Failure, Result},
    study_log::{Site, SiteStatus, StudyEvent, StudyState},
};

/// The kind of a study's log; its study is the institution, which has the empty name.
pub(crate) const LOG_KIND: &str = "study";
/// Entries that are read from the store at a time.
const READ_PAGE: u32 = 50;
/// How long a study in memory is taken to be the latest, in milliseconds. A save that is decided
/// under a version that was replaced this long ago names that version.
const FRESH_MS: i64 = 1_000;

/// A study as its log tells, with the versions in force ready to run.
#[derive(Debug)]
pub(crate) struct Study {
    pub oid: StudyOid,
    pub head: Head,
    pub state: StudyState,
    /// The version in force for all for whom nothing else is said.
    pub compiled: Arc<Compiled>,
    /// The versions after it, which come into force site by site.
    pub newer: Vec<Arc<Compiled>>,
    /// All that any of them asks for, where there are several.
    spanning: Option<Design>,
}

impl Study {
    /// The version under which a casebook is: the one that it took, unless a version that was
    /// published later is in force for all.
    pub fn of(&self, casebook: &Casebook) -> &Arc<Compiled> {
        casebook.version.as_ref().and_then(|taken| self.named(taken)).unwrap_or(&self.compiled)
    }

    /// One of the versions that casebooks can be under now, by its hash in hexadecimal.
    pub fn named(&self, hash: &str) -> Option<&Arc<Compiled>> {
        if self.newer.is_empty() {
            return None;
        }
        self.newer.iter().find(|version| version.hash.to_string() == hash)
    }

    /// The study with another version that casebooks can be under, to see what that would mean.
    pub fn with(&self, version: Arc<Compiled>) -> Self {
        let hash = version.hash;
        let newer = self.newer.iter().filter(|one| one.hash != hash).cloned();
        Self {
            oid: self.oid.clone(),
            head: self.head,
            state: self.state.clone(),
            compiled: Arc::clone(&self.compiled),
            newer: newer.chain([version]).collect(),
            spanning: None,
        }
    }

    /// A design that has all that the versions in use ask for, for lists over all subjects.
    pub fn whole(&self) -> &Design {
        self.spanning.as_ref().unwrap_or(&self.compiled.design)
    }

    /// The versions that casebooks can be under now, the general one first.
    pub fn in_use(&self) -> impl Iterator<Item = &Arc<Compiled>> {
        std::iter::once(&self.compiled).chain(&self.newer)
    }

    /// The site, if it may take subjects and data.
    pub fn active_site(&self, site: &SiteOid) -> Result<&Site, Refusal> {
        let found = self.site(site)?;
        if found.status == SiteStatus::Active {
            Ok(found)
        } else {
            Err(Refusal::SiteNotActive(site.clone()))
        }
    }

    pub fn site(&self, site: &SiteOid) -> Result<&Site, Refusal> {
        self.state.sites.get(site).ok_or_else(|| Refusal::SiteUnknown(site.clone()))
    }
}

/// A study's log folded, with the documents of the general version and of those after it.
#[derive(Debug, Default)]
pub(crate) struct FoldedStudy {
    pub head: Head,
    pub state: StudyState,
    pub documents: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct StudyShelf {
    store: Arc<dyn Store>,
    studies: Mutex<HashMap<StudyOid, (Arc<Study>, Timestamp)>>,
}

impl StudyShelf {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, studies: Mutex::default() }
    }

    pub fn log(study: &StudyOid) -> LogName {
        LogName::new("", LOG_KIND, study.as_str())
    }

    /// The study with the versions in force.
    pub async fn get(&self, oid: &StudyOid, now: Timestamp) -> Result<Arc<Study>> {
        let kept = self.studies().get(oid).cloned();
        if let Some((study, checked)) = kept {
            let age_ms = now.as_millisecond() - checked.as_millisecond();
            if (0..FRESH_MS).contains(&age_ms) {
                return Ok(study);
            }
            if self.store.head(&Self::log(oid)).await? == Some(study.head) {
                self.studies().insert(oid.clone(), (Arc::clone(&study), now));
                return Ok(study);
            }
        }
        let study = Arc::new(ready(oid, self.fold(oid).await?)?);
        self.studies().insert(oid.clone(), (Arc::clone(&study), now));
        Ok(study)
    }

    /// The study as it was at an instant: the versions and sites of then.
    pub async fn at(&self, oid: &StudyOid, at: Timestamp) -> Result<Arc<Study>> {
        let folded = self.fold_until(oid, at.as_millisecond()).await?;
        Ok(Arc::new(ready(oid, folded)?))
    }

    /// Forgets what is known of a study; the next one who asks reads its log.
    pub fn forget(&self, oid: &StudyOid) {
        self.studies().remove(oid);
    }

    /// Reads the log of a study from its beginning.
    pub async fn fold(&self, oid: &StudyOid) -> Result<FoldedStudy> {
        self.fold_until(oid, i64::MAX).await
    }

    /// Reads the log of a study up to the first entry that was recorded later.
    async fn fold_until(&self, oid: &StudyOid, until_ms: i64) -> Result<FoldedStudy> {
        let log = Self::log(oid);
        let mut folded = FoldedStudy::default();
        folded.state.study = oid.clone();
        let mut chain = Chain::new(log.clone());
        loop {
            let entries = self.store.read(&log, folded.head.sequence + 1, READ_PAGE).await?;
            for sealed in &entries {
                let entry = chain.accept(sealed).map_err(|_| Failure::Broken(log.to_string()))?;
                if entry.recorded_at_ms > until_ms {
                    return Ok(folded);
                }
                let event: StudyEvent = minicbor_serde::from_slice(entry.payload)
                    .map_err(|_| Failure::Broken(log.to_string()))?;
                folded.state.apply(&entry, &event);
                if let StudyEvent::VersionPublished(version) = event {
                    if !version.site_by_site {
                        folded.documents.clear();
                    }
                    folded.documents.push(version.document);
                }
                folded.head = sealed.head();
            }
            if entries.len() < READ_PAGE as usize {
                return Ok(folded);
            }
        }
    }

    fn studies(&self) -> std::sync::MutexGuard<'_, HashMap<StudyOid, (Arc<Study>, Timestamp)>> {
        self.studies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A folded study with its versions compiled.
fn ready(oid: &StudyOid, folded: FoldedStudy) -> Result<Study> {
    if folded.head.sequence == 0 {
        return Err(Failure::StudyUnknown(oid.to_string()));
    }
    let ranges = Arc::new(RangeTable::new(folded.state.ranges(None)));
    let mut newer = Vec::with_capacity(folded.documents.len());
    for document in &folded.documents {
        let version: StudyVersion =
            serde_json::from_str(document).map_err(|_| Failure::Version(oid.to_string()))?;
        let mut compiled =
            Compiled::published(version).map_err(|_| Failure::Version(oid.to_string()))?;
        compiled.ranges = Arc::clone(&ranges);
        newer.push(Arc::new(compiled));
    }
    if newer.is_empty() {
        return Err(Failure::StudyNotPublished(oid.to_string()));
    }
    let spanning = (newer.len() > 1).then(|| {
        let versions: Vec<&StudyVersion> =
            newer.iter().rev().map(|one| one.design.version()).collect();
        Design::new(Arc::new(spanning(&versions)))
    });
    let compiled = newer.remove(0);
    let (oid, head, state) = (oid.clone(), folded.head, folded.state);
    Ok(Study { oid, head, state, compiled, newer, spanning })
}
