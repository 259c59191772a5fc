//! Resources held against the JSON schema that HL7 publishes for FHIR R4 (4.0.1), by a validator that is
//! not ours.

use std::{cell::OnceCell, collections::HashMap, io::Read as _};

use serde_json::{Value, json};

/// The resources that are contained in others, or in a Bundle: the schema knows 148, and tries them all.
const KINDS: [&str; 8] = [
    "AdverseEvent",
    "Bundle",
    "Consent",
    "Observation",
    "Questionnaire",
    "QuestionnaireResponse",
    "ResearchStudy",
    "ResearchSubject",
];

/// Validates resources of the types in [`KINDS`].
#[derive(Default)]
pub struct Schema {
    definitions: OnceCell<Value>,
    validators: HashMap<String, jsonschema::Validator>,
}

impl Schema {
    fn definitions(&self) -> &Value {
        self.definitions.get_or_init(|| {
            let packed = include_bytes!("../../../tests/data/fhir/fhir.schema.json.gz");
            let mut text = String::new();
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
            let mut schema: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(schema["id"], "http://hl7.org/fhir/json-schema/4.0");
            let mut definitions = schema["definitions"].take();
            let one_of = KINDS.map(|kind| json!({ "$ref": format!("#/definitions/{kind}") }));
            definitions["ResourceList"] = json!({ "oneOf": one_of });
            definitions
        })
    }

    /// What is wrong with a resource.
    pub fn faults(&mut self, resource: &Value) -> Vec<String> {
        let kind = resource["resourceType"].as_str().unwrap_or_default();
        if !KINDS.contains(&kind) {
            return vec![format!("'{kind}' is no type that is written here")];
        }
        if !self.validators.contains_key(kind) {
            let schema = json!({
                "$schema": "http://json-schema.org/draft-06/schema#",
                "allOf": [{ "$ref": format!("#/definitions/{kind}") }],
                "definitions": self.definitions(),
            });
            self.validators.insert(kind.to_owned(), jsonschema::validator_for(&schema).unwrap());
        }
        let errors = self.validators[kind].iter_errors(resource);
        errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}
