//! Every SDTM dataset of the demonstration trial reads as pyreadstat reads it, cell by cell.

use std::{
    fs::File,
    io::{Cursor, Read},
    path::Path,
};

use formats::{
    table::{Table, TextEncoding, XptTable},
    xpt::{VariableKind, XptReader},
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

#[test]
fn all_cells_of_all_datasets_are_those_of_another_reader() {
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/xpt/expected.csv");
    let mut datasets = 0;
    for line in csv::Reader::from_path(expected).unwrap().records() {
        let line = line.unwrap();
        let mut table =
            XptTable::open(dataset(&line[0]), &line[0], TextEncoding::WINDOWS_1252).unwrap();
        let (mut rows, mut digest) = (0_u64, Sha256::new());
        while let Some(row) = table.next_row().unwrap() {
            rows += 1;
            for cell in &row.cells {
                digest.update(cell);
                digest.update("\u{1f}");
            }
            digest.update("\n");
        }
        assert_eq!(rows.to_string(), line[1], "{}", &line[0]);
        assert_eq!(table.columns().len().to_string(), line[2], "{}", &line[0]);
        let digest: Vec<String> =
            digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest.concat(), line[3], "{}", &line[0]);
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
