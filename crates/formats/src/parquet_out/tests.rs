use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};

use crate::export::{
    ExportOptions,
    tests::{Memory, export, record},
};

fn open(memory: &Memory, file: &str) -> SerializedFileReader<bytes::Bytes> {
    SerializedFileReader::new(bytes::Bytes::from(memory.bytes(file))).unwrap()
}

#[test]
fn rows_are_read_as_they_were_and_the_file_names_its_study() {
    let (memory, written) = export("parquet", &ExportOptions::default(), &[record(), record()]);
    let reader = open(&memory, "F.VS.IG.VS.parquet");
    let rows: Vec<Vec<(String, Field)>> =
        reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()).collect();
    assert_eq!(rows.len(), 4);
    let text = |text: &str| Field::Str(text.to_owned());
    assert_eq!(rows[0][7], ("TEMP".to_owned(), text("36.6")));
    assert_eq!(rows[0][8], ("TEMP_UNIT".to_owned(), text("Cel")));
    assert_eq!(rows[1][9], ("SYSBP".to_owned(), Field::Null));
    let notes = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let note = |key: &str| notes.iter().find(|note| note.key == key).unwrap().value.clone();
    assert_eq!(note("casebook.study").as_deref(), Some("DEMO"));
    assert_eq!(note("casebook.as_of").as_deref(), Some("2026-01-01T00:00:00.000Z"));
    let file = written.iter().find(|file| file.name == "F.VS.IG.VS.parquet").unwrap();
    assert_eq!((file.rows, file.values), (4, 4));
}
