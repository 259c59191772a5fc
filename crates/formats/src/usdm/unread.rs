//! What a file says that is not read: listed, so that nothing is dropped in silence.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Reading,
    json::{list, text},
};

/// Members that say nothing by themselves.
const BOOKKEEPING: [&str; 6] = ["id", "name", "label", "instanceType", "nextId", "previousId"];

const STUDY: [&str; 1] = ["versions"];
const VERSION: [&str; 7] = [
    "versionIdentifier",
    "titles",
    "studyIdentifiers",
    "studyDesigns",
    "eligibilityCriterionItems",
    "biomedicalConcepts",
    "dictionaries",
];
const DESIGN: [&str; 18] = [
    "description",
    "studyType",
    "studyPhase",
    "therapeuticAreas",
    "characteristics",
    "encounters",
    "activities",
    "arms",
    "studyCells",
    "epochs",
    "indications",
    "objectives",
    "scheduleTimelines",
    "eligibilityCriteria",
    "subTypes",
    "model",
    "intentTypes",
    "blindingSchema",
];

/// What is read of each object in the lists of a design.
const IN_DESIGN: [(&str, &[&str]); 8] = [
    ("encounters", &["description", "scheduledAtId", "transitionStartRule", "transitionEndRule"]),
    ("activities", &["description", "biomedicalConceptIds", "bcSurrogateIds"]),
    ("arms", &["description"]),
    ("epochs", &["description"]),
    ("studyCells", &["armId", "epochId"]),
    ("eligibilityCriteria", &["category", "identifier", "criterionItemId"]),
    ("objectives", &["level", "text", "dictionaryId", "endpoints"]),
    ("indications", &["codes"]),
];

/// What is read of a biomedical concept and of its properties.
const CONCEPT: [&str; 2] = ["properties", "code"];
const PROPERTY: [&str; 4] = ["isRequired", "isEnabled", "datatype", "responseCodes"];

impl Reading<'_> {
    pub(super) fn report_unread(&mut self, study: &Value, version: &Value, design: &Value) {
        self.unread_of(std::slice::from_ref(study), &STUDY, "study");
        self.unread_of(std::slice::from_ref(version), &VERSION, "study version");
        self.unread_of(std::slice::from_ref(design), &DESIGN, "study design");
        for (name, read) in IN_DESIGN {
            self.unread_of(list(design, name), read, name);
        }
        let concepts = list(version, "biomedicalConcepts");
        self.unread_of(concepts, &CONCEPT, "biomedicalConcepts");
        for concept in concepts {
            let about = format!("biomedicalConcepts {}", text(concept, "name"));
            self.unread_of(list(concept, "properties"), &PROPERTY, &about);
        }
    }

    /// One note for each member that some of the objects have and that is not read.
    fn unread_of(&mut self, objects: &[Value], read: &[&str], about: &str) {
        let mut unread: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for object in objects {
            for (name, value) in object.as_object().into_iter().flatten() {
                let known = BOOKKEEPING.contains(&name.as_str()) || read.contains(&name.as_str());
                let says = size(value);
                if !known && says > 0 {
                    unread.entry(name).or_insert((0, text(object, "id"))).0 += says;
                }
            }
        }
        for (name, (count, first)) in unread {
            self.note(first, about, format!("{name} ({count}) is not read"));
        }
    }
}

/// How many things a value says.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.len(),
        Value::String(text) => usize::from(!text.is_empty()),
        Value::Null | Value::Bool(false) => 0,
        _ => 1,
    }
}
