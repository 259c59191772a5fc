//! What is found wrong with a mapping before a row is read.

use super::*;

#[test]
fn a_mapping_that_fits_has_no_findings() {
    let mapping = parse(VITALS).unwrap();
    assert_eq!(check(&mapping, &design()), []);
    let columns: Vec<String> = COLUMNS.trim().split(',').map(str::to_owned).collect();
    assert_eq!(check_columns(&mapping, &columns), []);
}

#[test]
fn what_the_study_does_not_have_is_named_with_its_line() {
    let about = |from: &str, to: &str| {
        let findings = check(&parse(&VITALS.replace(from, to)).unwrap(), &design());
        let said = findings.iter().map(|f| format!("{}: {}", f.line.unwrap_or(0), f.about));
        said.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(about("value = \"DEMO\"", "value = \"X\""), "1: study");
    assert_eq!(about("F.VS", "F.NONE"), "5: F.NONE");
    assert_eq!(about("F.VS", "F.AE"), "0: IG.VS, 9: IG.HEAD, 10: IG.VS, 11: IG.VS");
    assert_eq!(about("I.PULSE", "I.NONE"), "11: I.NONE");
    assert_eq!(about("I.PULSE", "I.SUM"), "11: I.SUM");
    assert_eq!(about("I.PULSE", "I.SEX"), "11: I.SEX, 11: I.SEX");
    assert_eq!(about("I.PULSE", "I.DATE"), "11: I.DATE");
    assert_eq!(about("decode = \"en\"", "map = { \"x\" = \"X\" }"), "10: I.SEX");
    assert_eq!(about("\"IG.VS\" = \"row\"", "\"IG.HEAD\" = \"row\""), "0: IG.HEAD");
    assert_eq!(about("map = \"visits.toml\"", "map = { \"V\" = \"SE.9\" }"), "4: SE.9, 5: F.VS");
}

#[test]
fn a_column_that_is_overlooked_or_not_there_is_named() {
    let mapping = parse(VITALS).unwrap();
    let columns = ["STUDY", "SUBJ", "VISIT", "DATE", "SEX", "WHY", "KEEP", "EXTRA"];
    let findings = check_columns(&mapping, &columns.map(str::to_owned));
    let said: Vec<(crate::Severity, &str)> =
        findings.iter().map(|f| (f.severity, f.about.as_str())).collect();
    assert_eq!(
        said,
        [
            (crate::Severity::Error, "column PULSE"),
            (crate::Severity::Error, "column EXTRA"),
            (crate::Severity::Note, "column NOTE"),
        ]
    );
    let fault = load(VITALS, "STUDY,SUBJ\n", Hold::Subject).unwrap_err();
    assert!(fault.what.contains("there is no column"), "{fault}");
}

#[test]
fn a_mapping_file_that_is_wrong_is_refused_with_its_line() {
    let fault = |from: &str, to: &str| {
        let text = VITALS.replace(from, to);
        assert_ne!(text, VITALS, "{from}");
        let fault = parse(&text).unwrap_err();
        assert_eq!(fault.file, "m.toml");
        (fault.line, fault.what)
    };
    let is = |from: &str, to: &str, line: u32, what: &str| {
        let (at, said) = fault(from, to);
        assert!(at == line && said.contains(what), "{at}: {said}");
    };
    is("group = \"IG.VS\"", "grup = \"IG.VS\"", 6, "unknown field `grup`");
    is("decode = \"en\"", "decod = \"en\"", 10, "unknown field `decod`");
    is("decode = \"en\"", "decode = \"en\", number = \"integer\"", 10, "at most one conversion");
    is("\"NOT_DONE\"", "\"LOST\"", 10, "'LOST' is no reason");
    is("%d-%b-%Y", "%d-%b", 9, "names no date");
    is("number = \"integer\"", "number = \"roman\"", 11, "roman");
    is("\"row\"", "\"rows\"", 7, "'rows' is no repeat key");
    is("{ column = \"SUBJ\", prefix", "{ prefix", 3, "either 'column' or 'value'");
    is("not_in = [\"no\"]", "not_in = [\"no\"]\nblank = true", 14, "a rule takes one of");
    is("reason = \"not to be kept\"", "reason = \" \"", 14, "says no reason");
    is("subject = {", "encoding = \"klingon\"\nsubject = {", 3, "no known encoding");
    assert_eq!(parse("study = [").unwrap_err().line, 1);
    let pivot = parse(&ANSWERS.replace("I.QS.*", "I.QS.A")).unwrap_err();
    assert_eq!((pivot.line, pivot.what.contains("has no star")), (7, true));
}

#[test]
fn text_made_to_exhaust_the_reader_is_refused() {
    for text in [
        format!("study = {}", "[".repeat(100_000)),
        format!("study = {}", "{ a = ".repeat(100_000)),
        format!("{}= 1", "a.".repeat(100_000)),
        "#".repeat(5 << 20),
        "study = \"\0\"".to_owned(),
        "\u{feff}\u{feff}study = 1".to_owned(),
    ] {
        let fault = parse(&text).unwrap_err();
        assert!(!fault.what.is_empty() && fault.what.len() < 1000, "{} bytes", fault.what.len());
    }
}
