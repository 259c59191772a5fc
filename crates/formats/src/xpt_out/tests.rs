use std::io::Cursor;

use kernel::{
    DataType, Datum, MissingReason, StudyVersion,
    casebook::FormRecord,
    study::{Design, FormDef, ItemDef, ItemGroupDef, ItemGroupRef, ItemRef},
};

use super::*;
use crate::{
    export::tests::{Memory, export, export_of, record, row, try_export},
    tabular::TabularExporter,
    xpt::{Field, XptReader},
};

fn read(bytes: Vec<u8>, encoding: TextEncoding) -> (Dataset, Vec<Vec<Field>>) {
    let mut reader = XptReader::open(Cursor::new(bytes), "t.xpt", encoding).unwrap();
    let dataset = reader.dataset().clone();
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row().unwrap() {
        rows.push(row);
    }
    (dataset, rows)
}

fn texts(bytes: Vec<u8>) -> (Vec<String>, Vec<Vec<String>>) {
    let (dataset, rows) = read(bytes, TextEncoding::UTF_8);
    let names = dataset.variables.into_iter().map(|variable| variable.name).collect();
    let rows = rows.into_iter().map(|row| row.into_iter().map(Field::into_text).collect());
    (names, rows.collect())
}

#[test]
fn each_table_is_a_file_and_reasons_stand_in_their_own() {
    let (memory, _) = export("xpt", &ExportOptions::default(), &[record()]);
    assert_eq!(
        memory.names(),
        ["define.xml", "missingv.xpt", "otherval.xpt", "subjects.xpt", "vs.xpt", "vs2.xpt"]
    );
    let (names, rows) = texts(memory.bytes("vs2.xpt"));
    assert_eq!(
        names,
        [
            "STUDYID", "SITEID", "SUBJID", "EVENT", "EVENTRPT", "FORMRPT", "GROUPRPT", "TEMP",
            "TEMP_UNI", "SYSBP"
        ]
    );
    assert_eq!(rows[0][6..], ["1", "36.6", "Cel", "131"]);
    assert_eq!(rows[1][6..], ["2", "", "", ""]);
    let (_, rows) = texts(memory.bytes("missingv.xpt"));
    let reasons: Vec<&[String]> = rows.iter().map(|row| &row[8..]).collect();
    assert_eq!(reasons, [["2", "I.SYSBP", "NOT_DONE"], ["2", "I.TEMP", "REFUSED"]]);
}

/// One form with an item of each type.
fn typed() -> Design {
    let types = [
        ("AGE", DataType::Integer),
        ("WEIGHT", DataType::Float),
        ("BRTHDAT", DataType::Date),
        ("STDAT", DataType::PartialDate),
        ("DONE", DataType::Boolean),
        ("a long name of an item", DataType::Text),
    ];
    let item = |(name, data_type): (&str, DataType)| ItemDef {
        oid: format!("I.{name}").as_str().into(),
        name: name.into(),
        data_type,
        ..ItemDef::default()
    };
    let items: Vec<ItemDef> = types.into_iter().map(item).collect();
    let refs = items.iter().map(|item| ItemRef { item: item.oid.clone(), ..ItemRef::default() });
    let group =
        ItemGroupDef { oid: "IG.DM".into(), items: refs.collect(), ..ItemGroupDef::default() };
    let group_ref = ItemGroupRef { group: "IG.DM".into(), ..ItemGroupRef::default() };
    let form = FormDef { oid: "F.DM".into(), groups: vec![group_ref], ..FormDef::default() };
    Design::new(std::sync::Arc::new(StudyVersion {
        study_oid: "T".into(),
        forms: vec![form],
        item_groups: vec![group],
        items,
        ..StudyVersion::default()
    }))
}

fn form(items: &[(&str, Datum)]) -> FormRecord {
    FormRecord { rows: [row("IG.DM", "1", items)].into(), ..FormRecord::default() }
}

fn written(options: &ExportOptions, records: &[FormRecord]) -> Memory {
    let writer = XptTables::new(options);
    let exporter = TabularExporter::files(writer, "en");
    export_of(&typed(), Box::new(exporter), "F.DM", records).0
}

#[test]
fn types_say_what_is_a_number_and_a_letter_says_why_it_is_missing() {
    let full = form(&[
        ("I.AGE", Datum::value("63")),
        ("I.WEIGHT", Datum::value("70.50")),
        ("I.BRTHDAT", Datum::value("1959-12-31")),
        ("I.STDAT", Datum::value("2014-01")),
        ("I.DONE", Datum::value("true")),
    ]);
    let missing = form(&[
        ("I.AGE", Datum::Missing(MissingReason::Unknown)),
        ("I.WEIGHT", Datum::Missing(MissingReason::NotDone)),
        ("I.BRTHDAT", Datum::Missing(MissingReason::Refused)),
        ("I.DONE", Datum::Missing(MissingReason::NotAsked)),
    ]);
    let memory = written(&ExportOptions::default(), &[full, missing]);
    let (dataset, rows) = read(memory.bytes("dm.xpt"), TextEncoding::UTF_8);
    assert_eq!(
        rows[0][6..11],
        [
            Field::Number(63.0),
            Field::Number(70.5),
            Field::Number(-1.0),
            Field::Text("2014-01".into()),
            Field::Number(1.0)
        ]
    );
    let letters = [Field::Missing('U'), Field::Missing('D'), Field::Missing('R')];
    assert_eq!((&rows[1][6..9], &rows[1][10]), (&letters[..], &Field::Missing('N')));
    assert_eq!(
        (dataset.variables[8].format.name.as_str(), dataset.variables[8].format.width),
        ("YYMMDD", 10)
    );
    assert_eq!(dataset.variables[11].name, "ALONGNAM");
}

#[test]
fn a_value_that_does_not_fit_its_type_is_written_beside() {
    let odd =
        form(&[("I.AGE", Datum::value("12345678901234567")), ("I.BRTHDAT", Datum::value("1959"))]);
    let memory = written(&ExportOptions::default(), &[odd]);
    let (_, rows) = texts(memory.bytes("otherval.xpt"));
    let values: Vec<&[String]> = rows.iter().map(|row| &row[9..11]).collect();
    assert_eq!(values, [["I.AGE", "12345678901234567"], ["I.BRTHDAT", "1959"]]);
}

#[test]
fn a_long_text_goes_on_in_further_variables() {
    let text = "体重".repeat(150);
    let memory = written(
        &ExportOptions::default(),
        &[form(&[("I.a long name of an item", Datum::value(text.as_str()))])],
    );
    let (names, rows) = texts(memory.bytes("dm.xpt"));
    assert_eq!(names[11..], ["ALONGNAM", "ALONGNA1", "ALONGNA2", "ALONGNA3", "ALONGNA4"]);
    assert_eq!(rows[0][11..].concat(), text);
}

#[test]
fn the_chosen_encoding_is_used_and_said_and_what_it_lacks_is_refused() {
    let chinese = form(&[("I.a long name of an item", Datum::value("体重"))]);
    let options = ExportOptions { encoding: TextEncoding::GB18030, ..ExportOptions::default() };
    let memory = written(&options, std::slice::from_ref(&chinese));
    let (dataset, rows) = read(memory.bytes("dm.xpt"), TextEncoding::GB18030);
    assert_eq!(rows[0][11], Field::Text("体重".into()));
    assert_eq!(dataset.variables[11].length, 4);

    let options =
        ExportOptions { encoding: TextEncoding::WINDOWS_1252, ..ExportOptions::default() };
    let exporter = TabularExporter::files(XptTables::new(&options), "en");
    let refused = try_export(&typed(), Box::new(exporter), "F.DM", &[chinese]).err().unwrap();
    assert_eq!(
        refused.to_string(),
        "row 1 of dataset DM: a long name of an item: a text has a character that windows-1252 has \
         not does not fit the format; choose another encoding, or another format"
    );
}

#[test]
fn a_dataset_above_the_limit_is_split_and_the_parts_are_the_whole() {
    let records: Vec<FormRecord> =
        (0..50).map(|age| form(&[("I.AGE", Datum::value(age.to_string()))])).collect();
    let mut writer =
        XptTables::new(&ExportOptions { authority: Authority::Nmpa, ..ExportOptions::default() });
    writer.file_bytes = 5_000;
    let exporter = TabularExporter::files(writer, "en");
    let (memory, written) = export_of(&typed(), Box::new(exporter), "F.DM", &records);
    let parts: Vec<&Written> = written.iter().filter(|file| file.name.starts_with("dm")).collect();
    assert!(parts.len() > 1, "{written:?}");
    let mut ages = Vec::new();
    for part in &parts {
        assert!(part.bytes <= 5_000, "{part:?}");
        assert_eq!(part.values, part.rows);
        let (dataset, rows) = read(memory.bytes(&part.name), TextEncoding::UTF_8);
        assert_eq!(format!("{}.xpt", dataset.name), part.name, "names are in lower case");
        ages.extend(rows.into_iter().map(|row| row[6].clone().into_text()));
    }
    assert_eq!(ages, (0..50).map(|age| age.to_string()).collect::<Vec<_>>());
}
