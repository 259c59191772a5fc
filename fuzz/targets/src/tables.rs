use formats::{
    dataset_json::{DatasetJsonReader, DatasetJsonWriter, DatasetMetadata, Form, JsonCell},
    table::{TableFormat, open},
};
use std::io::Cursor;

/// Rows of a compressed dataset that are looked at: some bytes can become very many.
const MAX_ROWS: usize = 10_000;

/// A table with commas.
pub fn csv(bytes: &[u8]) -> bool {
    rows_fit(TableFormat::Delimited(b','), bytes)
}

/// A SAS transport file.
pub fn xpt(bytes: &[u8]) -> bool {
    rows_fit(TableFormat::Xpt, bytes)
}

/// CDISC Dataset-JSON in any form: what is accepted reads back the same from each form.
pub fn dataset_json(bytes: &[u8]) -> bool {
    let Some(dataset) = dataset(bytes) else { return false };
    for form in [Form::Json, Form::Ndjson, Form::Dsjc] {
        let (metadata, rows) = &dataset;
        let mut writer = DatasetJsonWriter::create(Vec::new(), form, metadata)
            .expect("writing to memory does not fail");
        for row in rows {
            writer.row(row).expect("writing to memory does not fail");
        }
        let written = writer.finish().expect("writing to memory does not fail");
        assert_eq!(self::dataset(&written).as_ref(), Some(&dataset), "{form:?}");
    }
    true
}

fn dataset(bytes: &[u8]) -> Option<(DatasetMetadata, Vec<Vec<JsonCell>>)> {
    let mut reader = DatasetJsonReader::open(Cursor::new(bytes.to_vec()), "fuzz").ok()?;
    let mut rows = Vec::new();
    while rows.len() <= MAX_ROWS {
        match reader.next_row().ok()? {
            Some(row) => rows.push(row),
            None => return Some((reader.metadata().clone(), rows)),
        }
    }
    None
}

/// Whether a table is read to its end; each row has a cell for each column.
fn rows_fit(format: TableFormat, bytes: &[u8]) -> bool {
    let Ok(mut table) = open(format, Cursor::new(bytes.to_vec()), "fuzz", None) else {
        return false;
    };
    let columns = table.columns().len();
    for _ in 0..=bytes.len() {
        match table.next_row() {
            Err(_) => return false,
            Ok(None) => return true,
            Ok(Some(row)) => assert_eq!(row.cells.len(), columns, "a cell for each column"),
        }
    }
    panic!("a row takes at least a byte");
}
