//! The published representations of one dataset convert into each other.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use formats::{
    dataset_json::{DatasetJsonReader, DatasetJsonWriter, DatasetMetadata, Form, JsonCell},
    table::{TableFormat, TableOptions, TextEncoding},
    xpt::{Dataset, Field, VariableKind, XptReader, XptWriter},
};
use proptest::prelude::*;
use serde_json::Value;

const DATASETS: [&str; 7] = ["ae", "dm", "ds", "ex", "ie", "mh", "vs"];
const FORMS: [Form; 3] = [Form::Json, Form::Ndjson, Form::Dsjc];

type Rows = Vec<Vec<JsonCell>>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dataset-json")
}

fn file(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn read(bytes: Vec<u8>) -> (DatasetMetadata, Rows) {
    let mut reader = DatasetJsonReader::open(Cursor::new(bytes), "x").unwrap();
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row().unwrap() {
        rows.push(row);
    }
    (reader.metadata().clone(), rows)
}

fn write(form: Form, (metadata, rows): &(DatasetMetadata, Rows)) -> Vec<u8> {
    let mut writer = DatasetJsonWriter::create(Vec::new(), form, metadata).unwrap();
    for row in rows {
        writer.row(row).unwrap();
    }
    writer.finish().unwrap()
}

/// The whole file as JSON, whatever its spaces.
fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn json_ndjson_and_dsjc_become_each_other() {
    for name in DATASETS {
        let published = file(&format!("sdtm/{name}.json"));
        let dataset = read(published.clone());
        assert_eq!(read(file(&format!("sdtm/{name}.ndjson"))), dataset, "{name}");
        for form in FORMS {
            let written = write(form, &dataset);
            assert_eq!(read(written.clone()), dataset, "{name} as {form:?}");
            match form {
                Form::Json => assert_eq!(json(&written), json(&published), "{name}"),
                Form::Ndjson => {
                    assert_eq!(lines(&written), lines(&file(&format!("sdtm/{name}.ndjson"))));
                }
                Form::Dsjc => assert_eq!(written[0], 0x78, "zlib, as the standard says"),
            }
        }
    }
}

#[test]
fn the_compressed_examples_hold_the_same_data() {
    for name in DATASETS {
        let (mut metadata, rows) = read(file(&format!("sdtm/{name}.dsjc")));
        let (plain, plain_rows) = read(file(&format!("sdtm/{name}.json")));
        assert_eq!(rows, plain_rows, "{name}");
        metadata.created.clone_from(&plain.created);
        metadata.file_oid.clone_from(&plain.file_oid);
        metadata.source_system.clone_from(&plain.source_system);
        assert_eq!(metadata, plain, "{name}");
    }
}

fn transport(name: &str) -> (XptReader<Cursor<Vec<u8>>>, Vec<u8>) {
    let bytes = file(&format!("sdtm/{name}.xpt"));
    let reader = XptReader::open(Cursor::new(bytes.clone()), name, TextEncoding::WINDOWS_1252);
    (reader.unwrap(), bytes)
}

/// The cells of a transport file as those of Dataset-JSON: no number is null, no text is empty.
fn as_json(field: Field) -> JsonCell {
    match field {
        Field::Missing(_) => JsonCell::Null,
        Field::Number(_) => JsonCell::Number(field.into_text()),
        Field::Text(text) => JsonCell::Text(text),
    }
}

fn as_field(cell: &JsonCell, dataset: &Dataset, column: usize) -> Field {
    match (dataset.variables[column].kind, cell) {
        (VariableKind::Number, JsonCell::Number(digits)) => Field::Number(digits.parse().unwrap()),
        (VariableKind::Number, _) => Field::Missing('.'),
        (VariableKind::Text, cell) => Field::Text(cell.clone().into_text()),
    }
}

#[test]
fn transport_files_hold_the_same_rows_and_are_written_byte_for_byte() {
    for name in DATASETS {
        let (metadata, rows) = read(file(&format!("sdtm/{name}.json")));
        let (mut reader, bytes) = transport(name);
        let dataset = reader.dataset().clone();
        assert_eq!(dataset.name, metadata.name);
        assert_eq!(dataset.label, metadata.label);
        let names = |of: &Dataset| of.variables.iter().map(|v| v.name.clone()).collect::<Vec<_>>();
        let columns: Vec<String> = metadata.columns.iter().map(|c| c.name.clone()).collect();
        assert_eq!(names(&dataset), columns, "{name}");
        let mut from_transport = Vec::new();
        while let Some(row) = reader.next_row().unwrap() {
            from_transport.push(row.into_iter().map(as_json).collect::<Vec<_>>());
        }
        assert_eq!(from_transport, rows, "{name}");

        let mut writer =
            XptWriter::create(Vec::new(), reader.library(), TextEncoding::WINDOWS_1252).unwrap();
        writer.dataset(&dataset).unwrap();
        for row in rows {
            let fields: Vec<Field> =
                row.iter().enumerate().map(|(at, cell)| as_field(cell, &dataset, at)).collect();
            writer.row(&fields).unwrap();
        }
        assert!(writer.finish().unwrap() == bytes, "{name} is not what was published");
    }
}

#[test]
fn what_the_standard_does_not_know_is_kept() {
    // The example shows two rows of the 72 that it says it has.
    let published = file("extended_dataset.json");
    let mut reader = DatasetJsonReader::open(Cursor::new(published.clone()), "x").unwrap();
    let rows: Rows = (0..2).map(|_| reader.next_row().unwrap().unwrap()).collect();
    assert!(reader.next_row().is_err());
    let written = write(Form::Json, &(reader.metadata().clone(), rows));
    assert_eq!(json(&written), json(&published));
}

#[test]
fn other_scripts_survive() {
    let published = file("i18n-ae.json");
    let dataset = read(published.clone());
    assert_eq!(json(&write(Form::Json, &dataset)), json(&published));
    assert_eq!(read(write(Form::Dsjc, &dataset)), dataset);
    assert_eq!(dataset.1[0][5], JsonCell::Text("アプリケーションサイトの紅斑".to_owned()));
}

#[test]
fn a_dataset_is_a_table_to_import() {
    for ending in ["json", "ndjson", "dsjc"] {
        let name = format!("vs.{ending}");
        let format = TableFormat::of_file(&name).unwrap();
        let bytes = Cursor::new(file(&format!("sdtm/{name}")));
        let mut table =
            formats::table::open(format, bytes, &name, TableOptions::default()).unwrap();
        let place = table.columns().iter().position(|column| column == "VSSTRESN").unwrap();
        let (mut rows, mut with_result) = (0, 0);
        while let Some(row) = table.next_row().unwrap() {
            rows += 1;
            with_result += usize::from(!row.cells[place].is_empty());
            assert_eq!(row.number, rows);
        }
        assert_eq!(rows, 1414, "{name}");
        assert!(with_result > 1000, "{name}");
    }
}

fn fault(text: &str) -> String {
    let mut table = match DatasetJsonReader::open(Cursor::new(text.to_owned().into_bytes()), "x") {
        Ok(reader) => reader,
        Err(fault) => return fault.to_string(),
    };
    loop {
        match table.next_row() {
            Ok(Some(_)) => {}
            Ok(None) => return "nothing".to_owned(),
            Err(fault) => return fault.to_string(),
        }
    }
}

const HEAD: &str = r#""datasetJSONCreationDateTime":"2024-01-01T00:00:00","datasetJSONVersion":"1.1.0","itemGroupOID":"IG","name":"A","label":"A","columns":[{"itemOID":"I","name":"X","label":"X","dataType":"string"}]"#;

#[test]
fn what_is_broken_is_refused_with_its_place() {
    let json =
        |records: u32, rows: &str| format!("{{{HEAD},\"records\":{records},\"rows\":[{rows}]}}");
    assert_eq!(fault(&json(1, "[\"a\"]")), "nothing");
    let cases = [
        (json(2, "[\"a\"]"), "the metadata says 2 rows, the file has 1"),
        (json(1, "[\"a\",1]"), "row 1 has 2 values, the dataset has 1 columns"),
        (json(1, "[{\"a\":1}]"), "a value of row 1 is neither text nor number"),
        (json(1, "[1e]"), "a value of row 1 is neither text nor number"),
        (json(1, "[\"a"), "the file ends inside a text"),
        (
            format!("{{\"rows\":[],{HEAD},\"records\":0}}"),
            "the metadata of the dataset cannot be read",
        ),
        (
            format!("{{{HEAD},\"records\":1}}\n[\"a\"]\n[\"b\"]\n"),
            "the metadata says 1 rows, the file has 2",
        ),
        (json(0, "").replace("1.1.0", "1.0.0"), "this is Dataset-JSON of version '1.0.0'"),
        (format!("{} x", json(0, "")), "something stands behind the dataset"),
        ("<xml/>".to_owned(), "'{' is missing"),
        (String::new(), "'{' is missing"),
    ];
    for (text, expected) in cases {
        let told = fault(&text);
        assert!(told.contains(expected), "{told} is not: {expected}");
    }
}

fn cell() -> impl Strategy<Value = JsonCell> {
    prop_oneof![
        Just(JsonCell::Null),
        any::<bool>().prop_map(JsonCell::Boolean),
        any::<String>().prop_map(JsonCell::Text),
        (any::<i32>(), 0_u32..1000)
            .prop_map(|(whole, part)| JsonCell::Number(format!("{whole}.{part:03}"))),
        any::<u64>().prop_map(|whole| JsonCell::Number(whole.to_string())),
    ]
}

proptest! {
    #[test]
    fn any_cells_survive_any_form(rows in prop::collection::vec(prop::collection::vec(cell(), 3), 0..8)) {
        let column = formats::dataset_json::ColumnMetadata::default();
        let metadata = DatasetMetadata {
            version: "1.1.0".to_owned(),
            records: rows.len() as u64,
            columns: vec![column; 3],
            ..DatasetMetadata::default()
        };
        let dataset = (metadata, rows);
        for form in FORMS {
            prop_assert_eq!(&read(write(form, &dataset)), &dataset);
        }
    }
}
