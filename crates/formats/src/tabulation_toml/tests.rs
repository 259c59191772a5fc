use kernel::study::{RowContext, VariableSource};

use super::*;

const GOOD: &str = r#"# a comment
tabulation = "SDTM"
subjects = "DM"
[terms.arm]
A = "ARM A"
[[dataset]]
name = "DM"
label = "Demographics"
form = "F.DM"
variables = [
  { name = "USUBJID", label = "Subject", from = "SUBJECT" },
  { name = "ARM", label = "Arm", item = "ARMCD", terms = "arm" },
]
"#;

#[test]
fn a_variable_is_read_with_its_source_and_terms() {
    assert!(is_tabulation(GOOD));
    assert!(!is_tabulation("study = 'S1'\n"));
    let read = read(GOOD, "m.toml").unwrap();
    let variables = &read.tabulation.datasets[0].variables;
    assert_eq!(variables[0].source, VariableSource::Context(RowContext::Subject));
    assert_eq!(variables[1].terms["A"], "ARM A");
    assert_eq!(read.places.line("Tabulation", "DM.ARM"), Some(12));
}

#[test]
fn everything_that_is_wrong_is_named_at_once_with_line_and_variable() {
    let wrong = GOOD
        .replace("from = \"SUBJECT\"", "from = \"MOON\"")
        .replace("terms = \"arm\" },", "terms = \"legs\" },\n  { name = \"SEX\", color = 1 },\n  { name = \"AGE\", item = \"AGE\", value = \"1\" },");
    let faults = read(&wrong, "m.toml").unwrap_err();
    let said: Vec<String> = faults
        .iter()
        .map(|one| format!("{}:{} {}: {}", one.file, one.line.unwrap(), one.about, one.text))
        .collect();
    assert_eq!(said.len(), 4, "{said:#?}");
    assert!(said[0].starts_with("m.toml:11 DM.USUBJID: 'from' knows no 'MOON'"), "{said:#?}");
    assert!(said[1].starts_with("m.toml:12 DM.ARM: there are no terms 'legs'"), "{said:#?}");
    assert!(said[2].starts_with("m.toml:13 DM.SEX: unknown field `color`"), "{said:#?}");
    assert!(said[3].starts_with("m.toml:14 DM.AGE: says exactly one of"), "{said:#?}");
}
