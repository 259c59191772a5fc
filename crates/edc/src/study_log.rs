//! The log of a study: its versions and its sites.

use std::collections::BTreeMap;

use kernel::{MetaDataVersionOid, SiteOid, StudyOid};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StudyEvent {
    VersionPublished(VersionPublished),
    SiteAdded(SiteAdded),
    SiteStatusChanged {
        site: SiteOid,
        status: SiteStatus,
    },
    /// Nothing of its casebooks may change any more.
    StudyLocked(StudyLocked),
    StudyUnlocked,
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
}

/// The fold of a study's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StudyState {
    pub study: StudyOid,
    pub sequence: u64,
    pub recorded_at_ms: i64,
    pub versions: Vec<PublishedVersion>,
    pub sites: BTreeMap<SiteOid, Site>,
    pub is_locked: bool,
}

impl StudyState {
    pub fn apply(&mut self, sequence: u64, recorded_at_ms: i64, event: &StudyEvent) {
        self.sequence = sequence;
        self.recorded_at_ms = recorded_at_ms;
        match event {
            StudyEvent::VersionPublished(version) => self.versions.push(PublishedVersion {
                hash: version.hash.clone(),
                version_oid: version.version_oid.clone(),
                version_name: version.version_name.clone(),
                entry: sequence,
                published_at_ms: recorded_at_ms,
            }),
            StudyEvent::SiteAdded(added) => {
                let site = Site { added: added.clone(), status: SiteStatus::Pending };
                self.sites.insert(added.site.clone(), site);
            }
            StudyEvent::StudyLocked(_) => self.is_locked = true,
            StudyEvent::StudyUnlocked => self.is_locked = false,
            StudyEvent::SiteStatusChanged { site, status } => {
                if let Some(site) = self.sites.get_mut(site) {
                    site.status = *status;
                }
            }
        }
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
