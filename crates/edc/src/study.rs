//! Studies in memory: the latest version compiled, the sites, brought up to date when the study's
//! log has moved.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use journal::{Chain, Head, LogName};
use kernel::{SiteOid, StudyOid, StudyVersion, casebook::Refusal};
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

/// A study as its log tells, with its latest version ready to run.
#[derive(Debug)]
pub(crate) struct Study {
    pub oid: StudyOid,
    pub head: Head,
    pub state: StudyState,
    pub compiled: Arc<Compiled>,
}

impl Study {
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

/// A study's log folded, with the document of its latest version.
#[derive(Debug, Default)]
pub(crate) struct FoldedStudy {
    pub head: Head,
    pub state: StudyState,
    pub latest: Option<String>,
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

    /// The study with its latest published version.
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
        let folded = self.fold(oid).await?;
        if folded.head.sequence == 0 {
            return Err(Failure::StudyUnknown(oid.to_string()));
        }
        let document = folded.latest.ok_or_else(|| Failure::StudyNotPublished(oid.to_string()))?;
        let version: StudyVersion =
            serde_json::from_str(&document).map_err(|_| Failure::Version(oid.to_string()))?;
        let compiled = Compiled::new(version).map_err(|_| Failure::Version(oid.to_string()))?;
        let study = Arc::new(Study {
            oid: oid.clone(),
            head: folded.head,
            state: folded.state,
            compiled: Arc::new(compiled),
        });
        self.studies().insert(oid.clone(), (Arc::clone(&study), now));
        Ok(study)
    }

    /// Forgets what is known of a study; the next one who asks reads its log.
    pub fn forget(&self, oid: &StudyOid) {
        self.studies().remove(oid);
    }

    /// Reads the log of a study from its beginning.
    pub async fn fold(&self, oid: &StudyOid) -> Result<FoldedStudy> {
        let log = Self::log(oid);
        let mut folded = FoldedStudy::default();
        folded.state.study = oid.clone();
        let mut chain = Chain::new(log.clone());
        loop {
            let entries = self.store.read(&log, folded.head.sequence + 1, READ_PAGE).await?;
            for sealed in &entries {
                let entry = chain.accept(sealed).map_err(|_| Failure::Broken(log.to_string()))?;
                let event: StudyEvent = minicbor_serde::from_slice(entry.payload)
                    .map_err(|_| Failure::Broken(log.to_string()))?;
                folded.state.apply(sealed.sequence, entry.recorded_at_ms, &event);
                if let StudyEvent::VersionPublished(version) = event {
                    folded.latest = Some(version.document);
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
