use kernel::{
    StudyVersion,
    study::{
        Arm, CheckAction, CheckScope, Criterion as CriterionDef, Expression, FormDef, ItemDef,
        StudyEventDef, StudyEventRef,
    },
};

use super::*;
use crate::{Finding, Severity};

const RULES: &str = r#"
study = "DEMO"
study_day_1 = 'value("SE.1", "F.EC", "ECSTDAT")'

[[check]]
oid = "CK.BP"
form = ["F.VS", "F.PE"]
group = "IG.VS"
events = ["SE.1"]
severity = "hard"
when = 'SYSBP <= DIABP'
on = ["I.SYSBP", "I.DIABP"]
message = { en = "Systolic is not above diastolic.", zh-CN = "收缩压不高于舒张压。" }
cases = [
  { given = { SYSBP = "80", DIABP = "80" }, fires = true },
  { given = { SYSBP = "120", DIABP = "80" }, fires = false },
  { given = { SYSBP = "120" }, fires = false, evaluated = false },
]

[visits]
dates = ["I.DATE"]

[arms]
"Placebo" = "Pbo"

[[window]]
event = "SE.2"
anchor = "SE.1"
days = 14
before = 2
after = 3

[sdv]
default = 0.2
first_participants_per_site = 2

[[sdv.plan]]
share = 1.0
why = "safety"
items = ["I.SYSBP"]

[[sdv.plan]]
share = 0.0
why = "electronic"
forms = ["F.VS", "F.PE"]

[blinded]
items = ["I.ARM"]
roles = ["monitor"]

[[criterion]]
usdm = "IN01"
item = "I.SYSBP"
met = 'value("SE.1", "F.VS", "SYSBP") > 90'
"#;

fn version() -> StudyVersion {
    let item = |oid: &str| ItemDef { oid: oid.into(), ..ItemDef::default() };
    let event = |oid: &str| StudyEventDef { oid: oid.into(), ..StudyEventDef::default() };
    let form = |oid: &str| FormDef { oid: oid.into(), ..FormDef::default() };
    let mut version = StudyVersion {
        study_oid: "DEMO".into(),
        events: vec![event("SE.1"), event("SE.2")],
        forms: vec![form("F.VS"), form("F.PE")],
        items: vec![item("I.SYSBP"), item("I.DIABP"), item("I.DATE"), item("I.ARM")],
        ..StudyVersion::default()
    };
    let arm = Arm { oid: "ARM.1".into(), name: "Placebo".into(), ..Arm::default() };
    version.protocol.arms.push(arm);
    version.protocol.event_refs.push(StudyEventRef {
        event: "SE.1".into(),
        arms: vec!["ARM.1".into()],
        ..StudyEventRef::default()
    });
    let criterion = CriterionDef { oid: "CRIT.IN01".into(), ..CriterionDef::default() };
    version.protocol.criteria.push(criterion);
    version
}

fn merged(text: &str) -> (StudyVersion, Vec<Finding>) {
    let mut version = version();
    let findings = read(text, "rules.toml").unwrap().merge_into(&mut version);
    (version, findings)
}

fn error_of(text: &str) -> FormatError {
    read(text, "rules.toml").unwrap_err()
}

#[test]
fn a_check_of_two_forms_becomes_a_check_on_each() {
    let (version, findings) = merged(RULES);
    assert_eq!(findings, []);
    let oids: Vec<&str> = version.checks.iter().map(|check| check.oid.as_str()).collect();
    assert_eq!(oids, ["CK.BP@F.VS", "CK.BP@F.PE"]);
    let check = &version.checks[0];
    assert_eq!((check.form.as_str(), check.item.as_str()), ("F.VS", "I.SYSBP"));
    assert_eq!((check.scope, check.action), (CheckScope::Item, CheckAction::Refuse));
    assert_eq!(check.group.as_ref().map(AsRef::as_ref), Some("IG.VS"));
    assert_eq!(check.events, ["SE.1".into()]);
    assert_eq!(check.message.in_lang("zh"), Some("收缩压不高于舒张压。"));
}

#[test]
fn an_expression_that_fires_becomes_one_that_is_true_in_order() {
    let (version, _) = merged(RULES);
    let check = &version.checks[0];
    assert_eq!(check.expression.text, "!(SYSBP <= DIABP)");
    assert!(check.expression.is_cel());
    let expected: Vec<&str> = check.examples.iter().map(|case| case.expect.as_str()).collect();
    assert_eq!(expected, ["false", "true", "not evaluated"]);
    assert_eq!(check.examples[0].given["SYSBP"], "80");
}

#[test]
fn plans_windows_arms_and_criteria_are_set() {
    let (version, _) = merged(RULES);
    assert_eq!(version.visit_dates, ["I.DATE".into()]);
    assert_eq!(version.blinding.hidden_from, ["monitor"]);
    assert_eq!((version.sdv.other_percent, version.sdv.first_participants_per_site), (20, 2));
    let rules: Vec<(Option<&str>, usize, u8)> = version
        .sdv
        .rules
        .iter()
        .map(|rule| (rule.form.as_ref().map(AsRef::as_ref), rule.items.len(), rule.percent))
        .collect();
    assert_eq!(rules, [(None, 1, 100), (Some("F.VS"), 0, 0), (Some("F.PE"), 0, 0)]);
    let timing = &version.protocol.timings[0];
    assert_eq!(
        (timing.offset_days, timing.window_before_days, timing.window_after_days),
        (14, 2, 3)
    );
    assert_eq!(version.protocol.arms[0].oid.as_str(), "Pbo");
    assert_eq!(version.protocol.event_refs[0].arms, ["Pbo".into()]);
    let text = "value(\"SE.1\", \"F.VS\", \"SYSBP\") > 90".to_owned();
    let expression = Expression { context: "CEL".into(), text };
    assert_eq!(version.protocol.criteria[0].expression, Some(expression));
    assert_eq!(version.study_day_1.unwrap().text, "value(\"SE.1\", \"F.EC\", \"ECSTDAT\")");
}

#[test]
fn reading_a_file_twice_changes_nothing_more() {
    let (mut version, _) = merged(RULES);
    let once = version.clone();
    let again = read(&RULES.replace("\"Placebo\" = \"Pbo\"", ""), "rules.toml").unwrap();
    assert_eq!(again.merge_into(&mut version), []);
    assert_eq!(version, once);
}

#[test]
fn what_the_version_does_not_have_is_named_with_its_line() {
    let text = RULES
        .replace("SE.2", "SE.9")
        .replace("\"Placebo\" =", "\"Active\" =")
        .replace("IN01", "IN99")
        .replace("\"I.SYSBP\", \"I.DIABP\"", "\"I.SYSBP\", \"I.NONE\"")
        .replace("study = \"DEMO\"", "study = \"OTHER\"");
    let (_, findings) = merged(&text);
    assert!(findings.iter().all(|finding| finding.severity == Severity::Error));
    let places: Vec<(Option<u32>, &str)> =
        findings.iter().map(|finding| (finding.line, finding.about.as_str())).collect();
    assert_eq!(
        places,
        [
            (Some(2), "study"),
            (Some(24), "Active"),
            (Some(5), "CK.BP@F.VS"),
            (Some(5), "CK.BP@F.PE"),
            (Some(26), "SE.9"),
            (Some(51), "IN99"),
        ]
    );
}

#[test]
fn a_check_on_a_blinded_item_must_say_that_it_is_blinded() {
    let text = RULES.replace("\"I.SYSBP\", \"I.DIABP\"", "\"I.ARM\"");
    let (_, findings) = merged(&text);
    assert!(findings[0].text.contains("blinded"), "{findings:?}");
    let (version, findings) = merged(&text.replace("severity =", "blinded = true\nseverity ="));
    assert_eq!(findings, []);
    assert!(version.checks[0].blinded);
}

#[test]
fn each_check_has_its_line() {
    let rules = read(RULES, "rules.toml").unwrap();
    assert_eq!(rules.places().line("EditCheck", "CK.BP@F.PE"), Some(5));
    assert_eq!(rules.places().line("TimingConstraint", "TM.SE.2"), Some(26));
    assert_eq!(rules.places().line("Criterion", "CRIT.IN01"), Some(51));
    assert_eq!(rules.places().file, "rules.toml");
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let fault = error_of(&RULES.replace("severity", "severty"));
    assert_eq!((fault.line, fault.what.contains("severty")), (10, true), "{fault}");
    let fault = error_of("[[check]]\noid = \"CK.X\"\n");
    assert!(fault.what.contains("missing field"), "{fault}");
    assert_eq!(error_of("study = ").line, 1);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let twice = format!(
        "{RULES}\n{}",
        &RULES[RULES.find("[[check]]").unwrap()..RULES.find("[visits]").unwrap()]
    );
    assert!(error_of(&twice).what.contains("CK.BP@F.VS is there twice"));
    for (from, to, what) in [
        ("share = 1.0", "share = 1.5", "no whole percentage"),
        ("share = 1.0", "share = 0.125", "no whole percentage"),
        ("on = [\"I.SYSBP\", \"I.DIABP\"]", "on = []", "on no item"),
        (
            "items = [\"I.SYSBP\"]\n",
            "items = [\"I.SYSBP\"]\nforms = [\"F.VS\"]\n",
            "either 'items' or 'forms'",
        ),
    ] {
        let fault = error_of(&RULES.replace(from, to));
        assert!(fault.what.contains(what) && fault.line > 0, "{fault}");
    }
}

#[test]
fn a_file_without_end_is_refused() {
    let fault = error_of(&"#".repeat(MAX_FILE_BYTES + 1));
    assert!(fault.what.contains("longer than"), "{fault}");
}
