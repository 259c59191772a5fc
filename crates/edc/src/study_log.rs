//! The log of a study: its versions and its sites.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use journal::EntryRef;
use kernel::{
    MetaDataVersionOid, SiteOid, StudyOid,
    laboratory::{RangeKey, ReferenceRange},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StudyEvent {
    VersionPublished(VersionPublished),
    SiteAdded(SiteAdded),
    SiteStatusChanged {
        site: SiteOid,
        status: SiteStatus,
    },
    SiteVersionScheduled(SiteVersionScheduled),
    /// Nothing of its casebooks may change any more.
    StudyLocked(StudyLocked),
    StudyUnlocked,
    RangesImported(RangesImported),
}

/// A file of reference ranges. It replaces those of the laboratories and sites that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangesImported {
    pub file_name: String,
    pub file_sha256: String,
    pub ranges: Vec<ReferenceRange>,
}

/// The checklist as it stood when the study was locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudyLocked {
    /// What was still open, by name.
    pub open: Vec<(String, u32)>,
    pub subjects: u32,
    pub records: u32,
    /// Whoever locked could not see what tells the arm, so that it was not counted.
    pub is_blinded: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionPublished {
    pub hash: String,
    pub version_oid: MetaDataVersionOid,
    pub version_name: String,
    /// The study version as JSON: the bytes that its hash names.
    pub document: String,
    /// It comes into force where and when that is said, not at once and everywhere.
    #[serde(default)]
    pub site_by_site: bool,
}

/// From when a site works under a version (ODM MetaDataVersionRef/@EffectiveDate).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteVersionScheduled {
    pub site: SiteOid,
    pub hash: String,
    /// The first day, as a local date of the site.
    pub effective_date: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteAdded {
    pub site: SiteOid,
    pub name: BTreeMap<String, String>,
    /// IANA name, for the local dates of the site.
    pub time_zone: String,
    pub country: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SiteStatus {
    #[default]
    Pending,
    Active,
    Closed,
}

/// The log of a site holds the numbers it has given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SiteEvent {
    ScreeningNumberGiven { number: u32, subject: String },
    EnrolmentNumberGiven { number: u32, subject: String },
}

/// A site of a study as its log tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub added: SiteAdded,
    pub status: SiteStatus,
}

/// A published version as the log of the study tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedVersion {
    pub hash: String,
    pub version_oid: MetaDataVersionOid,
    pub version_name: String,
    pub entry: u64,
    pub published_at_ms: i64,
    pub published_by: String,
    pub reason: Option<String>,
    pub site_by_site: bool,
}

/// What was said of a site's version, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteVersion {
    pub scheduled: SiteVersionScheduled,
    pub entry: u64,
    pub scheduled_by: String,
    pub reason: Option<String>,
}

/// A file of reference ranges as the log of the study tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeImport {
    pub imported: Arc<RangesImported>,
    pub entry: u64,
    pub imported_at_ms: i64,
    pub imported_by: String,
    pub reason: Option<String>,
}

/// The fold of a study's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StudyState {
    pub study: StudyOid,
    pub sequence: u64,
    pub recorded_at_ms: i64,
    pub versions: Vec<PublishedVersion>,
    pub sites: BTreeMap<SiteOid, Site>,
    /// When the study was locked, in milliseconds since 1970. `None` while it is not.
    pub locked_at_ms: Option<i64>,
    /// In the order in which it was said.
    pub site_versions: Vec<SiteVersion>,
    /// In the order in which they were loaded.
    pub range_imports: Vec<RangeImport>,
    /// The requests that were carried out.
    pub requests: BTreeSet<String>,
}

impl StudyState {
    pub fn apply(&mut self, entry: &EntryRef<'_>, event: &StudyEvent) {
        self.sequence = entry.sequence;
        self.recorded_at_ms = entry.recorded_at_ms;
        if !entry.request_id.is_empty() {
            self.requests.insert(entry.request_id.to_owned());
        }
        match event {
            StudyEvent::VersionPublished(version) => self.versions.push(PublishedVersion {
                hash: version.hash.clone(),
                version_oid: version.version_oid.clone(),
                version_name: version.version_name.clone(),
                entry: entry.sequence,
                published_at_ms: entry.recorded_at_ms,
                published_by: entry.actor.to_owned(),
                reason: entry.reason.map(ToOwned::to_owned),
                site_by_site: version.site_by_site,
            }),
            StudyEvent::SiteVersionScheduled(scheduled) => self.site_versions.push(SiteVersion {
                scheduled: scheduled.clone(),
                entry: entry.sequence,
                scheduled_by: entry.actor.to_owned(),
                reason: entry.reason.map(ToOwned::to_owned),
            }),
            StudyEvent::SiteAdded(added) => {
                let site = Site { added: added.clone(), status: SiteStatus::Pending };
                self.sites.insert(added.site.clone(), site);
            }
            StudyEvent::StudyLocked(_) => self.lock(true),
            StudyEvent::StudyUnlocked => self.lock(false),
            StudyEvent::RangesImported(imported) => self.range_imports.push(RangeImport {
                imported: Arc::new(imported.clone()),
                entry: entry.sequence,
                imported_at_ms: entry.recorded_at_ms,
                imported_by: entry.actor.to_owned(),
                reason: entry.reason.map(ToOwned::to_owned),
            }),
            StudyEvent::SiteStatusChanged { site, status } => {
                if let Some(site) = self.sites.get_mut(site) {
                    site.status = *status;
                }
            }
        }
    }
}

impl StudyState {
    fn lock(&mut self, locked: bool) {
        self.locked_at_ms = locked.then_some(self.recorded_at_ms);
    }

    /// The reference ranges as they are, or as they were after an entry.
    pub fn ranges(&self, entry: Option<u64>) -> Vec<ReferenceRange> {
        let loaded = self.range_imports.iter();
        let loaded = loaded.filter(|one| entry.is_none_or(|entry| one.entry <= entry));
        let mut tables: BTreeMap<RangeKey, Vec<ReferenceRange>> = BTreeMap::new();
        for import in loaded {
            let new = &import.imported.ranges;
            let keys: BTreeSet<RangeKey> = new.iter().map(ReferenceRange::key).collect();
            tables.retain(|key, _| !keys.contains(key));
            for range in new {
                tables.entry(range.key()).or_default().push(range.clone());
            }
        }
        tables.into_values().flatten().collect()
    }

    /// Whether loading these ranges would change nothing.
    pub fn holds_ranges(&self, new: &[ReferenceRange]) -> bool {
        let keys: BTreeSet<RangeKey> = new.iter().map(ReferenceRange::key).collect();
        let mut now = self.ranges(None);
        now.retain(|range| keys.contains(&range.key()));
        let mut new = new.to_vec();
        new.sort_by_key(ReferenceRange::key);
        now == new
    }

    /// Whether the study is locked, so that nothing of it can change.
    pub fn is_locked(&self) -> bool {
        self.locked_at_ms.is_some()
    }

    /// Where the version stands that is in force for all for whom nothing else is said.
    pub fn general(&self) -> Option<usize> {
        self.versions.iter().rposition(|version| !version.site_by_site)
    }

    /// Where the newest publication of a version stands.
    pub fn position(&self, hash: &str) -> Option<usize> {
        self.versions.iter().rposition(|version| version.hash == hash)
    }

    /// The hash of the version under which a site works on a day, where that is not the general one:
    /// what was said for the latest day that has come, and of one day what was said last.
    pub fn version_at(&self, site: &SiteOid, today: &str) -> Option<&str> {
        let general = self.general();
        let here = self.site_versions.iter().filter(|one| one.scheduled.site == *site);
        let come = here.filter(|one| one.scheduled.effective_date.as_str() <= today);
        let latest = come.max_by(|left, right| {
            let key = |one: &SiteVersion| (one.scheduled.effective_date.clone(), one.entry);
            key(left).cmp(&key(right))
        })?;
        let position = self.position(&latest.scheduled.hash);
        (position > general).then_some(latest.scheduled.hash.as_str())
    }
}

impl StudyEvent {
    /// The kind of the entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::VersionPublished(_) => "VersionPublished",
            Self::SiteAdded(_) => "SiteAdded",
            Self::SiteStatusChanged { .. } => "SiteStatusChanged",
            Self::StudyLocked(_) => "StudyLocked",
            Self::StudyUnlocked => "StudyUnlocked",
            Self::SiteVersionScheduled(_) => "SiteVersionScheduled",
            Self::RangesImported(_) => "RangesImported",
        }
    }
}

impl SiteEvent {
    /// The kind of the entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ScreeningNumberGiven { .. } => "ScreeningNumberGiven",
            Self::EnrolmentNumberGiven { .. } => "EnrolmentNumberGiven",
        }
    }
}
