//! The whole trial as FHIR resources, and back.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader},
};

use serde_json::Value;

use super::trial::TRIAL;

#[path = "../../../formats/src/fhir/tests/schema.rs"]
mod schema;

/// Resources of one kind that are held against the schema, for each questionnaire or test.
const VALIDATED: u64 = 5;

fn resources(file: &str) -> impl Iterator<Item = Value> {
    let lines = BufReader::new(File::open(file).unwrap()).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

#[test]
fn the_trial_as_fhir_is_valid_and_an_import_of_it_changes_nothing() {
    let out = TRIAL.path("study.ndjson");
    TRIAL.run(&["export"], &["--format", "fhir-ndjson", "--unblinded", "--out", &out]);
    let (mut counts, mut kinds) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
    let (mut schema, mut answers) = (schema::Schema::default(), 0);
    for resource in resources(&out) {
        let kind = resource["resourceType"].as_str().unwrap().to_owned();
        let what = format!("{kind} {} {}", resource["questionnaire"], resource["code"]["text"]);
        let seen = kinds.entry(what).or_default();
        *seen += 1;
        if *seen <= VALIDATED {
            assert_eq!(schema.faults(&resource), Vec::<String>::new(), "{resource}");
        }
        answers += resource.to_string().matches("\"answer\":").count();
        *counts.entry(kind).or_default() += 1;
    }
    // What the trial has of each: see the tables of the same export as CSV.
    let rows = |table: &str| TRIAL.table(table).len() as u64;
    assert_eq!(counts["ResearchStudy"], 1);
    assert_eq!(counts["ResearchSubject"], 306);
    assert_eq!(counts["QuestionnaireResponse"], 21_759);
    assert_eq!(counts["AdverseEvent"], rows("F.AE.csv"));
    let results = rows("F.LBCH.IG.LB.csv") + rows("F.LBHE.IG.LB.csv") + rows("F.LBUR.IG.LB.csv");
    let vital = TRIAL.table("F.VS.IG.VS.csv");
    let columns = ["HEIGHT", "WEIGHT", "TEMP", "SYSBP", "DIABP", "PULSE"];
    let is_result =
        |(column, cell): &&(String, String)| columns.contains(&column.as_str()) && !cell.is_empty();
    let vital = vital.iter().flatten().filter(is_result).count() as u64;
    assert_eq!(counts["Observation"], results + vital);

    let report = TRIAL.run(&["import", &out], &["--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    for outcome in ["accepted", "changed", "rejected", "values"] {
        assert_eq!(report[outcome], 0, "{report}");
    }
    assert_eq!(report["unchanged"], answers as u64 + counts["ResearchSubject"], "{report}");
}

#[test]
fn what_reveals_the_arm_is_not_in_an_ordinary_bundle() {
    let out = TRIAL.path("blinded.json");
    TRIAL.run(&["export"], &["--format", "fhir", "--out", &out]);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(!text.contains("I.ARM.ARMCD") && !text.contains("assignedArm"));
    assert!(text.contains("\"ResearchSubject\"") && text.contains("I.DM.SEX"));
}

#[test]
fn a_changed_answer_is_one_change_and_a_wrong_one_names_its_place() {
    let out = TRIAL.path("dm.ndjson");
    TRIAL.run(
        &["export"],
        &["--format", "fhir-ndjson", "--unblinded", "--form", "F.SC", "--out", &out],
    );
    let text = std::fs::read_to_string(&out).unwrap();
    let line = text.lines().find(|line| line.contains("QuestionnaireResponse\"")).unwrap();
    let number = text.lines().position(|one| one == line).unwrap() + 1;
    let mut response: Value = serde_json::from_str(line).unwrap();
    let answer = &mut response["item"][0]["item"][0];
    let question = answer["linkId"].as_str().unwrap().to_owned();
    answer["answer"][0] = serde_json::json!({ "valueString": "no such value" });
    let bad = TRIAL.path("bad.ndjson");
    std::fs::write(&bad, text.replace(line, &response.to_string())).unwrap();
    let output = TRIAL.try_run(&["import", &bad], &["--dry-run"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&format!("line {number}")) && said.contains(&question), "{said}");
    assert!(said.contains("1 rejected"), "{said}");
}
