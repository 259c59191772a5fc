use kernel::{Datum, casebook::FormRecord};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::export::{
    ExportOptions,
    tests::{export, record, row},
};

fn written(format: &str, file: &str, records: &[FormRecord]) -> String {
    export(format, &ExportOptions::default(), records).0.text(file)
}

#[test]
fn a_document_nests_subjects_events_forms_and_rows() {
    let text = written("json", "study.json", &[record(), record()]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["study"], "DEMO");
    assert_eq!(document["study_version"], "MDV.1");
    let subject = &document["subjects"][0];
    assert_eq!(
        (&subject["subject"], &subject["screening_number"]),
        (&json!("01-701-1015"), &json!("S,1"))
    );
    let event = &subject["events"][0];
    assert_eq!((&event["event"], event["forms"].as_array().unwrap().len()), (&json!("SE.1"), 2));
    assert_eq!(
        event["forms"][0],
        json!({
            "form": "F.VS", "repeat": "1", "version": 3,
            "complete": true, "frozen": false, "locked": false,
            "rows": [
                {"group": "IG.HEAD", "repeat": "1",
                 "items": {"I.DATE": "2014-01-02", "I.NOTE": "a \"b\", c\nd"}},
                {"group": "IG.VS", "repeat": "1",
                 "items": {"I.SYSBP": "131", "I.TEMP": ["36.6", "U.C"]}},
                {"group": "IG.VS", "repeat": "2",
                 "items": {"I.SYSBP": {"missing": "NOT_DONE"}, "I.TEMP": {"missing": "REFUSED"}}},
            ],
        })
    );
}

#[test]
fn a_document_without_subjects_is_complete() {
    let text = written("json", "study.json", &[]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["subjects"][0]["events"], json!([]));
}

#[test]
fn each_line_can_be_read_alone() {
    let text = written("ndjson", "records.ndjson", &[record(), record()]);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["subject"], "01-701-1015");
    assert_eq!(lines[1]["form_repeat"], "2");
    assert_eq!(lines[1]["rows"][1]["items"]["I.TEMP"], json!(["36.6", "U.C"]));
}

#[test]
fn removed_records_and_rows_are_left_out() {
    let mut one_row = record();
    for (key, row) in &mut one_row.rows {
        row.removed = key.group.as_str() == "IG.VS";
    }
    let gone = FormRecord { removed: true, ..record() };
    let text = written("ndjson", "records.ndjson", &[gone, one_row]);
    let line: Value = serde_json::from_str(text.trim_end()).unwrap();
    assert_eq!(line["rows"].as_array().unwrap().len(), 1);
    assert_eq!(line["form_repeat"], "2");
}

proptest! {
    #[test]
    fn any_text_is_read_back(text in any::<String>()) {
        let rows = [row("IG.HEAD", "1", &[("I.DATE", Datum::value(&*text))])];
        let record = FormRecord { rows: rows.into(), ..FormRecord::default() };
        let line = written("ndjson", "records.ndjson", &[record]);
        prop_assert_eq!(line.lines().count(), 1);
        let line: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(&line["rows"][0]["items"]["I.DATE"], &text);
    }
}
