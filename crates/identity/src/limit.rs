//! To what a key or token limits its bearer, beyond the roles of the user whose it is.

use contract::{Act, Error, Grant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Acts and studies; no limit where a set is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub acts: BTreeSet<Act>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub studies: BTreeSet<String>,
}

/// How a study is written in an OAuth scope.
const STUDY: &str = "study:";

impl Limit {
    pub(crate) fn is_none(&self) -> bool {
        self.acts.is_empty() && self.studies.is_empty()
    }

    /// Acts by name. Refuses a name that is none.
    pub(crate) fn new(acts: &[String], studies: &[String]) -> Result<Self, Error> {
        let acts = acts.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
        Ok(Self { acts, studies: studies.iter().cloned().collect() })
    }

    /// An OAuth scope: names of acts and `study:OID`, divided by spaces.
    pub(crate) fn of_scope(scope: &str) -> Result<Self, Error> {
        let mut limit = Self::default();
        for part in scope.split_ascii_whitespace() {
            if let Some(study) = part.strip_prefix(STUDY).filter(|study| !study.is_empty()) {
                limit.studies.insert(study.to_owned());
            } else {
                let act = part.parse::<Act>();
                limit.acts.insert(act.map_err(|_| Error::invalid("scope", "no such scope"))?);
            }
        }
        Ok(limit)
    }

    /// The other way round; `None` without a limit.
    pub(crate) fn to_scope(&self) -> Option<String> {
        let acts = self.acts.iter().map(|act| act.name().to_owned());
        let studies = self.studies.iter().map(|study| format!("{STUDY}{study}"));
        let parts: Vec<String> = acts.chain(studies).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The acts, if they are limited.
    pub(crate) fn limited_acts(&self) -> Option<BTreeSet<Act>> {
        (!self.acts.is_empty()).then(|| self.acts.clone())
    }

    /// What is left of grants within the studies.
    pub(crate) fn of_grants(&self, grants: Vec<Grant>) -> Vec<Grant> {
        if self.studies.is_empty() {
            return grants;
        }
        let mut left = Vec::new();
        for grant in grants {
            match &grant.study {
                Some(study) if self.studies.contains(study) => left.push(grant),
                Some(_) => {}
                None => left.extend(self.studies.iter().map(|study| Grant {
                    role: grant.role,
                    study: Some(study.clone()),
                    site: None,
                })),
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Role;

    #[test]
    fn a_scope_is_read_as_it_is_written() {
        let limit = Limit::of_scope("study:S1 read_data").unwrap();
        assert_eq!(limit.to_scope().as_deref(), Some("read_data study:S1"));
        assert_eq!(Limit::of_scope("").unwrap().to_scope(), None);
        assert!(Limit::of_scope("everything").is_err());
        assert!(Limit::of_scope("study:").is_err());
    }

    #[test]
    fn a_limit_to_studies_never_widens_a_grant() {
        let limit = Limit::of_scope("study:S1 study:S2").unwrap();
        let grant = |study: Option<&str>| Grant {
            role: Role::Monitor,
            study: study.map(str::to_owned),
            site: None,
        };
        let everywhere = limit.of_grants(vec![grant(None)]);
        assert_eq!(everywhere, [grant(Some("S1")), grant(Some("S2"))]);
        assert_eq!(limit.of_grants(vec![grant(Some("S1"))]), [grant(Some("S1"))]);
        assert_eq!(limit.of_grants(vec![grant(Some("S3"))]), []);
    }
}
