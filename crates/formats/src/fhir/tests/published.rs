//! The examples that HL7 publishes with R4.

use super::{reasons, schema::Schema, *};
use crate::{fhir::read_questionnaires, mapping::Given};

pub(super) fn example(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/fhir/examples");
    std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap()
}

/// The study that a published questionnaire makes.
fn design(name: &str) -> (Design, Vec<String>) {
    let read = read_questionnaires(example(name).as_bytes(), name, "FORMS").unwrap();
    let findings = read.warnings.iter().map(ToString::to_string).collect();
    let version = read.versions.into_iter().next().unwrap().version;
    let design = Design::new(Arc::new(version));
    let faults = kernel::study::faults(&design);
    assert!(faults.is_empty(), "{name}: {faults:?}");
    (design, findings)
}

/// A published response with a subject that a study can know.
fn response(name: &str, questionnaire: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(&example(name)).unwrap();
    json["subject"] = serde_json::json!({ "identifier": { "value": "S1" } });
    json["questionnaire"] = questionnaire.into();
    json.to_string()
}

/// What a response gives: group, repeat, item and text of each value.
fn values(taken: &[Taken]) -> Vec<(String, String, String, String)> {
    let records = taken.iter().filter_map(|taken| match taken {
        Taken::Record(record) => Some(record),
        _ => None,
    });
    let cells = records.flat_map(|record| &record.cells).map(|cell| {
        let text = match &cell.given {
            Given::Text(text) => text.clone(),
            Given::Missing(reason) => reason.code().to_owned(),
        };
        let row = &cell.item.row;
        (row.group.to_string(), row.repeat.to_string(), cell.item.item.to_string(), text)
    });
    cells.collect()
}

#[test]
fn the_schema_takes_the_published_examples_and_refuses_what_is_broken() {
    let mut schema = Schema::default();
    for name in
        ["questionnaire-example", "questionnaireresponse-example-bluebook", "adverseevent-example"]
    {
        let json = serde_json::from_str(&example(name)).unwrap();
        let faults = schema.faults(&json);
        assert!(faults.is_empty(), "{name}: {faults:?}");
        let mut broken = json.clone();
        broken["item"] = serde_json::json!("none");
        assert!(!schema.faults(&broken).is_empty(), "{name}");
    }
}

#[test]
fn every_published_questionnaire_is_a_form_without_faults() {
    for (name, items) in [
        ("questionnaire-example", 6),
        ("questionnaire-example-bluebook", 10),
        ("questionnaire-example-f201-lifelines", 7),
        ("questionnaire-example-gcs", 3),
        ("questionnaire-cqf-example", 10),
        ("questionnaire-zika-virus-exposure-assessment", 6),
    ] {
        let (design, _) = design(name);
        assert_eq!(design.version().items.len(), items, "{name}");
    }
}

#[test]
fn options_of_a_contained_value_set_become_a_code_list_and_the_response_is_read() {
    let (design, findings) = design("questionnaire-example-gcs");
    let list = &design.version().code_lists[0];
    assert_eq!(list.items.len(), 5, "{findings:?}");
    assert_eq!(list.aliases[0].name, "http://loinc.org");
    let read = taken(&design, &response("questionnaireresponse-example-gcs", "Questionnaire/gcs"));
    let texts: Vec<String> = values(&read).into_iter().map(|value| value.3).collect();
    assert_eq!(texts, ["LA6560-2", "LA6566-9", "LA6556-0"]);
    let said = reasons(&read).join("\n");
    assert!(
        said.contains(
            "linkId 1.1: not taken: extension http://hl7.org/fhir/StructureDefinition/ordinalValue"
        ),
        "{said}"
    );
    assert!(said.contains("not taken: authored, source"), "{said}");
}

#[test]
fn questions_below_answers_are_found_and_conditions_translated() {
    let (design, _) = design("questionnaire-example-bluebook");
    let conditions = design.version().conditions.iter();
    let texts: Vec<&str> = conditions.map(|one| one.expressions[0].text.as_str()).collect();
    assert!(
        texts.iter().any(|text| text.contains("answered(vitaminKgiven)")),
        "the doses are asked for when vitamin K was given: {texts:?}"
    );
    let url = "http://hl7.org/fhir/Questionnaire/bb";
    let read = taken(&design, &response("questionnaireresponse-example-bluebook", url));
    let values = values(&read);
    assert_eq!(values.len(), 8, "{values:?}\n{:?}", reasons(&read));
    let of = |item: &str| values.iter().find(|value| value.2.ends_with(item)).unwrap();
    assert_eq!(of(".birthLength").3, "44.3");
    assert_eq!(of(".hepBgivenDate").3, "1972-12-04");
    assert_eq!(of(".hepBgiven").3, "true");
    // The questionnaire calls them vitaminiKDose1 and vitaminiKDose2.
    for link in ["vitaminKDose1", "vitaminKDose2"] {
        let said = format!("QuestionnaireResponse/bb, linkId {link}: the form has no such item");
        assert!(reasons(&read).contains(&said.as_str()), "{:?}", reasons(&read));
    }
}

#[test]
fn other_published_resources_are_refused_with_the_reason() {
    let design = demo();
    for (name, reason) in [
        ("observation-example-f005-hemoglobin", "it says no item: give an identifier"),
        ("observation-example-bloodpressure-cancel", "its status is 'cancelled'"),
        ("adverseevent-example", "it says no record: give an identifier of system"),
        ("researchsubject-example", "it has no key: give an identifier of system"),
        ("questionnaireresponse-example", "it names no questionnaire"),
        (
            "questionnaireresponse-example-ussg-fht-answers",
            "no form of the study is Questionnaire/ussg-fht",
        ),
    ] {
        let read = taken(&design, &example(name));
        let [Taken::Refused { reason: said, row }] = read.as_slice() else {
            panic!("{name}: {read:?}")
        };
        assert!(said.contains(reason), "{name}: {said}");
        assert_eq!((row.row, row.line), (1, 1));
    }
    let read = taken(&design, &example("researchstudy-example"));
    assert!(
        matches!(&read[0], Taken::Skipped { reason, .. } if reason.contains("of the definition"))
    );
    let read = taken(&design, &example("bundle-example"));
    assert!(
        !read.is_empty() && read.iter().all(|one| matches!(one, Taken::Refused { .. })),
        "{read:?}"
    );
}
