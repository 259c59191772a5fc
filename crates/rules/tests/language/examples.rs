//! The example cases of a rule.

use std::collections::BTreeMap;

use kernel::study::Example;
use rules::{Expect, check_examples, compile};

use crate::support::scope;

fn example(given: &[(&str, &str)], expect: &str) -> Example {
    let given = given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Example { given: given.collect::<BTreeMap<_, _>>(), expect: expect.to_owned() }
}

fn faults(text: &str, examples: &[Example]) -> Vec<String> {
    let Ok(rule) = compile(text, &scope(), Expect::Any) else { panic!("{text} must compile") };
    check_examples(&rule, examples, &scope()).iter().map(ToString::to_string).collect()
}

#[test]
fn examples_that_hold_say_nothing() {
    let examples = [
        example(&[("SYSBP", "120"), ("DIABP", "80")], "true"),
        example(&[("SYSBP", "80"), ("DIABP", "80")], "false"),
        example(&[("SYSBP", "80")], "not evaluated"),
        example(&[("SYSBP", "80"), ("DIABP", "missing: NOT_DONE")], "not evaluated"),
    ];
    assert!(faults("SYSBP > DIABP", &examples).is_empty());
    let examples = [example(&[("WEIGHT", "72"), ("HEIGHT", "180")], "22.2")];
    let bmi = "round_half_up(WEIGHT / ((HEIGHT / 100) * (HEIGHT / 100)), 1)";
    assert!(faults(bmi, &examples).is_empty());
}

#[test]
fn an_example_can_give_what_is_read_elsewhere() {
    let text = "WEIGHT - previous(\"WEIGHT\") < 5 && sum(\"AEGRADE\") == 6 && count(\"F.AE\") == 2 \
                && study_day(VISITDT) == 3 && in_code_list(SEX, \"CL.SEX\")";
    let given = [
        ("WEIGHT", "72.0"),
        ("previous(\"WEIGHT\")", "70.0"),
        ("rows(\"AEGRADE\")", "1; 2; 3; missing: UNKNOWN"),
        ("count(\"F.AE\")", "2"),
        ("reference date", "2014-02-01"),
        ("VISITDT", "2014-02-03"),
        ("SEX", "F"),
    ];
    assert_eq!(faults(text, &[example(&given, "true")]), Vec::<String>::new());
}

#[test]
fn an_example_can_give_any_call_as_it_stands_in_the_rule() {
    let given = |name, text| [example(&[(name, text)], "true")];
    let cases = [
        ("others(\"SEX\", \"GRADE\") > 0", "others(\"SEX\", \"GRADE\")", "1"),
        ("others('SEX','GRADE') > 0", "others(\"SEX\", \"GRADE\")", "1"),
        ("others(\"SEX\", \"GRADE\") > 0", "others('SEX','GRADE')", "1"),
        ("!(SYSBP > 300 || study_day(VISITDT) < 0)", "study_day(VISITDT)", "3"),
        ("study_day(add_days(VISITDT, 2)) > 1", "add_days(VISITDT, 2)", "2014-02-03"),
        ("age_at(BIRTHDT, CONSENTDT) >= 50", "age_at(BIRTHDT, CONSENTDT)", "73"),
        ("sum(\"AEDOSE\") == 6.5", "sum(\"AEDOSE\")", "6.5"),
        ("missing(previous(\"WEIGHT\"))", "previous(\"WEIGHT\")", "missing: NOT_DONE"),
        (
            "answered(first(\"SE.SCREEN\", \"F.DM\", \"BIRTHDT\"))",
            "first(\"SE.SCREEN\", \"F.DM\", \"BIRTHDT\")",
            "1940",
        ),
        ("[1, 2].exists(x, x == count(\"F.AE\"))", "count(\"F.AE\")", "2"),
    ];
    for (text, name, value) in cases {
        let mut examples = given(name, value).to_vec();
        if text.contains("study_day(add_days") {
            examples[0].given.insert("reference date".into(), "2014-02-01".into());
        }
        if text.contains("SYSBP") {
            examples[0].given.insert("SYSBP".into(), "120".into());
        }
        assert_eq!(faults(text, &examples), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_count_of_equal_records_is_given_with_or_without_its_items() {
    let text = "others(\"SEX\", \"GRADE\") == 1";
    let call = "others(\"SEX\", \"GRADE\")";
    let examples = [
        example(&[(call, "1")], "true"),
        example(&[(call, "1"), ("SEX", "F"), ("GRADE", "2")], "true"),
        example(&[("SEX", "F"), ("GRADE", "2")], "false"),
        example(&[("SEX", "F")], "not evaluated"),
        example(&[(call, "missing: UNKNOWN"), ("SEX", "F"), ("GRADE", "2")], "not evaluated"),
    ];
    assert_eq!(faults(text, &examples), Vec::<String>::new());
}

#[test]
fn a_call_that_the_rule_does_not_have_cannot_be_given() {
    let examples = [
        example(&[("study_day(CONSENTDT)", "3")], "true"),
        example(&[("previous(\"HEIGHT\")", "170")], "true"),
        example(&[("study_day(VISITDT)", "soon")], "true"),
    ];
    assert_eq!(
        faults("study_day(VISITDT) == 3", &examples),
        [
            "example 1: the rule has no study_day(CONSENTDT)",
            "example 2: the rule has no previous(\"HEIGHT\")",
            "example 3: expected true, got failed: line 1, column 1: the value of \
             study_day(VISITDT) is not of its type",
        ]
    );
}

#[test]
fn an_example_that_does_not_hold_says_what_came_out() {
    let examples = [
        example(&[("SYSBP", "120"), ("DIABP", "80")], "false"),
        example(&[("SYSBP", "x"), ("DIABP", "80")], "true"),
        example(&[("SYSBPP", "120")], "true"),
    ];
    assert_eq!(
        faults("SYSBP > DIABP", &examples),
        [
            "example 1: expected false, got true",
            "example 2: expected true, got failed: line 1, column 1: the value of SYSBP is not of \
             its type",
            "example 3: the rule has no SYSBPP",
        ]
    );
}
