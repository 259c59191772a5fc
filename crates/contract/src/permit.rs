//! What may be done where, and the ticket for doing it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Caller, Error, Role};

/// The acts that are permitted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// See the design of a study and its sites.
    ReadStudy,
    /// Bring a study version or sites into the system, or put them in force.
    PublishStudy,
    /// See subjects, their values, queries and history.
    ReadData,
    /// See values that tell who gets which treatment.
    ReadUnblinded,
    /// Screen, enrol, and change the status of subjects; note their events.
    ManageSubjects,
    /// Enter, change, remove and restore values.
    EnterData,
    /// Load data from files.
    ImportData,
    /// Take data out.
    ExportData,
    /// Open, close, reopen and cancel queries.
    RaiseQueries,
    /// Answer queries.
    AnswerQueries,
    /// State that values agree with their source, and take it back.
    VerifyData,
    /// Freeze and unfreeze records.
    FreezeData,
    /// Lock and unlock records.
    LockData,
    /// Sign records.
    SignData,
    /// Read the journal and verify it.
    ReadJournal,
    /// Add users and grants.
    ManageUsers,
    /// Hand tasks of the investigator to staff of the site.
    DelegateTasks,
    /// Ask, as a door or service of the system, who somebody is.
    AuthenticateCallers,
    /// Keep the portfolio: studies, the sites that take part, and who works on them.
    ManagePortfolio,
    /// Have the events of a study sent to other systems.
    ManageWebhooks,
    /// Draft a study version, and see what it would mean for what is there.
    DesignStudy,
    /// Bring existing casebooks to another study version.
    MigrateData,
}

impl Act {
    pub const ALL: [Self; 22] = [
        Self::ReadStudy,
        Self::PublishStudy,
        Self::ReadData,
        Self::ReadUnblinded,
        Self::ManageSubjects,
        Self::EnterData,
        Self::ImportData,
        Self::ExportData,
        Self::RaiseQueries,
        Self::AnswerQueries,
        Self::VerifyData,
        Self::FreezeData,
        Self::LockData,
        Self::SignData,
        Self::ReadJournal,
        Self::ManageUsers,
        Self::DelegateTasks,
        Self::AuthenticateCallers,
        Self::ManagePortfolio,
        Self::ManageWebhooks,
        Self::DesignStudy,
        Self::MigrateData,
    ];

    /// The name that stands in refusals.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadStudy => "read_study",
            Self::PublishStudy => "publish_study",
            Self::ReadData => "read_data",
            Self::ReadUnblinded => "read_unblinded",
            Self::ManageSubjects => "manage_subjects",
            Self::EnterData => "enter_data",
            Self::ImportData => "import_data",
            Self::ExportData => "export_data",
            Self::RaiseQueries => "raise_queries",
            Self::AnswerQueries => "answer_queries",
            Self::VerifyData => "verify_data",
            Self::FreezeData => "freeze_data",
            Self::LockData => "lock_data",
            Self::SignData => "sign_data",
            Self::ReadJournal => "read_journal",
            Self::ManageUsers => "manage_users",
            Self::DelegateTasks => "delegate_tasks",
            Self::AuthenticateCallers => "authenticate_callers",
            Self::ManagePortfolio => "manage_portfolio",
            Self::ManageWebhooks => "manage_webhooks",
            Self::DesignStudy => "design_study",
            Self::MigrateData => "migrate_data",
        }
    }

    /// Whether a grant at one site is enough to do the act for the whole study.
    pub(crate) fn is_study_wide(self) -> bool {
        self == Self::ReadStudy
    }

    /// The table of roles. An administrator runs the system and does no clinical work
    /// (ICH E6(R3) §4.2.2: who can change settings should not change data).
    pub fn is_allowed_for(self, role: Role) -> bool {
        use Role::{
            Administrator, Auditor, Coder, Coordinator, DataManager, ImagingReader,
            InstitutionManager, Investigator, Monitor, Participant, Pharmacist, ServiceAccount,
            Statistician, StudyDesigner,
        };
        match self {
            Self::ReadStudy => role != Participant,
            Self::PublishStudy => matches!(role, StudyDesigner | Administrator),
            Self::ReadData => !matches!(
                role,
                Participant | Administrator | StudyDesigner | ImagingReader | InstitutionManager
            ),
            Self::ReadUnblinded => matches!(role, Pharmacist),
            Self::ManageSubjects => {
                matches!(role, Investigator | Coordinator | DataManager | ServiceAccount)
            }
            Self::EnterData => matches!(role, Investigator | Coordinator | ServiceAccount),
            Self::ImportData => matches!(role, DataManager | ServiceAccount),
            Self::ExportData => {
                matches!(role, DataManager | Statistician | Auditor | ServiceAccount)
            }
            Self::RaiseQueries => matches!(role, DataManager | Monitor | Coder | ServiceAccount),
            Self::AnswerQueries => matches!(role, Investigator | Coordinator | ServiceAccount),
            Self::VerifyData => matches!(role, Monitor),
            Self::FreezeData => matches!(role, Monitor | DataManager),
            Self::LockData | Self::MigrateData => matches!(role, DataManager),
            Self::SignData | Self::DelegateTasks => matches!(role, Investigator),
            Self::ReadJournal => matches!(role, Auditor | DataManager | Monitor | Administrator),
            Self::ManageUsers | Self::ManagePortfolio => {
                matches!(role, Administrator | InstitutionManager)
            }
            Self::AuthenticateCallers => matches!(role, ServiceAccount),
            Self::ManageWebhooks => matches!(role, Administrator | DataManager),
            Self::DesignStudy => matches!(role, StudyDesigner | DataManager | Administrator),
        }
    }
}

impl FromStr for Act {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|act| act.name() == text);
        found.ok_or_else(|| Error::invalid("act", format!("no act is called `{text}`")))
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where something is to be done: in the whole system, in a study, or at one of its sites.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Scope {
    study: Option<String>,
    site: Option<String>,
}

impl Scope {
    /// The whole system.
    pub fn system() -> Self {
        Self::default()
    }

    /// The whole of one study.
    pub fn study_wide(study: impl Into<String>) -> Self {
        Self { study: Some(study.into()), site: None }
    }

    /// One site of one study.
    pub fn at_site(study: impl Into<String>, site: impl Into<String>) -> Self {
        Self { study: Some(study.into()), site: Some(site.into()) }
    }

    pub fn study(&self) -> Option<&str> {
        self.study.as_deref()
    }

    pub fn site(&self) -> Option<&str> {
        self.site.as_deref()
    }
}

/// The ticket for one act in one scope. Only [`Caller::permit`] makes it; what writes takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    user: String,
    on_behalf_of: Option<String>,
    role: Role,
    act: Act,
    scope: Scope,
}

impl Permit {
    pub(crate) fn new(caller: &Caller, role: Role, act: Act, scope: Scope) -> Self {
        Self {
            user: caller.user.clone(),
            on_behalf_of: caller.on_behalf_of.clone(),
            role,
            act,
            scope,
        }
    }

    /// Who acts.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// For whom, when it is somebody else.
    pub fn on_behalf_of(&self) -> Option<&str> {
        self.on_behalf_of.as_deref()
    }

    /// The role that allows the act.
    pub fn role(&self) -> Role {
        self.role
    }

    pub fn act(&self) -> Act {
        self.act
    }

    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}
