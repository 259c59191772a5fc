//! The roles that a person or program can have in a study.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

/// What somebody is in a study or at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    StudyDesigner,
    DataManager,
    Investigator,
    Coordinator,
    Monitor,
    Coder,
    Statistician,
    Pharmacist,
    InstitutionManager,
    ImagingReader,
    Auditor,
    Administrator,
    Participant,
    ServiceAccount,
}

impl Role {
    pub const ALL: [Self; 14] = [
        Self::StudyDesigner,
        Self::DataManager,
        Self::Investigator,
        Self::Coordinator,
        Self::Monitor,
        Self::Coder,
        Self::Statistician,
        Self::Pharmacist,
        Self::InstitutionManager,
        Self::ImagingReader,
        Self::Auditor,
        Self::Administrator,
        Self::Participant,
        Self::ServiceAccount,
    ];

    /// The name that stands in journals, messages and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::StudyDesigner => "study_designer",
            Self::DataManager => "data_manager",
            Self::Investigator => "investigator",
            Self::Coordinator => "coordinator",
            Self::Monitor => "monitor",
            Self::Coder => "coder",
            Self::Statistician => "statistician",
            Self::Pharmacist => "pharmacist",
            Self::InstitutionManager => "institution_manager",
            Self::ImagingReader => "imaging_reader",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
            Self::Participant => "participant",
            Self::ServiceAccount => "service_account",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| Error::invalid("role", format!("no role is called `{text}`")))
    }
}
