//! Reference ranges as rules read them.

use std::sync::Arc;

use kernel::{
    Datum,
    laboratory::{AgeSpan, AgeUnit, Asked, NoRange, RangeTable, ReferenceRange, Sex},
};
use rules::{Expect, Facts, Outcome, Reference, Rule, Scope, Type, compile};

/// A row of a laboratory form at site 101.
struct Result {
    items: Vec<(&'static str, Datum)>,
    table: RangeTable,
}

impl Facts for Result {
    fn item(&self, name: &str) -> Option<&Datum> {
        self.items.iter().find(|(known, _)| *known == name).map(|(_, datum)| datum)
    }

    fn range(&self, asked: &Asked<'_>) -> std::result::Result<Arc<ReferenceRange>, NoRange> {
        self.table.find(&"101".into(), asked)
    }
}

fn scope() -> Scope {
    let texts = ["TEST", "UNIT", "SEX", "LAB", "RESULT"];
    let scope = texts.into_iter().fold(Scope::new(), |scope, name| scope.with(name, Type::Text));
    let scope = scope.with("BIRTH", Type::Date).with("ON", Type::DateTime).with("AGE", Type::Int);
    scope.with("VALUE", Type::Dec).with("LOW", Type::Dec).with("HIGH", Type::Dec)
}

fn result(items: &[(&'static str, &str)]) -> Result {
    let glucose = ReferenceRange {
        test: "GLUC".into(),
        unit: "mmol/L".into(),
        low: "3.90".parse().ok(),
        high: "6.1".parse().ok(),
        ..ReferenceRange::default()
    };
    let women = ReferenceRange {
        test: "HGB".into(),
        unit: "g/L".into(),
        sex: Some(Sex::F),
        age: AgeSpan { from: Some(18), to: None, unit: AgeUnit::Years },
        low: "120".parse().ok(),
        ..ReferenceRange::default()
    };
    let protein = ReferenceRange {
        laboratory: "CENTRAL".into(),
        test: "PROT".into(),
        texts: vec!["NEGATIVE".into(), "TRACE".into()],
        ..ReferenceRange::default()
    };
    let items = items.iter().map(|(name, text)| (*name, Datum::value(*text))).collect();
    Result { items, table: RangeTable::new([glucose, women, protein]) }
}

fn rule(text: &str) -> Rule {
    compile(text, &scope(), Expect::Any).expect("it is an expression")
}

fn given(text: &str, items: &[(&'static str, &str)]) -> String {
    match rule(text).evaluate(&result(items)) {
        Outcome::NotEvaluated { missing } => format!("? {}", missing.join(", ")).trim().to_owned(),
        other => other.to_string(),
    }
}

const GLUCOSE: [(&str, &str); 3] =
    [("TEST", "GLUC"), ("UNIT", "mmol/L"), ("ON", "2026-03-02T08:10")];

#[test]
fn the_limits_of_the_range_that_fits_are_read_with_their_digits() {
    assert_eq!(given("range_low(TEST, UNIT, SEX, BIRTH, ON)", &GLUCOSE), "3.90");
    assert_eq!(given("range_high(TEST, UNIT, SEX, BIRTH, ON)", &GLUCOSE), "6.1");
    assert_eq!(given("range_low(\"GLUC\", \"mmol/L\", SEX, BIRTH, ON)", &[]), "3.90");
    let woman = [("SEX", "F"), ("BIRTH", "1980"), ("ON", "2026-03-02")];
    assert_eq!(given("range_low(\"HGB\", \"g/L\", SEX, BIRTH, ON)", &woman), "120");
    assert_eq!(
        given("range_low(\"HGB\", \"g/L\", SEX, AGE, ON)", &[("SEX", "F"), ("AGE", "45")]),
        "120"
    );
    let laboratory = [("LAB", "CENTRAL")];
    assert_eq!(
        given("range_texts(\"PROT\", UNIT, SEX, AGE, ON, LAB)", &laboratory),
        "NEGATIVE; TRACE"
    );
}

#[test]
fn a_range_that_does_not_fit_or_has_no_such_limit_gives_nothing() {
    let call = "range_high(\"HGB\", \"g/L\", SEX, BIRTH, ON)";
    let woman = [("SEX", "F"), ("BIRTH", "1980"), ("ON", "2026-03-02")];
    assert_eq!(given(call, &woman), format!("? {call}"), "it has no upper limit");
    let call = "range_low(\"HGB\", \"g/L\", SEX, BIRTH, ON)";
    assert_eq!(given(call, &[("SEX", "M"), ("AGE", "45")]), format!("? {call}"));
    assert_eq!(given("missing(range_low(\"K\", UNIT, SEX, BIRTH, ON))", &[]), "true");
    assert_eq!(given("coalesce(range_low(\"K\", UNIT, SEX, BIRTH, ON), 1.5)", &[]), "1.5");
}

#[test]
fn why_no_range_fits_can_be_asked() {
    let rule = rule("range_low(TEST, UNIT, SEX, BIRTH, ON)");
    let [Reference::Range(call)] = rule.reads() else { panic!("{:?}", rule.reads()) };
    let why = |items: &[(&'static str, &str)]| call.find(&result(items)).unwrap_err().to_string();
    assert_eq!(why(&[]), "the test is not named");
    assert_eq!(why(&[("TEST", "K")]), "there is none for K here");
    assert_eq!(
        why(&[("TEST", "GLUC"), ("UNIT", "mg/dL")]),
        "GLUC is mg/dL, the ranges are in mmol/L"
    );
    let woman = [("TEST", "HGB"), ("UNIT", "g/L"), ("SEX", "F")];
    assert_eq!(
        why(&woman),
        "it depends on the age, which the dates of birth and collection leave open"
    );
    assert_eq!(rule.names(), ["TEST", "UNIT", "SEX", "BIRTH", "ON"]);
}

#[test]
fn a_result_is_held_against_limits_of_which_one_may_be_missing() {
    let call = "range_indicator(VALUE, LOW, HIGH)";
    assert_eq!(given(call, &[("VALUE", "3.8"), ("LOW", "3.9"), ("HIGH", "6.1")]), "LOW");
    assert_eq!(given(call, &[("VALUE", "7"), ("HIGH", "6.1")]), "HIGH");
    assert_eq!(given(call, &[("VALUE", "7")]), "? LOW, HIGH");
    assert_eq!(given(call, &[("LOW", "3.9")]), "? VALUE, HIGH");
    let call = "range_indicator(RESULT, LOW, HIGH, \"NEGATIVE; TRACE\")";
    assert_eq!(given(call, &[("RESULT", "2+")]), "ABNORMAL");
    assert_eq!(given(call, &[("RESULT", "trace")]), "NORMAL");
    let call = "range_indicator(RESULT, LOW, HIGH)";
    assert_eq!(given(call, &[("RESULT", "<5"), ("LOW", "1"), ("HIGH", "6")]), "?");
}

#[test]
fn an_argument_that_cannot_be_is_named_with_its_place() {
    let faults = |text: &str| -> Vec<String> {
        compile(text, &scope(), Expect::Any).unwrap_err().iter().map(ToString::to_string).collect()
    };
    let few =
        "line 1, column 1: write range_low(test, unit, sex, birth, collected) or with a laboratory";
    assert_eq!(faults("range_low(TEST, UNIT)"), [few]);
    assert_eq!(
        faults("range_low(VALUE, UNIT, SEX, BIRTH, ON)"),
        ["line 1, column 11: range_low needs the test here, not decimal"]
    );
    assert_eq!(
        faults("range_indicator(VALUE, TEST, HIGH)"),
        ["line 1, column 24: range_indicator needs a number here, not text"]
    );
}
