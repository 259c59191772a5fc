use std::io::Cursor;

use crate::{
    dataset_json::{DatasetJsonReader, Form, JsonCell},
    export::{
        ExportOptions,
        tests::{export, record},
    },
};

fn read(bytes: Vec<u8>) -> (DatasetJsonReader, Vec<Vec<JsonCell>>) {
    let mut reader = DatasetJsonReader::open(Cursor::new(bytes), "x").unwrap();
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row().unwrap() {
        rows.push(row);
    }
    (reader, rows)
}

#[test]
fn each_form_holds_the_same_rows_and_the_same_metadata() {
    let mut seen = Vec::new();
    for (format, form) in
        [("dataset-json", Form::Json), ("dataset-ndjson", Form::Ndjson), ("dsjc", Form::Dsjc)]
    {
        let (memory, _) = export(format, &ExportOptions::default(), &[record()]);
        let (reader, rows) = read(memory.bytes(&format!("vs2.{}", form.extension())));
        assert_eq!(reader.form(), form);
        seen.push((reader.metadata().clone(), rows));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let (metadata, rows) = &seen[0];
    assert_eq!((metadata.records, metadata.created.as_str()), (2, "2026-01-01T00:00:00.000Z"));
    let keys = metadata.columns.iter().filter(|column| column.key_sequence.is_some()).count();
    assert_eq!(keys, 7);
    let text = |text: &str| JsonCell::Text(text.into());
    assert_eq!(rows[0][7..], [text("36.6"), text("Cel"), text("131")]);
    assert_eq!(rows[1][7..], [JsonCell::Null, JsonCell::Null, JsonCell::Null]);
}

#[test]
fn numbers_keep_their_digits() {
    let digits = |text: &str| {
        let mut out = Vec::new();
        super::push_digits(&mut out, text);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(digits("70.50"), "70.50");
    assert_eq!(digits("-.5"), "-0.5");
    assert_eq!(digits("007"), "7");
    assert_eq!(digits("5."), "5");
}
