//! Who makes a call.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Act, Error, Permit, Role, Scope};

/// A person or program whose identity was proven, with the grants in force at that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The name under which the caller is known and recorded.
    pub user: String,
    /// For whom the caller acts, when it is somebody else.
    pub on_behalf_of: Option<String>,
    /// How the identity was proven. A signature needs [`Authentication::Password`], or a ticket for
    /// which the password was given.
    pub authentication: Authentication,
    /// Only grants that are in force: whoever authenticates drops the others.
    pub grants: Vec<Grant>,
    /// The id of the session in which a person calls. It is no secret.
    #[serde(default)]
    pub session: Option<String>,
    /// The only acts for which a key or token of a program is good; all that the grants allow when
    /// absent.
    #[serde(default)]
    pub acts: Option<BTreeSet<Act>>,
    /// The visible part of the API key with which a program calls. It is no secret.
    #[serde(default)]
    pub key: Option<String>,
}

/// How a caller has proven who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// By name and password with this very call.
    Password,
    /// By a token or session that was issued earlier.
    Token,
    /// The program itself, on its own command line or schedule.
    System,
    /// Not at all: the caller of a public method.
    Nobody,
}

/// One role, for one study or all, at one site or all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub role: Role,
    /// The OID of the study; all studies when absent.
    pub study: Option<String>,
    /// The OID of the site; all sites of the study when absent.
    pub site: Option<String>,
}

/// The sites of a study at which a caller may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sites {
    All,
    Only(BTreeSet<String>),
}

/// The studies in which a caller may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Studies {
    All,
    Only(BTreeSet<String>),
}

impl Caller {
    /// Somebody whose identity was proven, with the grants in force.
    pub fn new(
        user: impl Into<String>,
        authentication: Authentication,
        grants: Vec<Grant>,
    ) -> Self {
        Self {
            user: user.into(),
            on_behalf_of: None,
            authentication,
            grants,
            session: None,
            acts: None,
            key: None,
        }
    }

    /// The program itself, acting as administrator of everything, under a name for the record.
    pub fn system(user: impl Into<String>) -> Self {
        let everything = Grant { role: Role::Administrator, study: None, site: None };
        let service = Grant { role: Role::ServiceAccount, study: None, site: None };
        Self::new(user, Authentication::System, vec![everything, service])
    }

    /// Somebody of whom nothing is known, as public methods are called. No grant, no name.
    pub fn anonymous() -> Self {
        Self::new("", Authentication::Nobody, Vec::new())
    }

    /// Asks whether the caller may do `act` in `scope`; the permit is the ticket for doing it.
    ///
    /// Refuses with `NOT_PERMITTED`. The role that is recorded is the one of the first grant that
    /// allows the act.
    pub fn permit(&self, act: Act, scope: Scope) -> Result<Permit, Error> {
        let grant = self.grants_for(act).find(|grant| grant.covers(act, &scope));
        match grant {
            Some(grant) => Ok(Permit::new(self, grant.role, act, scope)),
            None => Err(Error::not_permitted(act, &scope)),
        }
    }

    /// The sites of `study` at which the caller may do `act`: what lists are cut down to.
    pub fn sites(&self, act: Act, study: &str) -> Sites {
        let mut only = BTreeSet::new();
        for grant in self.grants_for(act).filter(|grant| grant.reaches(act, study)) {
            match &grant.site {
                None => return Sites::All,
                Some(site) => only.insert(site.clone()),
            };
        }
        Sites::Only(only)
    }

    /// The studies in which the caller may do `act` anywhere: what lists of studies are cut down to.
    pub fn studies(&self, act: Act) -> Studies {
        let mut only = BTreeSet::new();
        for grant in self.grants_for(act).filter(|grant| act.is_allowed_for(grant.role)) {
            match &grant.study {
                None => return Studies::All,
                Some(study) => only.insert(study.clone()),
            };
        }
        Studies::Only(only)
    }

    /// Whether the caller may do `act` anywhere in `study`.
    pub fn reaches(&self, act: Act, study: &str) -> bool {
        self.grants_for(act).any(|grant| grant.reaches(act, study))
    }

    /// The grants, unless the key or token is not good for the act.
    fn grants_for(&self, act: Act) -> impl Iterator<Item = &Grant> {
        let is_good = self.acts.as_ref().is_none_or(|acts| acts.contains(&act));
        self.grants.iter().filter(move |_| is_good)
    }
}

impl Sites {
    pub fn contains(&self, site: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(sites) => sites.contains(site),
        }
    }
}

impl Grant {
    fn reaches(&self, act: Act, study: &str) -> bool {
        act.is_allowed_for(self.role) && self.study.as_deref().is_none_or(|own| own == study)
    }

    fn covers(&self, act: Act, scope: &Scope) -> bool {
        let study = match (&self.study, scope.study()) {
            (None, _) => true,
            (Some(own), Some(asked)) => own == asked,
            (Some(_), None) => false,
        };
        let site = match (&self.site, scope.site()) {
            (None, _) => true,
            (Some(own), Some(asked)) => own == asked,
            (Some(_), None) => act.is_study_wide(),
        };
        study && site && act.is_allowed_for(self.role)
    }
}
