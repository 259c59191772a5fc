//! What an operator and an auditor do with the trial.

use super::trial::{TRIAL, program, rows, text};

#[test]
fn the_journal_is_whole_and_the_views_follow_from_it() {
    let report = text(&program(&["verify", "--json", "--data"], &TRIAL.data(), &[]));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["faultsTotal"], 0, "{report}");
    assert!(report["entries"].as_u64().unwrap() > 20_000, "{report}");
}

#[test]
fn a_second_import_of_a_file_changes_nothing() {
    let file = super::trial::demo().join("data/raw/ec_raw.csv").display().to_string();
    let mapping = super::trial::demo().join("mappings/ec.toml").display().to_string();
    let report = TRIAL.run(&["import", &file], &["--mapping", &mapping, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["unchanged"], 591, "{report}");
    assert_eq!(report["values"], 0, "{report}");
}

#[test]
fn an_import_of_the_exported_odm_changes_nothing() {
    let out = TRIAL.path("all.xml");
    TRIAL.run(&["export"], &["--format", "odm", "--unblinded", "--out", &out]);
    let report = TRIAL.run(&["import", &out], &["--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for outcome in ["accepted", "changed", "rejected", "values"] {
        assert_eq!(report[outcome], 0, "{report}");
    }
    assert!(report["unchanged"].as_u64().unwrap() > 700_000, "{report}");
}

#[test]
fn values_that_reveal_the_arm_are_left_out_of_an_ordinary_export() {
    let out = TRIAL.path("blinded");
    TRIAL.run(&["export"], &["--format", "csv", "--form", "F.DM", "--out", &out]);
    let blinded = rows(&std::path::Path::new(&out).join("F.DM.csv"));
    assert_eq!(blinded.len(), 306);
    assert!(blinded[0].iter().all(|(column, _)| column != "ARMCD"));
    let open = TRIAL.table("F.DM.csv");
    assert!(open[0].iter().any(|(column, _)| column == "ARMCD"));
}

#[test]
fn a_file_with_a_bad_row_changes_nothing_and_names_the_place() {
    let bad = std::path::PathBuf::from(TRIAL.path("bad_ec.csv"));
    let text = std::fs::read_to_string(super::trial::demo().join("data/raw/ec_raw.csv")).unwrap();
    std::fs::write(&bad, text.replacen("02-Jan-2014", "31-Feb-2014", 1)).unwrap();
    let mapping = super::trial::demo().join("mappings/ec.toml").display().to_string();
    let file = bad.display().to_string();
    let output = TRIAL.try_run(&["import", &file], &["--mapping", &mapping]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("row 1") && said.contains("31-Feb-2014"), "{said}");
    assert!(said.contains("nothing was written"), "{said}");
}

#[test]
fn a_dated_event_is_noted_for_a_subject() {
    let options =
        ["--subject", "01-701-1015", "--event", "Telephone contact", "--date", "2014-03-02"];
    let said = TRIAL.run(&["record"], &options);
    assert!(said.contains("2014-03-02") && said.contains("Telephone contact"), "{said}");
    let unknown = TRIAL.try_run(&["record"], &["--subject", "nobody", "--event", "x"]);
    assert!(!unknown.status.success());
}
