//! What neither ODM can say: edit checks, source data verification, blinding and whatever else a
//! study version comes to hold. It travels as JSON in an element of our own.

use kernel::StudyVersion;
use serde_json::{Map, Value};

/// The version with what ODM says from `odm` and everything else from `beyond`.
pub(super) fn complete(odm: StudyVersion, beyond: StudyVersion) -> StudyVersion {
    StudyVersion {
        study_oid: odm.study_oid,
        study_name: odm.study_name,
        study_description: odm.study_description,
        protocol_name: odm.protocol_name,
        version_oid: odm.version_oid,
        version_name: odm.version_name,
        version_description: odm.version_description,
        protocol: odm.protocol,
        units: odm.units,
        events: odm.events,
        forms: odm.forms,
        item_groups: odm.item_groups,
        items: odm.items,
        code_lists: odm.code_lists,
        methods: odm.methods,
        conditions: odm.conditions,
        kept: odm.kept,
        ..beyond
    }
}

pub(super) fn parse(json: &str) -> Result<StudyVersion, serde_json::Error> {
    serde_json::from_str(json)
}

/// The JSON of what ODM cannot say; `None` when there is nothing.
pub(super) fn json(version: &StudyVersion) -> Option<String> {
    let members = |version: &StudyVersion| -> Map<String, Value> {
        match serde_json::to_value(version) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        }
    };
    let nothing = members(&StudyVersion::default());
    let mut beyond = members(&complete(StudyVersion::default(), version.clone()));
    beyond.retain(|name, value| nothing.get(name) != Some(value));
    (!beyond.is_empty()).then(|| Value::Object(beyond).to_string())
}
