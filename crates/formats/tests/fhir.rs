//! The demonstration trial as questionnaires, checked against what FHIR R4 says of a Questionnaire.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, fs::File, io::BufReader, path::Path, sync::Arc};

use formats::{fhir, odm};
use kernel::study::Design;
use serde_json::Value;

fn bundle() -> (Design, Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/crf.odm.xml");
    let file = BufReader::new(File::open(file).unwrap());
    let mut imported = odm::read_metadata(file, "crf.odm.xml").unwrap();
    let design = Design::new(Arc::new(imported.versions.remove(0).version));
    let bundle = fhir::questionnaires(&design, Some("https://example.org/fhir/"));
    (design, bundle)
}

/// Every item, with those within it.
fn items<'v>(of: &'v Value, into: &mut Vec<&'v Value>) {
    for item in of["item"].as_array().into_iter().flatten() {
        into.push(item);
        items(item, into);
    }
}

#[test]
fn every_form_is_a_questionnaire_that_keeps_the_invariants_of_the_standard() {
    const TYPES: [&str; 11] = [
        "group", "boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text",
        "url", "choice",
    ];
    let (design, bundle) = bundle();
    let entries = bundle["entry"].as_array().unwrap();
    assert_eq!(entries.len(), design.version().forms.len());
    for entry in entries {
        let form = &entry["resource"];
        assert_eq!(form["resourceType"], "Questionnaire");
        let name = form["name"].as_str().unwrap();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "que-0: {name}");
        assert!(name.chars().all(is_name), "que-0: {name}");
        assert_eq!(entry["fullUrl"], form["url"]);
        let mut all = Vec::new();
        items(form, &mut all);
        let ids: BTreeSet<&str> = all.iter().map(|one| one["linkId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), all.len(), "que-2: a linkId is there once in {name}");
        for item in all {
            let kind = item["type"].as_str().unwrap();
            assert!(TYPES.contains(&kind), "{item}");
            assert_eq!(kind == "group", item["item"].is_array(), "que-1: {item}");
            assert_eq!(kind == "choice", item["answerOption"].is_array(), "que-5: {item}");
            let has_length = item["maxLength"].is_number();
            assert!(!has_length || matches!(kind, "string" | "text" | "url"), "que-10: {item}");
        }
    }
}

#[test]
fn choices_languages_conditions_and_limits_are_there() {
    let (design, bundle) = bundle();
    let text = bundle.to_string();
    let version = design.version();
    let lists = version.items.iter().filter(|item| item.code_list.is_some()).count();
    assert!(lists > 0 && text.matches("\"answerOption\"").count() > 0);
    assert!(text.contains("\"valueCode\":\"zh"), "Chinese is a translation of the text");
    let repeats = version.item_groups.iter().any(kernel::study::ItemGroupDef::repeats);
    assert_eq!(repeats, text.contains("\"repeats\":true"));
}
