use std::{io::Cursor, sync::Arc};

use kernel::{
    DataType, StudyVersion, Texts,
    study::{
        CodeList, CodeListItem, Design, FormDef, FormRef, GroupRepeat, ItemDef, ItemGroupDef,
        ItemGroupRef, ItemRef, StudyEventDef,
    },
};

use super::*;
use crate::table::{CsvTable, Table};

const VISITS: &str = "\"Visit 1\" = \"SE.1\"\n\"Unscheduled *\" = \"SE.U\"\n";

const VITALS: &str = r#"
study = { column = "STUDY", value = "DEMO" }
subject = { column = "SUBJ", prefix = "01-" }
event = { column = "VISIT", map = "visits.toml" }
form = { value = "F.VS" }
group = "IG.VS"
repeat = { "IG.VS" = "row" }
item = [
  { column = "DATE", item = "I.DATE", group = "IG.HEAD", date = ["%d-%b-%Y", "%Y"] },
  { column = "SEX", item = "I.SEX", decode = "en", missing = { "ND" = "NOT_DONE" } },
  { column = "PULSE", item = "I.PULSE", number = "integer", missing_by = { column = "WHY", map = { "refused" = "REFUSED" } } },
]

[[where]]
column = "KEEP"
not_in = ["no"]
reason = "not to be kept"

[unused]
NOTE = "for people"
"#;

const COLUMNS: &str = "STUDY,SUBJ,VISIT,DATE,SEX,PULSE,WHY,KEEP,NOTE\n";

const ANSWERS: &str = r#"
study = { value = "DEMO" }
subject = { column = "SUBJ" }
event = { value = "SE.1" }
form = { value = "F.QS" }
group = "IG.QS"
pivot = { test = "TEST", value = "ANSWER", item = "I.QS.*", number = "integer" }
item = [ { column = "DATE", item = "I.QS.DATE" } ]
"#;

fn design() -> Design {
    let group_ref = |oid: &str| ItemGroupRef { group: oid.into(), ..ItemGroupRef::default() };
    let group = |oid: &str, repeat, items: &[&str]| ItemGroupDef {
        oid: oid.into(),
        repeat,
        items: items
            .iter()
            .map(|item| ItemRef { item: (*item).into(), ..ItemRef::default() })
            .collect(),
        ..ItemGroupDef::default()
    };
    let form = |oid: &str, repeating, groups: &[&str]| FormDef {
        oid: oid.into(),
        repeating,
        groups: groups.iter().map(|group| group_ref(group)).collect(),
        ..FormDef::default()
    };
    let event = |oid: &str, repeating, forms: &[&str]| StudyEventDef {
        oid: oid.into(),
        repeating,
        forms: forms
            .iter()
            .map(|form| FormRef { form: (*form).into(), ..FormRef::default() })
            .collect(),
        ..StudyEventDef::default()
    };
    let item = |oid: &str, data_type, code_list: Option<&str>| ItemDef {
        oid: oid.into(),
        data_type,
        code_list: code_list.map(Into::into),
        ..ItemDef::default()
    };
    let code = |value: &str, text: &str| CodeListItem {
        coded_value: value.into(),
        decode: Texts::one("en", text),
        ..CodeListItem::default()
    };
    let mut version = StudyVersion {
        study_oid: "DEMO".into(),
        events: vec![
            event("SE.1", false, &["F.VS", "F.AE", "F.QS"]),
            event("SE.U", true, &["F.VS"]),
        ],
        forms: vec![
            form("F.VS", false, &["IG.HEAD", "IG.VS"]),
            form("F.AE", true, &["IG.AE"]),
            form("F.QS", false, &["IG.QS"]),
        ],
        item_groups: vec![
            group("IG.HEAD", GroupRepeat::No, &["I.DATE"]),
            group("IG.VS", GroupRepeat::Simple, &["I.SEX", "I.PULSE", "I.SUM"]),
            group("IG.AE", GroupRepeat::No, &["I.TERM"]),
            group("IG.QS", GroupRepeat::No, &["I.QS.A", "I.QS.B", "I.QS.DATE"]),
        ],
        items: vec![
            item("I.DATE", DataType::PartialDate, None),
            item("I.SEX", DataType::Text, Some("CL.SEX")),
            item("I.PULSE", DataType::Integer, None),
            item("I.SUM", DataType::Integer, None),
            item("I.TERM", DataType::Text, None),
            item("I.QS.A", DataType::Integer, None),
            item("I.QS.B", DataType::Integer, None),
            item("I.QS.DATE", DataType::Date, None),
        ],
        code_lists: vec![CodeList {
            oid: "CL.SEX".into(),
            items: vec![code("F", "Female"), code("M", "Male")],
            ..CodeList::default()
        }],
        ..StudyVersion::default()
    };
    version.item_groups[1].items[2].method = Some("MT.SUM".into());
    Design::new(Arc::new(version))
}

fn parse(text: &str) -> Result<Mapping, FormatError> {
    Mapping::parse(text, "m.toml", &|name| {
        assert_eq!(name, "visits.toml");
        Ok(VISITS.to_owned())
    })
}

fn csv(text: &str) -> Box<dyn Table + Send> {
    let input = Cursor::new(text.to_owned());
    Box::new(CsvTable::open(input, "x.csv", TextEncoding::UTF_8, b',').unwrap())
}

fn load(mapping: &str, table: &str, hold: Hold) -> Result<Vec<Mapped>, FormatError> {
    let (mapping, design) = (parse(mapping)?, design());
    let mut join = |_: &str| Ok(csv("KEY,VISIT\n1,Visit 1\n2,Visit 1\n2,Visit 1\n"));
    let mut rows = MappedRows::open(&mapping, &design, csv(table), &mut join, hold)?;
    let mut all = Vec::new();
    while let Some(mapped) = rows.next()? {
        all.push(mapped);
    }
    Ok(all)
}

/// One line for each outcome.
fn outline(mapped: &[Mapped]) -> Vec<String> {
    let line = |one: &Mapped| match one {
        Mapped::Record(record) => {
            let key = &record.record;
            let cells: Vec<String> = record
                .cells
                .iter()
                .map(|cell| match &cell.given {
                    Given::Text(text) => {
                        format!("{}[{}]={text}", cell.key.item, cell.key.row.repeat)
                    }
                    Given::Missing(reason) => format!("{}?{}", cell.key.item, reason.code()),
                })
                .collect();
            format!(
                "{} {}.{} {}.{} rows {}: {}",
                record.subject,
                key.event,
                key.event_repeat,
                key.form,
                key.form_repeat,
                record.rows.len(),
                cells.join(" ")
            )
        }
        Mapped::Subject(subject) => {
            let noted = subject.milestones.iter().map(|m| format!("{} {}", m.name, m.date));
            format!(
                "{} {:?} {}",
                subject.subject,
                subject.site,
                noted.collect::<Vec<_>>().join(" ")
            )
        }
        Mapped::Skipped { row, reason } => format!("{} skipped: {reason}", row.number),
        Mapped::Refused { row, reason } => format!("{} refused: {reason}", row.number),
    };
    mapped.iter().map(line).collect()
}

fn vitals(rows: &str) -> Vec<String> {
    outline(&load(VITALS, &format!("{COLUMNS}{rows}"), Hold::Subject).unwrap())
}

#[test]
fn rows_of_one_record_are_gathered_and_converted() {
    let rows = "DEMO,7,Visit 1,26-Dec-2013,Female,60.0,,,\n\
                DEMO,7,VISIT 1,26-Dec-2013,ND,,refused,,\n\
                DEMO,7,unscheduled 3.1,2014,Male,,,,\n";
    assert_eq!(
        vitals(rows),
        [
            "01-7 SE.1.1 F.VS.1 rows 2: I.DATE[1]=2013-12-26 I.SEX[1]=F I.PULSE[1]=60 \
             I.SEX?NOT_DONE I.PULSE?REFUSED",
            "01-7 SE.U.3.1 F.VS.1 rows 1: I.DATE[1]=2014 I.SEX[1]=M",
        ]
    );
}

#[test]
fn each_row_that_is_not_used_says_why() {
    let rows = "OTHER,7,Visit 1,,,,,,\n\
                DEMO,7,Visit 1,,,,,no,\n\
                DEMO,,Visit 1,,,,,,\n\
                DEMO,7,Visit 9,,,,,,\n\
                DEMO,7,Visit 1,2013-12-26,,,,,\n\
                DEMO,7,Visit 1,,Unknown,,,,\n\
                DEMO,7,Visit 1,,,60.5,,,\n\
                DEMO,7,Visit 1,,,,lost,,\n\
                DEMO,7,Unscheduled ,,,,,,\n";
    let said = vitals(rows);
    let expected = [
        "1 refused: the row is of the study 'OTHER'",
        "2 skipped: not to be kept",
        "3 refused: SUBJ: the subject is blank",
        "4 refused: VISIT: no event is mapped for 'Visit 9'",
        "5 refused: I.DATE: '2013-12-26' is no date of the form %d-%b-%Y or %Y",
        "6 refused: I.SEX: 'Unknown' is no decode (en) of the item's code list",
        "7 refused: I.PULSE: '60.5' is not a whole number",
        "8 refused: I.PULSE: WHY: 'lost' is not in the map of reasons for missing",
        "9 refused: nothing stands for the repeat key of SE.U",
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_refused_row_keeps_its_number() {
    let rows = "DEMO,7,Visit 1,,,x,,,\nDEMO,7,Visit 1,,,61,,,\n";
    assert_eq!(vitals(rows)[1], "01-7 SE.1.1 F.VS.1 rows 1: I.PULSE[2]=61");
}

#[test]
fn a_row_that_contradicts_another_is_refused_alone() {
    let rows = "DEMO,7,Visit 1,26-Dec-2013,,60,,,\nDEMO,7,Visit 1,27-Dec-2013,,61,,,\n";
    assert_eq!(
        vitals(rows),
        [
            "2 refused: row 1 gives another I.DATE",
            "01-7 SE.1.1 F.VS.1 rows 1: I.DATE[1]=2013-12-26 I.PULSE[1]=60",
        ]
    );
}

#[test]
fn a_repeat_key_given_twice_refuses_the_second_row() {
    let mapping = VITALS.replace("= \"row\"", "= { column = \"NOTE\" }").replace("NOTE =", "X =");
    let table = format!("{COLUMNS}DEMO,7,Visit 1,,,60,,,A\nDEMO,7,Visit 1,,,61,,,A\n");
    let said = outline(&load(&mapping, &table, Hold::Subject).unwrap());
    assert_eq!(said[0], "2 refused: row 1 already makes the repeat 'A' of IG.VS");
    assert_eq!(said[1], "01-7 SE.1.1 F.VS.1 rows 1: I.PULSE[A]=60");
}

#[test]
fn a_long_table_becomes_one_record_per_subject_and_event() {
    let table = "SUBJ,TEST,ANSWER,DATE\n\
                 7,A,03,2014-01-02\n7,B,4.0,2014-01-02\n7,C,1,2014-01-02\n7,A,5,2014-01-02\n\
                 7,B,4,2014-01-03\n8,A,,2014-01-02\n";
    let said = outline(&load(ANSWERS, table, Hold::Subject).unwrap());
    assert_eq!(
        said,
        [
            "3 refused: the group IG.QS has no item I.QS.C",
            "4 refused: row 1 already gives I.QS.A",
            "5 refused: row 1 gives another I.QS.DATE",
            "7 SE.1.1 F.QS.1 rows 2: I.QS.DATE[1]=2014-01-02 I.QS.A[1]=3 I.QS.B[1]=4",
            "8 SE.1.1 F.QS.1 rows 1: I.QS.DATE[1]=2014-01-02",
        ]
    );
}

#[test]
fn a_form_repeats_by_row_and_else_takes_one_row() {
    let text = "study = { value = \"DEMO\" }\nsubject = { column = \"SUBJ\" }\n\
                event = { value = \"SE.1\" }\nform = { value = \"F.AE\", repeat = \"row\" }\n\
                group = \"IG.AE\"\nitem = [{ column = \"TERM\", item = \"I.TERM\" }]\n";
    let table = "SUBJ,TERM\n7,Rash\n7,Rash\n";
    let repeats = outline(&load(text, table, Hold::Subject).unwrap());
    assert_eq!(repeats[1], "7 SE.1.1 F.AE.2 rows 1: I.TERM[1]=Rash");
    let once = text.replace(", repeat = \"row\"", "");
    let said = outline(&load(&once, table, Hold::Subject).unwrap());
    assert_eq!(said[0], "2 refused: row 1 already makes this record");
}

#[test]
fn scattered_rows_need_the_whole_file_to_be_held() {
    let table = "SUBJ,TEST,ANSWER,DATE\n7,A,1,\n8,A,1,\n7,B,2,\n";
    let fault = load(ANSWERS, table, Hold::Subject).unwrap_err();
    assert_eq!((fault.line, fault.file.as_str()), (4, "x.csv"));
    assert!(fault.what.contains("subject 7 do not stand together"), "{fault}");
    let mapping = parse(ANSWERS).unwrap();
    assert!(!subjects_together(&mapping, csv(table).as_mut()).unwrap());
    let said = outline(&load(ANSWERS, table, Hold::File).unwrap());
    assert_eq!(said[0], "7 SE.1.1 F.QS.1 rows 2: I.QS.A[1]=1 I.QS.B[1]=2");
}

#[test]
fn columns_of_another_file_are_joined_by_equal_texts() {
    let text = "study = { value = \"DEMO\" }\nsubject = { column = \"SUBJ\" }\n\
                event = { column = \"VISIT\", map = { \"Visit 1\" = \"SE.1\" } }\n\
                form = { value = \"F.AE\" }\ngroup = \"IG.AE\"\n\
                item = [{ column = \"TERM\", item = \"I.TERM\" }]\n\
                join = [{ file = \"k.csv\", on = { SEQ = \"KEY\" }, columns = [\"VISIT\"] }]\n";
    let said = outline(&load(text, "SUBJ,SEQ,TERM\n7,1,a\n8,2,b\n9,3,c\n", Hold::Subject).unwrap());
    assert_eq!(
        said,
        [
            "2 refused: several rows of k.csv match this row",
            "7 SE.1.1 F.AE.1 rows 1: I.TERM[1]=a",
            "3 refused: VISIT: the event is blank",
        ]
    );
}

#[test]
fn subjects_and_milestones_are_made_of_rows() {
    let text = "creates = \"subjects\"\nstudy = { value = \"DEMO\" }\nsubject = { column = \"SUBJ\" }\n\
                site = { column = \"SUBJ\", before = \"-\" }\n\
                [[milestone]]\nname = \"CONSENTED\"\ndate = { column = \"DAY\", date = \"%m/%d/%Y\" }\n\
                [[milestone]]\nname = \"RANDOMISED\"\nwhen = { column = \"ARM\", not_blank = true }\n\
                date = { column = \"DAY\", date = \"%m/%d/%Y\" }\n";
    let table = "SUBJ,DAY,ARM\n701-1,12/26/2013,\n702-2,12/27/2013,Pbo\n702-2,,\n703,,\n";
    assert_eq!(
        outline(&load(text, table, Hold::Subject).unwrap()),
        [
            "701-1 Some(\"701\") CONSENTED 2013-12-26",
            "702-2 Some(\"702\") CONSENTED 2013-12-27 RANDOMISED 2013-12-27",
            "3 refused: another row already makes the subject 702-2",
            "4 refused: SUBJ: '703' has no '-'",
        ]
    );
    let notes = text
        .replace("\"subjects\"", "\"milestones\"")
        .replace("site = { column = \"SUBJ\", before = \"-\" }\n", "");
    let said = outline(&load(&notes, table, Hold::Subject).unwrap());
    assert_eq!(said[2], "3 skipped: no milestone takes this row");
}

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
