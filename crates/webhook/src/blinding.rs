//! What is not told, because it would show a blinded receiver something about the arm: queries about
//! blinded items and queries that a blinded check asks. They are hidden from blinded callers
//! everywhere; whoever manages webhooks is blinded. And the numbers of entries in a study where
//! something is blinded: a number that is left out would tell that there was something to hide.

use crate::endpoints::Cause;
use journal::{Hash, LogName};
use kernel::{
    CheckOid, ItemOid, QueryId, StudyVersion,
    casebook::{Event, QueryOpened},
};
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};
use store::Store;

const ENTRIES_PER_READ: u32 = 200;
/// Entries with study versions are large.
const VERSIONS_PER_READ: u32 = 10;

/// What is blinded in each study, as long as its log does not grow.
#[derive(Debug, Default)]
pub(crate) struct Blinding {
    studies: Mutex<HashMap<String, (Hash, Arc<Blinded>)>>,
}

/// What reveals the arm in the versions of a study that are in use.
#[derive(Debug, Default, PartialEq, Eq)]
struct Blinded {
    items: HashSet<ItemOid>,
    checks: HashSet<CheckOid>,
}

/// What of an entry of a study's log is wanted here.
#[derive(Deserialize)]
enum Published {
    VersionPublished(Document),
}

#[derive(Deserialize)]
struct Document {
    document: String,
    #[serde(default)]
    site_by_site: bool,
}

impl Blinding {
    /// Whether something of the study reveals the arm.
    pub(crate) async fn exists(&self, store: &dyn Store, study: &str) -> Result<bool, Cause> {
        Ok(*self.of(store, study).await? != Blinded::default())
    }

    /// Whether nothing may be told of a query. `until` is the entry that tells of it.
    pub(crate) async fn hides(
        &self,
        store: &dyn Store,
        study: &str,
        log: &LogName,
        query: &QueryId,
        until: u64,
    ) -> Result<bool, Cause> {
        let blinded = self.of(store, study).await?;
        if *blinded == Blinded::default() {
            return Ok(false);
        }
        let opened = opened(store, log, query, until).await?;
        Ok(opened.is_none_or(|opened| blinded.hides(&opened)))
    }

    async fn of(&self, store: &dyn Store, study: &str) -> Result<Arc<Blinded>, Cause> {
        let log = LogName::new("", "study", study);
        let head = store.head(&log).await?.unwrap_or_default();
        let kept = self.studies.lock().unwrap_or_else(PoisonError::into_inner).get(study).cloned();
        if let Some((hash, blinded)) = kept
            && hash == head.hash
        {
            return Ok(blinded);
        }
        let mut blinded = Blinded::default();
        let mut from = 1;
        while from <= head.sequence {
            let entries = store.read(&log, from, VERSIONS_PER_READ).await?;
            let Some(last) = entries.last() else { break };
            from = last.sequence + 1;
            for sealed in &entries {
                let entry = sealed.view()?;
                if entry.kind == "VersionPublished" {
                    let Published::VersionPublished(version) =
                        minicbor_serde::from_slice(entry.payload)?;
                    // A version that comes into force site by site stands beside the one before it.
                    if !version.site_by_site {
                        blinded = Blinded::default();
                    }
                    blinded.add(&version.document)?;
                }
            }
        }
        let blinded = Arc::new(blinded);
        let kept = (head.hash, Arc::clone(&blinded));
        self.studies.lock().unwrap_or_else(PoisonError::into_inner).insert(study.to_owned(), kept);
        Ok(blinded)
    }
}

impl Blinded {
    fn add(&mut self, document: &str) -> Result<(), Cause> {
        let version: StudyVersion = serde_json::from_str(document)?;
        let checks = version.checks.iter().filter(|check| check.blinded);
        self.checks.extend(checks.map(|check| check.oid.clone()));
        self.items.extend(version.blinding.items);
        Ok(())
    }

    fn hides(&self, opened: &QueryOpened) -> bool {
        opened.item.as_ref().is_some_and(|item| self.items.contains(&item.item))
            || opened.check.as_ref().is_some_and(|check| self.checks.contains(check))
    }
}

/// The entry with which a query began.
async fn opened(
    store: &dyn Store,
    log: &LogName,
    query: &QueryId,
    until: u64,
) -> Result<Option<QueryOpened>, Cause> {
    let mut from = 1;
    while from <= until {
        let entries = store.read(log, from, ENTRIES_PER_READ).await?;
        let Some(last) = entries.last() else { break };
        from = last.sequence + 1;
        for sealed in &entries {
            let entry = sealed.view()?;
            if entry.kind != "QueryOpened" {
                continue;
            }
            if let Event::QueryOpened(opened) = Event::from_payload(entry.payload)?
                && opened.id == *query
            {
                return Ok(Some(opened));
            }
        }
    }
    Ok(None)
}
