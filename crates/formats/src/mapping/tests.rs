mod fit;
mod suggest;

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

fn form(oid: &str, repeating: bool, groups: &[&str]) -> FormDef {
    let group_ref = |oid: &&str| ItemGroupRef { group: (*oid).into(), ..ItemGroupRef::default() };
    let groups = groups.iter().map(group_ref).collect();
    FormDef { oid: oid.into(), repeating, groups, ..FormDef::default() }
}

fn event(oid: &str, repeating: bool, forms: &[&str]) -> StudyEventDef {
    let form_ref = |oid: &&str| FormRef { form: (*oid).into(), ..FormRef::default() };
    let forms = forms.iter().map(form_ref).collect();
    StudyEventDef { oid: oid.into(), repeating, forms, ..StudyEventDef::default() }
}

fn group(oid: &str, repeat: GroupRepeat, items: &[&str]) -> ItemGroupDef {
    let item_ref = |oid: &&str| ItemRef { item: (*oid).into(), ..ItemRef::default() };
    let items = items.iter().map(item_ref).collect();
    ItemGroupDef { oid: oid.into(), repeat, items, ..ItemGroupDef::default() }
}

fn design() -> Design {
    let item = |oid: &str, data_type| ItemDef { oid: oid.into(), data_type, ..ItemDef::default() };
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
            item("I.SEX", DataType::Text),
            item("I.DATE", DataType::PartialDate),
            item("I.PULSE", DataType::Integer),
            item("I.SUM", DataType::Integer),
            item("I.TERM", DataType::Text),
            item("I.QS.A", DataType::Integer),
            item("I.QS.B", DataType::Integer),
            item("I.QS.DATE", DataType::Date),
        ],
        code_lists: vec![CodeList {
            oid: "CL.SEX".into(),
            items: vec![code("F", "Female"), code("M", "Male")],
            ..CodeList::default()
        }],
        ..StudyVersion::default()
    };
    version.items[0].code_list = Some("CL.SEX".into());
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
    let mut join =
        |_: &str, _: Option<&str>| Ok(csv("KEY,VISIT\n1,Visit 1\n2,Visit 1\n2,Visit 1\n"));
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
