//! What is refused when it is compiled, where and with which words.

use crate::support::scope;
use rules::{Expect, RuleFault, Type, compile};

fn faults(text: &str) -> Vec<RuleFault> {
    compile(text, &scope(), Expect::Any).err().unwrap_or_default()
}

/// A text, the line and column of its first fault, and words that it says.
type Case = (&'static str, (u32, u32), &'static str);

const REFUSED: &[Case] = &[
    ("SYSPB > 1", (1, 1), "there is no item SYSPB here; did you mean SYSBP?"),
    ("SEX == \"F\" &&\n  PULSO > 1", (2, 3), "did you mean PULSE?"),
    ("\"头痛\" == COMMENT && XYZZY > 1", (1, 20), "there is no item XYZZY here"),
    ("SEX < SYSBP", (1, 5), "'<' cannot be used between text and whole number"),
    ("SEX < \"M\"", (1, 5), "text has no order"),
    ("SYSBP + SEX", (1, 7), "number(x) makes a number of a text"),
    ("SYSBP == \"1\"", (1, 7), "quote the code, or use number(x)"),
    ("VISITDT == \"2014-01-02\"", (1, 9), "write a date as date(\"2014-01-02\")"),
    ("VISITDT > DOSEDTM", (1, 9), "date(x) is the date of a date and time"),
    ("VISITDT + 1", (1, 9), "add_days(d, n)"),
    ("VISITDT - CONSENTDT > 3", (1, 9), "days_between(a, b)"),
    ("SMOKER > false", (1, 8), "cannot be used between true or false"),
    ("!SYSBP", (1, 1), "'!' cannot be applied to whole number"),
    ("-SEX", (1, 1), "'-' cannot be applied to text"),
    ("SYSBP && SMOKER", (1, 1), "this must be true or false, but is whole number"),
    ("SMOKER ? 1 : \"x\"", (1, 8), "'? :' gives whole number or text"),
    ("SYSBP ? 1 : 2", (1, 1), "this must be true or false"),
    ("TEMP % 2 == 0", (1, 6), "'%' cannot be used between decimal and whole number"),
    ("mising(SYSBP)", (1, 1), "there is no function mising; did you mean missing?"),
    ("timestamp(\"2026-02-30T00:00:00Z\") > 1", (1, 1), "timestamp cannot be used in a rule"),
    ("duration(\"7d\") > 1", (1, 1), "duration cannot be used"),
    ("double(SYSBP) > 1", (1, 1), "write number(x)"),
    ("'%.2f'.format([2.675]) == SEX", (1, 8), "format cannot be used"),
    ("date(\"2026-02-30\") > VISITDT", (1, 6), "\"2026-02-30\" is no date of the calendar"),
    ("time(\"25:00\") > DOSETM", (1, 6), "is no time of the calendar"),
    ("age_at(VISITDT)", (1, 1), "age_at takes 2 arguments, not 1"),
    ("age_at(VISITDT, SYSBP)", (1, 17), "age_at needs date here, not whole number"),
    ("missing(SYSBP + 1)", (1, 15), "missing takes an item"),
    ("coalesce(SYSBP + 1, 2)", (1, 16), "coalesce takes an item"),
    ("coalesce(SYSBP, \"x\")", (1, 1), "coalesce gives whole number or text"),
    ("previous(\"WEIGTH\") > 1", (1, 1), "did you mean WEIGHT?"),
    ("previous(WEIGHT) > 1.0", (1, 1), "write previous(\"ITEM\")"),
    ("value(\"SE.WEEK3\", \"F.VS\", \"WEIGHT\") > 1", (1, 1), "did you mean SE.WEEK2?"),
    ("value(\"SE.WEEK2\", \"F.DM\", \"X\") > 1", (1, 1), "event SE.WEEK2 has no form F.DM"),
    ("value(\"SE.WEEK2\", \"F.VS\", \"X\") > 1", (1, 1), "form F.VS has no item X"),
    ("count(\"F.XX\") > 1", (1, 1), "the study has no form F.XX"),
    ("in_code_list(SEX, \"CL.SEXX\")", (1, 1), "did you mean CL.SEX?"),
    ("AEGRADE > 1", (1, 1), "AEGRADE repeats; use sum, min, max, mean or n"),
    ("sum(\"AETERM\") > 1", (1, 1), "needs a number"),
    ("sum(\"WEIGHT\") > 1", (1, 1), "no item WEIGHT in a repeating group"),
    ("matches(COMMENT, \"(?=x)\")", (1, 18), "look-around and back-references"),
    ("matches(COMMENT, \"(a{1000}){1000}\")", (1, 18), "too large"),
    ("round_half_up(TEMP, SYSBP)", (1, 1), "number of decimals, 0 to 20"),
    ("null == SYSBP", (1, 1), "null can only be a branch"),
    ("SMOKER ? null : null", (1, 8), "gives nothing or nothing"),
    ("number(\"<0.2\") > TEMP", (1, 8), "\"<0.2\" is not a number"),
    ("others(\"SEX\", GRADE) > 0", (1, 1), "write others("),
    ("others(\"SEXX\") > 0", (1, 8), "did you mean SEX?"),
    ("SYSBP > 1u", (1, 9), "without 'u' or 'b'"),
    ("{\"a\": 1} == SYSBP", (1, 1), "maps"),
    ("SYSBP.x > 1", (1, 1), "values have no fields"),
    ("[1, 2][0] > 1", (1, 7), "elements of lists cannot be picked"),
    ("[1, \"a\"].exists(x, x == 1)", (1, 5), "text in a list of whole number"),
    ("[[1]].exists(x, x == 1)", (1, 2), "a list cannot hold lists"),
    ("COMMENT.exists(x, x == 1)", (1, 1), "only a list that is written here"),
    ("[1].all(x, x + 1)", (1, 14), "this must be true or false"),
    ("[1, 2]", (1, 1), "a rule gives one value, not list of whole number"),
    ("SYSBP in SEX", (1, 7), "'in' cannot be used between"),
    ("SYSBP >", (1, 8), "syntax error"),
    ("SYSBP > > 1", (1, 9), "syntax error"),
    ("", (1, 1), "syntax error"),
    ("中 > 3", (1, 1), "syntax error"),
    ("9999999999999999999 > SYSBP", (1, 1), "invalid int literal"),
    ("has(SYSBP)", (1, 5), "has()"),
    ("0.00000000000000000000000000001 > TEMP", (1, 1), "cannot be kept exactly"),
];

#[test]
fn each_fault_says_where_and_why() {
    for &(text, place, words) in REFUSED {
        let faults = faults(text);
        let Some(fault) = faults.first() else { panic!("{text} must be refused") };
        assert!(fault.message_en.contains(words), "{text}: {}", fault.message_en);
        assert_eq!((fault.line, fault.column), place, "{text}: {}", fault.message_en);
        assert!(!fault.message_zh.is_ascii(), "{text}: {}", fault.message_zh);
    }
}

#[test]
fn all_faults_are_found_at_once() {
    let faults = faults("SYSPB > 1 &&\nSEX < 2 ||\nfoo(SYSBP)");
    let lines: Vec<u32> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [1, 2, 3]);
}

#[test]
fn a_result_of_another_type_than_expected_is_refused() {
    let refused = |text, expect| compile(text, &scope(), expect).is_err();
    assert!(refused("SYSBP + 1", Expect::Bool));
    assert!(!refused("SYSBP > 1", Expect::Bool));
    assert!(refused("TEMP", Expect::Value(Type::Int)));
    assert!(!refused("SYSBP", Expect::Value(Type::Dec)));
    assert!(refused("VISITDT", Expect::Value(Type::Text)));
}

#[test]
fn what_is_too_large_is_refused() {
    let chain = |count: usize| format!("{} > 1", vec!["SYSBP"; count].join(" + "));
    let cases = [
        ("(".repeat(100_000), false),
        ("[".repeat(3_000), false),
        ("!".repeat(3_999), false),
        ("-".repeat(3_999), false),
        (format!("{}true{}", "(".repeat(50), ")".repeat(50)), true),
        (format!("{}true{}", "(".repeat(51), ")".repeat(51)), false),
        (chain(100), true),
        (chain(400), false),
        (vec!["SMOKER"; 200].join(" && "), true),
        (vec!["SMOKER"; 520].join("&&"), false),
        (format!("{}true", "SMOKER ? true : ".repeat(48)), true),
        (format!("{}true", "SMOKER ? true : ".repeat(60)), false),
        (format!("{}1 > 1", "SYSBP - ".repeat(60)), false),
        (format!("{}true", "SMOKER?true:".repeat(240)), false),
        (format!("SYSBP in [{}]", vec!["1"; 1_000].join(",")), true),
        (format!("SYSBP in [{}]", vec!["1"; 1_001].join(",")), false),
        (format!("SEX == \"{}\"", "头".repeat(3_980)), true),
        (format!("SEX == \"{}\"", "头".repeat(4_000)), false),
        (format!("SYSBP{}", ".x".repeat(1_900)), false),
    ];
    for (text, accepted) in cases {
        let faults = faults(&text);
        let start: String = text.chars().take(40).collect();
        assert_eq!(faults.is_empty(), accepted, "{start}… {faults:?}");
    }
}

#[test]
fn lists_in_lists_cannot_take_for_ever() {
    let hundred = format!("[{}]", vec!["1"; 100].join(","));
    let twice = format!("{hundred}.all(x, {hundred}.all(y, x == y))");
    assert!(faults(&twice).is_empty(), "{:?}", faults(&twice));
    let thrice = format!("{hundred}.all(x, {hundred}.all(y, {hundred}.all(z, x == y)))");
    assert!(faults(&thrice)[0].message_en.contains("50,000 steps"));
}

#[test]
fn a_rule_says_what_it_reads() {
    let text = "missing(SYSBP) || SYSBP > DIABP + previous(\"DIABP\") && sum(\"AEDOSE\") > 1 \
                && max(\"AEDOSE\") > 1 && study_day(VISITDT) > 1";
    let rule = compile(text, &scope(), Expect::Bool).unwrap();
    assert_eq!(rule.names(), ["SYSBP", "DIABP", "VISITDT"]);
    let reads: Vec<String> = rule.reads().iter().map(ToString::to_string).collect();
    assert_eq!(reads, ["previous(\"DIABP\")", "rows(\"AEDOSE\")", "reference date"]);
    assert!(rule.asks_missing());
    assert_eq!(rule.result(), Type::Bool);
}
