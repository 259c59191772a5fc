//! Every SDTM dataset of the demonstration trial reads as pyreadstat reads it, cell by cell.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

use std::{
    fs::File,
    io::{Cursor, Read},
    path::Path,
};

use formats::{
    table::{Table, TextEncoding, XptTable},
    xpt::{Field, VariableKind, XptReader},
};
use sha2::{Digest, Sha256};

fn dataset(name: &str) -> Cursor<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = File::open(here.join("../../demo/data/sdtm/cdiscpilot_update2.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("SDTM/{name}")).unwrap().read_to_end(&mut bytes).unwrap();
    Cursor::new(bytes)
}

/// The SHA-256 of all cells, as `tests/data/xpt/expected.py` makes it.
#[derive(Default)]
struct Cells(Sha256);

impl Cells {
    fn row(&mut self, cells: impl Iterator<Item = String>) {
        for cell in cells {
            self.0.update(cell);
            self.0.update("\u{1f}");
        }
        self.0.update("\n");
    }

    fn digest(self) -> String {
        let digits: Vec<String> = self.0.finalize().iter().map(|b| format!("{b:02x}")).collect();
        digits.concat()
    }
}

/// The text of exactly what is stored.
fn exact(field: Field) -> String {
    match field {
        Field::Number(value) => value.to_string(),
        other => other.into_text(),
    }
}

#[test]
fn all_cells_of_all_datasets_are_those_of_another_reader() {
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/xpt/expected.csv");
    let mut datasets = 0;
    for line in csv::Reader::from_path(expected).unwrap().records() {
        let line = line.unwrap();
        let (name, encoding) = (&line[0], TextEncoding::WINDOWS_1252);
        let mut table = XptTable::open(dataset(name), name, encoding).unwrap();
        let (mut rows, mut cells) = (0_u64, Cells::default());
        while let Some(row) = table.next_row().unwrap() {
            rows += 1;
            cells.row(row.cells.into_iter());
        }
        assert_eq!(
            (rows.to_string(), table.columns().len().to_string()),
            (line[1].into(), line[2].into()),
            "{name}"
        );
        assert_eq!(cells.digest(), line[3], "{name}");
        let mut reader = XptReader::open(dataset(name), name, encoding).unwrap();
        let mut cells = Cells::default();
        while let Some(fields) = reader.next_row().unwrap() {
            cells.row(fields.into_iter().map(exact));
        }
        assert_eq!(cells.digest(), line[4], "{name}, exactly");
        datasets += 1;
    }
    assert_eq!(datasets, 31);
}

#[test]
fn names_labels_and_types_are_read_from_the_header() {
    let reader = XptReader::open(dataset("dm.xpt"), "dm.xpt", TextEncoding::WINDOWS_1252).unwrap();
    let dataset = reader.dataset();
    assert_eq!((dataset.name.as_str(), dataset.variables.len()), ("DM", 25));
    let age = dataset.variables.iter().find(|variable| variable.name == "AGE").unwrap();
    assert_eq!((age.label.as_str(), age.kind), ("Age", VariableKind::Number));
}

#[test]
fn text_that_is_not_utf_8_is_refused_unless_its_encoding_is_named() {
    let mut table = XptTable::open(dataset("ts.xpt"), "ts.xpt", TextEncoding::UTF_8).unwrap();
    let fault = loop {
        match table.next_row() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("ts.xpt is read as UTF-8"),
            Err(fault) => break fault,
        }
    };
    assert!(fault.what.ends_with("variable TSVAL: the text is not UTF-8"), "{fault}");
}
