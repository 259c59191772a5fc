//! Changes to a study that REDCap defined, as changes to its dictionary.

use std::sync::Arc;

use kernel::{StudyVersion, study::Design};

use super::{
    dictionary::Dictionary,
    layout::Layout,
    study::{kept, to_study},
};
use crate::Finding;

/// A study version that is being changed.
#[derive(Debug)]
pub struct Edited {
    pub dictionary: Dictionary,
    before: StudyVersion,
}

/// Plans the project of a study version that was written as JSON.
pub fn layout_of_json(json: &[u8]) -> Result<Layout, serde_json::Error> {
    let version: StudyVersion = serde_json::from_slice(json)?;
    Ok(Layout::of(&Design::new(Arc::new(version))))
}

/// Takes up a study version to change its dictionary. Refuses one that was not defined in REDCap:
/// a dictionary cannot say all of it.
pub fn edit(json: &[u8]) -> Result<Edited, String> {
    let before: StudyVersion = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    if kept(&before.kept, "RecordIdField").is_none() {
        return Err(
            "the study was not defined by a REDCap dictionary, which cannot say all of it; \
                    change it in the study designer"
                .to_owned(),
        );
    }
    let dictionary = Layout::of(&Design::new(Arc::new(before.clone()))).dictionary;
    Ok(Edited { dictionary, before })
}

impl Edited {
    /// The changed version as JSON. What a dictionary does not say stays: the plan of source data
    /// verification, blinding, and checks that were written here.
    pub fn finish(self) -> String {
        self.into_version().1
    }

    /// The changed version, with what was not translated.
    pub fn into_version(self) -> (Vec<Finding>, String) {
        let Self { dictionary, before } = self;
        let mut design = to_study(&dictionary, "dictionary", before.study_oid.as_str());
        let mut version = design.versions.pop().map(|draft| draft.version).unwrap_or_default();
        version.study_name = before.study_name;
        version.study_description = before.study_description;
        version.protocol_name = before.protocol_name;
        version.version_oid = before.version_oid;
        version.version_name = before.version_name;
        version.protocol.criteria = before.protocol.criteria;
        version.protocol.parameters = before.protocol.parameters;
        version.protocol.objectives = before.protocol.objectives;
        version.study_day_1 = before.study_day_1;
        version.tabulation = before.tabulation;
        let items: std::collections::BTreeSet<kernel::ItemOid> =
            version.items.iter().map(|item| item.oid.clone()).collect();
        let has_item = |item: &kernel::ItemOid| items.contains(item);
        let own = before.checks.into_iter();
        let own =
            own.filter(|check| !check.oid.as_str().starts_with("FMT.") && has_item(&check.item));
        let own: Vec<_> = own.collect();
        version.visit_dates = before.visit_dates.into_iter().filter(has_item).collect();
        version.blinding = before.blinding;
        version.blinding.items.retain(has_item);
        version.sdv = before.sdv;
        for rule in &mut version.sdv.rules {
            rule.items.retain(has_item);
        }
        version.checks.extend(own);
        let json = serde_json::to_string(&version).expect("a study version has only text keys");
        (design.warnings, json)
    }
}
