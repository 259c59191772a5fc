//! What reading a study definition yields, from whatever format.

use kernel::{
    StudyVersion,
    study::{FormRef, Kept, StudyEventDef, StudyEventRef},
};

use crate::{Finding, Places};

/// The study versions of one file, with what else it says about people and places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedDesign {
    /// In the order of the file.
    pub versions: Vec<Draft>,
    pub warnings: Vec<Finding>,
    pub sites: Vec<Location>,
    pub users: Vec<User>,
    pub signatures: Vec<SignatureDef>,
}

/// The event of forms whose source knows no schedule.
const ONLY_EVENT: &str = "EVENT.1";

impl ImportedDesign {
    /// A version whose source knows forms and no schedule: all of them belong to one event.
    pub(crate) fn of_forms(
        mut version: StudyVersion,
        places: Places,
        warnings: Vec<Finding>,
    ) -> Self {
        let forms = version.forms.iter();
        let forms = forms.map(|form| FormRef { form: form.oid.clone(), ..FormRef::default() });
        version.events.push(StudyEventDef {
            oid: ONLY_EVENT.into(),
            name: "Event 1".to_owned(),
            forms: forms.collect(),
            ..StudyEventDef::default()
        });
        version.protocol.event_refs.push(StudyEventRef {
            event: ONLY_EVENT.into(),
            order: Some(1),
            ..StudyEventRef::default()
        });
        Self { versions: vec![Draft { version, places }], warnings, ..Self::default() }
    }
}

/// One study version as read, and where its parts stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub version: StudyVersion,
    pub places: Places,
}

/// A place where the study runs (ODM AdminData/Location).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    pub oid: String,
    pub name: String,
    /// Sponsor, Site, CRO, Lab or Other.
    pub kind: Option<String>,
    pub versions: Vec<VersionInForce>,
    pub kept: Kept,
}

/// From when a location works under a study version (ODM MetaDataVersionRef).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionInForce {
    pub study_oid: String,
    pub version_oid: String,
    /// ISO 8601 date as written.
    pub effective_date: String,
}

/// A person in the study (ODM AdminData/User).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub oid: String,
    /// Sponsor, Investigator, Lab or Other.
    pub kind: Option<String>,
    pub login_name: Option<String>,
    pub display_name: Option<String>,
    pub full_name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub organization: Option<String>,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub locations: Vec<String>,
    pub kept: Kept,
}

/// What signing means (ODM AdminData/SignatureDef).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureDef {
    pub oid: String,
    /// Digital by a certificate, else electronic by name and password.
    pub digital: bool,
    pub meaning: String,
    pub legal_reason: String,
}
