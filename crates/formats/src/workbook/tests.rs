use std::io::Write as _;

use rust_xlsxwriter::{ExcelDateTime, Format, Formula};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::table::{Row, Table as _, WorkbookTable};

fn rows(bytes: &[u8], sheet: Option<&str>) -> Result<(Vec<String>, Vec<Row>), FormatError> {
    let mut table = WorkbookTable::open(bytes, "x.xlsx", sheet)?;
    let mut rows = Vec::new();
    while let Some(row) = table.next_row()? {
        rows.push(row);
    }
    Ok((table.columns().to_vec(), rows))
}

/// A workbook of one sheet from its XML, packed by hand.
fn packed(sheet: &str, is_1904: bool) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let date_1904 = if is_1904 { r#"<workbookPr date1904="1"/>"# } else { "" };
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{main}" xmlns:r="{relations}">{date_1904}<sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{relations}/styles" Target="styles.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                r#"<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(r#"<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>"#),
        ),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in parts {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What another writer writes: each kind of cell, in the second of two sheets.
fn written() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write(0, 0, "nothing").unwrap();
    let sheet = book.add_worksheet().set_name("Visits").unwrap();
    for (column, name) in ["SUBJ", "N", "DAY", "AT", "MONTH", "OK", "SUM"].into_iter().enumerate() {
        sheet.write(2, u16::try_from(column).unwrap(), name).unwrap();
    }
    let dated = |code: &str| Format::new().set_num_format(code);
    let day = ExcelDateTime::from_ymd(2024, 2, 29).unwrap();
    let at = ExcelDateTime::from_ymd(2024, 2, 29).unwrap().and_hms(13, 5, 0).unwrap();
    sheet.write(3, 0, "01-001").unwrap();
    sheet.write(3, 1, 0.1 + 0.2).unwrap();
    sheet.write_with_format(3, 2, &day, &dated("dd/mm/yyyy")).unwrap();
    sheet.write_with_format(3, 3, &at, &dated("yyyy-mm-dd hh:mm")).unwrap();
    let month = ExcelDateTime::from_ymd(2024, 3, 1).unwrap();
    sheet.write_with_format(3, 4, &month, &dated("mmm-yy")).unwrap();
    sheet.write(3, 5, true).unwrap();
    sheet.write(3, 6, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write(5, 0, "01-002").unwrap();
    sheet.write(5, 1, 70).unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn every_kind_of_cell_is_the_text_that_a_user_sees_in_iso_form() {
    let (columns, rows) = rows(&written(), Some("Visits")).unwrap();
    assert_eq!(columns, ["SUBJ", "N", "DAY", "AT", "MONTH", "OK", "SUM"]);
    let expected = ["01-001", "0.3", "2024-02-29", "2024-02-29T13:05:00", "2024-03", "true", "2"];
    assert_eq!(rows[0].cells, expected);
    assert_eq!((rows[0].number, rows[0].line), (1, 4));
    assert_eq!((rows[1].number, rows[1].line, rows[1].cells[1].as_str()), (2, 6, "70"));
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_sheet_is_not_guessed_among_several() {
    let bytes = written();
    let fault = rows(&bytes, None).unwrap_err();
    assert_eq!(fault.what, "the workbook has 2 sheets: 'Notes', 'Visits'");
    let fault = rows(&bytes, Some("Labs")).unwrap_err();
    assert!(fault.what.contains("no sheet 'Labs'"), "{fault}");
}

#[test]
fn errors_are_named_with_their_sheet_and_cells() {
    let cells = r#"<row r="1"><c r="A1" t="str"><v>X</v></c></row>
        <row r="2"><c r="A2" t="e"><v>#N/A</v></c></row>
        <row r="3"><c r="A3"><f>1/0</f><v>1</v></c></row>
        <row r="4"><c r="A4" s="1"><v>60</v></c></row>"#;
    let fault = rows(&packed(cells, false), None).unwrap_err();
    let expected = "sheet 'Data' has no value in A2 (#N/A), A4 (1900-02-29 is no date)";
    assert_eq!((fault.what.as_str(), fault.line), (expected, 2));
}

#[test]
fn the_1904_system_is_told_by_the_workbook() {
    let cells = r#"<row r="1"><c r="A1" t="str"><v>X</v></c></row>
        <row r="2"><c r="A2" s="1"><v>44481</v></c></row>"#;
    for (is_1904, expected) in [(true, "2025-10-13"), (false, "2021-10-12")] {
        assert_eq!(rows(&packed(cells, is_1904), None).unwrap().1[0].cells, [expected]);
    }
}

#[test]
fn a_value_without_a_column_is_refused_with_its_cell() {
    let cells = r#"<row r="1"><c r="A1" t="str"><v>X</v></c><c r="C1" t="str"><v>Z</v></c></row>
        <row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>"#;
    let fault = rows(&packed(cells, false), None).unwrap_err();
    assert_eq!((fault.what.as_str(), fault.line), ("sheet 'Data', cell B2: has no column", 2));
    let twice = r#"<row r="1"><c r="A1" t="str"><v>X</v></c><c r="B1" t="str"><v>X</v></c></row>"#;
    assert!(rows(&packed(twice, false), None).unwrap_err().what.contains("two columns"));
    assert!(rows(&packed("", false), None).unwrap_err().what.contains("empty"));
}

#[test]
fn a_cell_at_the_far_corner_costs_nothing() {
    let cells = r#"<row r="1"><c r="A1" t="str"><v>X</v></c></row>
        <row r="1048576"><c r="A1048576"><v>1</v></c></row>"#;
    let rows = rows(&packed(cells, false), None).unwrap().1;
    assert_eq!((rows.len(), rows[0].line), (1, 1_048_576));
    let order = r#"<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>"#;
    assert!(self::rows(&packed(order, false), None).unwrap_err().what.contains("later cell"));
}

#[test]
fn a_small_file_that_unpacks_to_much_is_refused_before_it_is_parsed() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/sharedStrings.xml", SimpleFileOptions::default()).unwrap();
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..=(MAX_HELD_BYTES >> 20) {
        zip.write_all(&zeros).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20, "{} bytes", bytes.len());
    let fault = rows(&bytes, None).unwrap_err();
    assert!(fault.what.contains("beside the sheets"), "{fault}");
}

#[test]
fn what_is_no_workbook_says_what_to_do() {
    assert!(rows(b"a,b\n", None).unwrap_err().advice.contains(".xlsx"));
    let old = rows(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None).unwrap_err();
    assert!(old.what.contains("password"), "{old}");
    let mut cut = written();
    cut.truncate(cut.len() / 2);
    assert!(rows(&cut, None).is_err());
}
