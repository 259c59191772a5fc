use formats::{
    dataset_json::{DatasetJsonReader, DatasetJsonWriter, DatasetMetadata, Form, JsonCell},
    table::{TableFormat, TableOptions, open},
};
use std::io::{Cursor, Write as _};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

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

/// A sheet of a workbook. The bytes are its XML: packed, they reach the parser, which a changed byte of a
/// workbook does not, for its parts have checksums.
pub fn workbook(bytes: &[u8]) -> bool {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let book = format!(
        r#"<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let root = format!(
        r#"<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    let relations = format!(
        r#"<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/></Relationships>"#
    );
    let styles = format!(
        r#"<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, part) in [
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/worksheets/sheet1.xml", bytes),
    ] {
        zip.start_file(name, options).expect("writing to memory does not fail");
        zip.write_all(part).expect("writing to memory does not fail");
    }
    let packed = zip.finish().expect("writing to memory does not fail").into_inner();
    rows_fit(TableFormat::Workbook, &packed)
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
    let Ok(mut table) = open(format, Cursor::new(bytes.to_vec()), "fuzz", TableOptions::default())
    else {
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
