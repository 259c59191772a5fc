//! What can happen to a study of the portfolio.

use kernel::SiteOid;
use serde::{Deserialize, Serialize};

/// An entry of the log of a study. A change says everything as it is from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum PortfolioEvent {
    StudyCreated(StudyFacts),
    StudyChanged(StudyFacts),
    SiteAdded {
        site: SiteOid,
        facts: SiteFacts,
    },
    SiteChanged {
        site: SiteOid,
        facts: SiteFacts,
    },
    StaffAssigned(Assignment),
    /// The work ends at the time of the entry.
    StaffRemoved(Post),
}

/// What is said of a study.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyFacts {
    pub name: String,
    pub protocol_number: Option<String>,
    pub sponsor: Option<String>,
    pub phase: Option<Phase>,
    pub indication: Option<String>,
    pub planned_sites: Option<u32>,
    pub planned_subjects: Option<u32>,
    pub status: StudyStatus,
}

/// Trial Phase Response of the CDISC controlled terminology (C66737), as far as it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "these are the names of the terminology")]
pub(crate) enum Phase {
    NotApplicable,
    Phase0,
    Phase1,
    Phase1To2,
    Phase2,
    Phase2a,
    Phase2b,
    Phase2To3,
    Phase3,
    Phase3a,
    Phase3b,
    Phase4,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StudyStatus {
    #[default]
    Planned,
    Open,
    Closed,
    Archived,
}

/// What is said of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteFacts {
    pub institution: String,
    pub department: Option<String>,
    pub country: Option<String>,
    pub planned_subjects: Option<u32>,
    pub status: SiteStatus,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SiteStatus {
    #[default]
    Planned,
    Open,
    Closed,
}

/// Who works as what, where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Post {
    pub user: String,
    pub function: Function,
    /// The study as a whole when absent.
    pub site: Option<SiteOid>,
}

/// A post for a time, in UTC milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assignment {
    pub post: Post,
    pub from_ms: i64,
    /// Until before this instant; without an end when absent.
    pub until_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Function {
    PrincipalInvestigator,
    SubInvestigator,
    Coordinator,
    StudyNurse,
    Pharmacist,
    Monitor,
    MedicalMonitor,
    ProjectManager,
    StudyDesigner,
    DataManager,
    Coder,
    Statistician,
    ImagingReader,
    Auditor,
    Other,
}

impl PortfolioEvent {
    /// The kind of the entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::StudyCreated(_) => "StudyCreated",
            Self::StudyChanged(_) => "StudyChanged",
            Self::SiteAdded { .. } => "SiteAdded",
            Self::SiteChanged { .. } => "SiteChanged",
            Self::StaffAssigned(_) => "StaffAssigned",
            Self::StaffRemoved(_) => "StaffRemoved",
        }
    }
}

impl StudyStatus {
    /// Whether a study that stands here may next stand there.
    pub fn may_become(self, next: Self) -> bool {
        use StudyStatus::{Archived, Closed, Open, Planned};
        self == next
            || matches!(
                (self, next),
                (Planned | Closed, Open | Archived) | (Open | Archived, Closed)
            )
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Archived => "archived",
        }
    }
}

impl Assignment {
    pub fn is_in_force(&self, now_ms: i64) -> bool {
        self.from_ms <= now_ms && !self.is_over(now_ms)
    }

    pub fn is_over(&self, now_ms: i64) -> bool {
        self.until_ms.is_some_and(|until_ms| until_ms <= now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_in_force_from_its_first_to_before_its_last_millisecond() {
        let post = Post { user: "a".into(), function: Function::Monitor, site: None };
        let assignment = Assignment { post, from_ms: 10, until_ms: Some(20) };
        let in_force = [9, 10, 19, 20].map(|now_ms| assignment.is_in_force(now_ms));
        assert_eq!(in_force, [false, true, true, false]);
    }

    #[test]
    fn a_study_is_opened_once_and_archived_only_when_it_does_not_run() {
        use StudyStatus::{Archived, Closed, Open, Planned};
        assert!(Planned.may_become(Open) && Open.may_become(Closed) && Closed.may_become(Archived));
        assert!(Closed.may_become(Open) && Archived.may_become(Closed), "a step is taken back");
        assert!(!Open.may_become(Planned) && !Open.may_become(Archived));
        assert!(!Planned.may_become(Closed) && !Archived.may_become(Open));
    }
}
