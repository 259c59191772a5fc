//! Clinical expressions and what they say of one visit.

use crate::support::outcome;
use rules::{Outcome, RuleProblem};

/// Each expression must give this text: `?` and names stand for "not evaluated" for these names.
fn all_give(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let actual = match outcome(text) {
            Outcome::NotEvaluated { missing } => format!("? {}", missing.join(", ")),
            other => other.to_string(),
        };
        assert_eq!(actual.trim_end(), *expected, "{text}");
    }
}

#[test]
fn vital_signs_are_compared_as_numbers() {
    all_give(&[
        ("SYSBP > DIABP", "true"),
        ("SYSBP - DIABP >= 20", "true"),
        ("SYSBP >= 80 && SYSBP <= 200", "true"),
        ("TEMP >= 34 && TEMP <= 42.5", "true"),
        ("TEMP == 36.80", "true"),
        ("WEIGHT / ((HEIGHT / 100) * (HEIGHT / 100)) > 24.1", "true"),
        ("round_half_up(WEIGHT / ((HEIGHT / 100) * (HEIGHT / 100)), 1)", "24.2"),
        ("abs(TEMP - 37.0) < 0.5", "true"),
        ("abs(DIABP - SYSBP)", "47"),
        ("SYSBP % 2 == 0", "true"),
        ("-SYSBP", "-128"),
        ("-(TEMP)", "-36.8"),
        ("SYSBP in [120, 128, 130]", "true"),
        ("TEMP in [36, 37]", "false"),
        ("SYSBP in [120.5, 128.0]", "true"),
        ("TEMP in [SYSBP, DIABP]", "false"),
        ("GRADE in []", "false"),
    ]);
}

#[test]
fn decimals_are_exact_and_division_is_not_of_whole_numbers() {
    all_give(&[
        ("0.1 + 0.2 == 0.3", "true"),
        ("DOSE + EXTRA == 0.3", "true"),
        ("DOSE + EXTRA", "0.3"),
        ("7 / 2", "3.5"),
        ("6 / 2 == 3", "true"),
        ("GRADE / 2 == 1", "true"),
        ("1 / 3 * 3 == 1", "false"),
        ("round_half_up(1 / 3 * 3, 10) == 1", "true"),
        ("1.10 + 1.10", "2.20"),
        ("GRADE + 1 + 1 + GRADE", "6"),
        ("GRADE + 1 + 0.5 + GRADE", "5.5"),
        ("1 - 2 + 3 - 4 + 5 + 6", "9"),
        ("-0.0 == 0.0", "true"),
        ("text(-0.0)", "0.0"),
        ("0.1 * 3 == 0.3", "true"),
        ("1e3 == 1000", "true"),
        ("number(SCORE) + number(\"4.5\")", "7.5"),
        ("dec(\"0.1\") + number('0.2') == 0.3", "true"),
        ("dec(LBORRES) < 1.0", "? LBORRES"),
        ("answered(LBORRES) && number(LBORRES) > 1", "? LBORRES"),
        ("number(LBORRES) > 1 || SEX == \"F\"", "true"),
        ("text(SYSBP) + \"/\" + text(DIABP)", "128/81"),
        ("sqrt(HEIGHT * WEIGHT / 3600) > 1.84", "true"),
        ("round_half_up(sqrt(2), 10)", "1.4142135624"),
        ("sqrt(0.25)", "0.5"),
        ("sqrt(0)", "0"),
    ]);
}

#[test]
fn rounding_is_stated_and_keeps_its_decimals() {
    all_give(&[
        ("round_half_up(2.675, 2)", "2.68"),
        ("round_half_even(2.675, 2)", "2.68"),
        ("round_half_even(2.665, 2)", "2.66"),
        ("round_half_up(2.5, 0)", "3"),
        ("round_half_even(2.5, 0)", "2"),
        ("floor(2.5)", "2"),
        ("floor(-2.5)", "-3"),
        ("floor(7)", "7"),
        ("ceiling(2.1)", "3"),
        ("ceiling(-2.1)", "-2"),
        ("round_half_up(-2.5, 0)", "-3"),
        ("round_half_up(2.96, 1)", "3.0"),
        ("round_half_up(3, 1)", "3.0"),
    ]);
}

#[test]
fn dates_are_those_of_the_calendar() {
    all_give(&[
        ("VISITDT >= CONSENTDT", "true"),
        ("VISITDT != CONSENTDT", "true"),
        ("days_between(CONSENTDT, VISITDT)", "32"),
        ("days_between(VISITDT, CONSENTDT)", "-32"),
        ("days_between(date(\"2024-02-28\"), date(\"2024-03-01\"))", "2"),
        ("age_at(date(\"1940-02-03\"), VISITDT)", "74"),
        ("age_at(date(\"1940-02-04\"), VISITDT)", "73"),
        ("age_at(date(\"2004-02-29\"), date(\"2022-02-28\"))", "17"),
        ("study_day(VISITDT)", "3"),
        ("study_day(date(\"2014-02-01\"))", "1"),
        ("study_day(date(\"2014-01-31\"))", "-1"),
        ("year(BIRTHDT)", "1940"),
        ("month(BIRTHDT)", "7"),
        ("day(VISITDT)", "3"),
        ("add_days(CONSENTDT, 30)", "2014-02-01"),
        ("add_days(CONSENTDT, -2) == date(\"2013-12-31\")", "true"),
        ("VISITDT in [date(\"2014-02-03\")]", "true"),
        ("DOSETM < SAMPLETM", "true"),
        ("minutes_between(DOSETM, SAMPLETM)", "45"),
        ("minutes_between(DOSEDTM, SAMPLEDTM) <= 90", "true"),
        ("SAMPLEDTM > datetime(\"2014-02-03T09:59:59\")", "true"),
        ("date(DOSEDTM) == VISITDT", "true"),
        ("ZONEDDTM == datetime(\"2014-02-03T02:00:00Z\")", "true"),
        ("DOSETM == time(\"08:30:00\")", "true"),
        ("text(VISITDT)", "2014-02-03"),
        ("DOSEDTM", "2014-02-03T08:30"),
    ]);
}

#[test]
fn what_a_partial_date_leaves_open_is_not_decided() {
    all_give(&[
        ("ENDDT >= CONSENTDT", "true"),
        ("ENDDT < CONSENTDT", "false"),
        ("ENDDT >= VISITDT", "? ENDDT"),
        ("ENDDT <= VISITDT", "? ENDDT"),
        ("ENDDT == VISITDT", "? ENDDT"),
        ("ENDDT == CONSENTDT", "false"),
        ("ENDDT == ENDDT", "? ENDDT"),
        ("ENDDT >= date(\"2014-02-01\")", "true"),
        ("ENDDT <= date(\"2014-02-28\")", "true"),
        ("days_between(ENDDT, VISITDT)", "? ENDDT"),
        ("day(ENDDT) > 3", "? ENDDT"),
        ("age_at(BIRTHDT, VISITDT)", "73"),
        ("age_at(BIRTHDT, date(\"2014-07-10\"))", "? BIRTHDT"),
        ("age_at(BIRTHDT, date(\"2014-07-10\")) >= 50 || true", "true"),
        ("ENDDT >= VISITDT || SEX == \"F\"", "true"),
        ("ENDDT >= VISITDT && SEX == \"F\"", "? ENDDT"),
        ("ENDDT in [CONSENTDT, VISITDT]", "? ENDDT"),
        ("ENDDT in [CONSENTDT]", "false"),
        ("DOSEDTM < ZONEDDTM", "?"),
        ("BIRTHDT", "1940-07"),
    ]);
}

#[test]
fn what_a_missing_item_could_change_is_not_evaluated() {
    all_give(&[
        ("PULSE > 30", "? PULSE"),
        ("PULSE > RESP", "? PULSE, RESP"),
        ("PULSE > 30 || true", "true"),
        ("PULSE > 30 && false", "false"),
        ("PULSE > 30 || false", "? PULSE"),
        ("PULSE > 30 && true", "? PULSE"),
        ("false || PULSE > 30", "? PULSE"),
        ("true && PULSE > 30", "? PULSE"),
        ("PULSE > 30 || RESP > 5", "? PULSE, RESP"),
        ("PULSE > 30 || RESP > 5 || SYSBP > 0", "true"),
        ("!(PULSE > 30 && SYSBP < 0)", "true"),
        ("(PULSE > 30 && false) == false", "true"),
        ("PULSE > 30 ? true : true", "? PULSE"),
        ("(PULSE > 30 || true) ? 1 : 2", "1"),
        ("true || PULSE > 30", "true"),
        ("false && PULSE > 30", "false"),
        ("missing(PULSE) || PULSE > 30", "true"),
        ("answered(PULSE) && PULSE > 30", "false"),
        ("missing(SYSBP) || SYSBP > 30", "true"),
        ("missing(RESP)", "true"),
        ("missing_reason(RESP)", "NOT_DONE"),
        ("missing_reason(RESP) == \"NOT_DONE\"", "true"),
        ("missing_reason(PULSE) == \"\"", "true"),
        ("coalesce(PULSE, 60)", "60"),
        ("coalesce(PULSE, RESP, SYSBP)", "128"),
        ("coalesce(PULSE, RESP)", "? RESP"),
        ("coalesce(SYSBP, 0.5)", "128"),
        ("PULSE == PULSE", "? PULSE"),
        ("!(PULSE > 30)", "? PULSE"),
        ("SEX == \"F\" ? PREG == \"N\" : PULSE > 0", "true"),
        ("SEX == \"M\" ? PREG == \"N\" : PULSE > 0", "? PULSE"),
        ("[PULSE, SYSBP].all(x, x > 0)", "? PULSE"),
        ("[SYSBP, PULSE].exists(x, x > 0)", "? PULSE"),
        ("[2, 1].exists(x, x == 1 || PULSE > 3)", "true"),
        ("[2, 3].exists(x, x == 1 || PULSE > 3)", "? PULSE"),
        ("[2, 1].all(x, x == 2 && PULSE > 3)", "false"),
        ("[2, 1].all(x, x == 2 || PULSE > 3)", "? PULSE"),
        ("[2, 1].exists_one(x, x == 1 || PULSE > 3)", "? PULSE"),
        ("size([SYSBP, PULSE])", "? PULSE"),
        ("size([SYSBP, SMOKER ? PULSE : 1])", "? PULSE"),
        ("size([1, 2].map(x, PULSE))", "? PULSE"),
        ("[SYSBP, PULSE].exists(x, true)", "? PULSE"),
        ("size([SYSBP, PULSE].filter(x, false))", "? PULSE"),
        ("SYSBP in [SYSBP, PULSE]", "? PULSE"),
        ("PULSE in []", "? PULSE"),
        ("sum([SYSBP, PULSE])", "? PULSE"),
        ("PULSE", "? PULSE"),
        ("SEX == \"M\" ? SYSBP : null", "?"),
        ("SEX == \"F\" ? SYSBP : null", "128"),
        ("SEX == \"M\" ? SYSBP : (SEX == \"F\" ? 0 : null)", "0"),
        ("(SEX == \"M\" ? SYSBP : null) > 1", "?"),
        ("(SEX == \"M\" ? SYSBP : null) > 1 || true", "true"),
        ("1 / 0 > 1 || PULSE > 1", "? PULSE"),
        ("PULSE > 1 || 1 / 0 > 1", "? PULSE"),
    ]);
}

#[test]
fn codes_and_texts_are_compared_exactly() {
    all_give(&[
        ("SEX == \"F\"", "true"),
        ("SEX == \"f\"", "false"),
        ("SEX in [\"F\", \"M\"]", "true"),
        ("SEX == \"F\" || missing(PREG)", "true"),
        ("in_code_list(SEX, \"CL.SEX\")", "true"),
        ("in_code_list(\"X\", \"CL.SEX\")", "false"),
        ("in_code_list(GRADE, \"CL.GRADE\")", "true"),
        ("SMOKER", "true"),
        ("SMOKER == false", "false"),
        ("SMOKER != true || SEX == 'F'", "true"),
        ("length(COMMENT)", "8"),
        ("COMMENT.startsWith(\"头痛\")", "true"),
        ("starts_with(COMMENT, \"痛\")", "false"),
        ("ends_with(COMMENT, \"mild\")", "true"),
        ("COMMENT.contains(\"😀\")", "true"),
        ("substring(\"a😀b\", 2)", "b"),
        ("substring(COMMENT, 0, 2)", "头痛"),
        ("substring(COMMENT, 5, 99)", "ild"),
        ("substring(COMMENT, 9)", ""),
        ("\"😀\".matches(\"^.$\")", "true"),
        ("matches(\"头痛\", \"^[\\\\p{Han}]+$\")", "true"),
        ("matches(COMMENT, \"^[A-Z]{3}-[0-9]+$\")", "false"),
        ("SEX + '-' + PREG + \"!\"", "F-N!"),
        ("upper(trim(\" ab \"))", "AB"),
        ("lower(\"ÄB\")", "äb"),
        ("size(\"头痛\") == 2", "true"),
        ("\"头痛\" == '头' + '痛'", "true"),
    ]);
}

#[test]
fn other_visits_and_rows_can_be_read() {
    all_give(&[
        ("abs(WEIGHT - previous(\"WEIGHT\")) / previous(\"WEIGHT\") <= 0.1", "false"),
        ("previous(\"TEMP\") > 36", "? previous(\"TEMP\")"),
        ("missing(previous(\"TEMP\")) || TEMP - previous(\"TEMP\") < 2", "true"),
        ("coalesce(previous(\"TEMP\"), TEMP)", "36.8"),
        ("value(\"SE.WEEK2\", \"F.VS\", \"WEIGHT\") < WEIGHT", "true"),
        ("first(\"SE.SCREEN\", \"F.DM\", \"BIRTHDT\")", "1940-07-15"),
        ("last(\"SE.SCREEN\", \"F.DM\", \"BIRTHDT\")", "1940-07-16"),
        (
            "value(\"SE.SCREEN\", \"F.VS\", \"WEIGHT\") > 0",
            "? value(\"SE.SCREEN\", \"F.VS\", \"WEIGHT\")",
        ),
        ("count(\"F.AE\") == 3", "true"),
        ("sum(\"AEDOSE\") == 0.7", "true"),
        ("max(\"AEGRADE\")", "3"),
        ("min(\"AEDOSE\")", "0.1"),
        ("mean(\"AEGRADE\")", "2"),
        ("n(\"AEGRADE\")", "3"),
        ("n(\"AETERM\")", "0"),
        ("others(\"SEX\", \"GRADE\") == 2", "true"),
        ("others(\"SEX\", \"PULSE\") == 2", "? others(\"SEX\", \"PULSE\")"),
        ("missing(sum(\"AEGRADE\"))", "false"),
    ]);
}

#[test]
fn lists_that_are_written_down_can_be_walked() {
    all_give(&[
        ("[1, 2, 3].exists(x, x == GRADE)", "true"),
        ("[1, 2, 3].all(x, x <= GRADE)", "false"),
        ("[SYSBP, DIABP].all(x, x > 40 && x < 250)", "true"),
        ("[1, 2, 2].exists_one(x, x == GRADE)", "false"),
        ("size([SYSBP, DIABP].filter(x, x > 100)) == 1", "true"),
        ("sum([SYSBP, DIABP].map(x, x * 2))", "418"),
        ("sum([1, 2, 3].map(x, x > 1, x * 10))", "50"),
        ("size([missing(PULSE), missing(RESP), missing(SYSBP)].filter(x, x))", "2"),
        ("[1, 2].exists(x, [10, 20].exists(y, x * y == 40))", "true"),
        ("sum([0.1, 0.2]) == 0.3", "true"),
        ("total([SYSBP, TEMP])", "164.8"),
        ("max([SYSBP, DIABP, TEMP])", "128"),
        ("min([SYSBP, DIABP])", "81"),
        ("mean([SYSBP, DIABP])", "104.5"),
        ("mean([1, 2].map(x, x))", "1.5"),
        ("[\"F\", \"M\"].exists(x, x == SEX)", "true"),
    ]);
}

#[test]
fn what_cannot_be_computed_says_where() {
    let cases = [
        ("1 +\n 4 / (GRADE - 2) > 1", (2, 4), RuleProblem::DivisionByZero),
        ("GRADE % 0 == 1", (1, 7), RuleProblem::DivisionByZero),
        ("BIG + 1 > 0", (1, 5), RuleProblem::Overflow),
        ("BIG * BIG * 1.0 > 0.0", (1, 5), RuleProblem::Overflow),
        ("-BIG - 2 < 0", (1, 6), RuleProblem::Overflow),
        ("7922816251426433759354395033.5 * 100 > 1", (1, 32), RuleProblem::Overflow),
        ("add_days(VISITDT, 4000000) > VISITDT", (1, 1), RuleProblem::Overflow),
        ("sqrt(-1) > 1", (1, 1), RuleProblem::NegativeRoot),
        ("true && BAD > 1", (1, 9), RuleProblem::BadValue("BAD".into())),
    ];
    for (text, place, problem) in cases {
        let Outcome::Failed(error) = outcome(text) else { panic!("{text} must fail") };
        assert_eq!((error.line, error.column), place, "{text}");
        assert_eq!(error.problem, problem, "{text}");
    }
}

#[test]
fn what_cannot_be_computed_is_passed_over_where_the_other_side_decides() {
    all_give(&[
        ("1 / 0 > 1 || true", "true"),
        ("1 / 0 > 1 && false", "false"),
        ("BAD > 1 || SYSBP > 1", "true"),
        ("1 / 0 > 1 || false", "failed: line 1, column 3: division by zero"),
        ("BAD > 1 && true", "failed: line 1, column 1: the value of BAD is not of its type"),
    ]);
}

#[test]
fn a_text_cannot_grow_without_end() {
    let doubled = "COMMENT + COMMENT + COMMENT + COMMENT + COMMENT + COMMENT + COMMENT + COMMENT";
    let text = format!("[1].all(x, length({doubled}) == 64)");
    assert_eq!(outcome(&text), Outcome::True);
    let mut record = crate::support::record();
    record.items.insert("COMMENT".into(), kernel::Datum::value("头".repeat(600)));
    let rule = rules::compile(doubled, &crate::support::scope(), rules::Expect::Any).unwrap();
    let Outcome::Failed(error) = rule.evaluate(&record) else { panic!("must fail") };
    assert_eq!(error.problem, RuleProblem::TextTooLong);
}
