use std::io::Cursor;

use proptest::prelude::*;

use super::*;

fn open(text: &[u8]) -> Result<CsvTable<Cursor<Vec<u8>>>, FormatError> {
    CsvTable::open(Cursor::new(text.to_vec()), "x.csv", TextEncoding::UTF_8, b',')
}

fn read(text: impl AsRef<[u8]>) -> Result<Vec<Row>, FormatError> {
    let mut table = open(text.as_ref())?;
    let mut rows = Vec::new();
    while let Some(row) = table.next_row()? {
        rows.push(row);
    }
    Ok(rows)
}

fn cells(rows: &[Row]) -> Vec<Vec<&str>> {
    rows.iter().map(|row| row.cells.iter().map(String::as_str).collect()).collect()
}

#[test]
fn quotes_commas_and_line_ends_inside_a_field_are_kept() {
    let rows = read("A,B\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n,5\" tall\r\n").unwrap();
    assert_eq!(cells(&rows), [["x, \"y\"", "two\nlines"], ["", "5\" tall"]]);
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(rows[1].number, 2);
}

#[test]
fn each_kind_of_line_end_is_counted_once() {
    for text in ["A\nx\n\ny\n", "A\r\nx\r\n\r\ny", "A\rx\r\ry\r"] {
        let rows = read(text).unwrap();
        assert_eq!(cells(&rows), [["x"], ["y"]], "{text:?}");
        assert_eq!(rows[1].line, 4, "{text:?}");
    }
}

#[test]
fn a_ragged_row_is_refused_with_its_line() {
    let short = read("A,B\n1,2\n\n3\n").unwrap_err();
    assert_eq!((short.line, short.what.as_str()), (4, "the row has 1 fields, the header has 2"));
    let long = read("A,B\n1,2,3\n").unwrap_err();
    assert_eq!(long.line, 2);
}

#[test]
fn a_quote_that_is_never_closed_swallows_nothing() {
    let fault = read("A,B\n1,\"x\n2,y\n3,z\n").unwrap_err();
    assert_eq!((fault.line, fault.what.as_str()), (2, "a quote is opened and never closed"));
    assert_eq!(read("A\n\"x\"y\n").unwrap_err().line, 2);
    assert_eq!(cells(&read("A\n\"x\"").unwrap()), [["x"]]);
}

#[test]
fn a_byte_order_mark_is_no_text_and_names_the_encoding() {
    assert_eq!(open("\u{feff}A,B\n".as_bytes()).unwrap().columns(), ["A", "B"]);
    let utf_16: Vec<u8> = "\u{feff}A\n体重\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(cells(&read(utf_16).unwrap()), [["体重"]]);
}

#[test]
fn text_in_another_encoding_is_read_when_named_and_else_refused() {
    let bytes = b"A\nok\n\xCC\xE5\xD6\xD8\n";
    let fault = read(bytes).unwrap_err();
    assert_eq!((fault.line, fault.what.as_str()), (3, "the text is not UTF-8"));
    let input = Cursor::new(bytes.to_vec());
    let mut table = CsvTable::open(input, "x.csv", TextEncoding::GB18030, b',').unwrap();
    table.next_row().unwrap();
    assert_eq!(table.next_row().unwrap().unwrap().cells, ["体重"]);
}

#[test]
fn a_nul_byte_is_refused_with_its_line() {
    let fault = read("A\nx\ny\0\n").unwrap_err();
    assert_eq!((fault.line, fault.what.as_str()), (3, "the text contains a NUL byte"));
}

#[test]
fn a_header_must_tell_the_columns_apart() {
    assert!(open(b"").unwrap_err().what.contains("empty"));
    assert!(open(b"A,B,A\n").unwrap_err().what.contains("'A'"));
    let many = format!("{}\n", ",".repeat(MAX_COLUMNS));
    assert!(open(many.as_bytes()).unwrap_err().what.contains("more than"));
}

/// A header and then the same bytes for ever.
struct Endless {
    head: Cursor<&'static [u8]>,
    body: Vec<u8>,
    given: u64,
    limit: u64,
}

impl Endless {
    fn new(head: &'static [u8], body: &[u8], limit: u64) -> Self {
        Self { head: Cursor::new(head), body: body.to_vec(), given: 0, limit }
    }
}

impl std::io::Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let from_head = self.head.read(into)?;
        if from_head > 0 || self.given >= self.limit {
            return Ok(from_head);
        }
        let whole = into.len() / self.body.len() * self.body.len();
        for chunk in into[..whole].chunks_mut(self.body.len()) {
            chunk.copy_from_slice(&self.body);
        }
        self.given += whole as u64;
        Ok(whole)
    }
}

/// How much the tests of large files read at least, in bytes.
const LARGE_BYTES: u64 = 300 << 20;

#[test]
fn a_field_without_end_stops_early() {
    for head in [&b"A\nx\n"[..], b"A\nx\n\""] {
        let input = Endless::new(head, b"abcdefgh", LARGE_BYTES);
        let mut table = CsvTable::open(input, "x.csv", TextEncoding::UTF_8, b',').unwrap();
        table.next_row().unwrap();
        let fault = table.next_row().unwrap_err();
        assert_eq!((fault.line, fault.what.contains("longer than")), (3, true), "{fault}");
        assert!(table.field.capacity() <= 4 * MAX_FIELD_BYTES);
    }
}

#[test]
fn a_row_without_end_stops_early() {
    let input = Endless::new(b"A\n", b"abcdefg,", LARGE_BYTES);
    let mut table = CsvTable::open(input, "x.csv", TextEncoding::UTF_8, b',').unwrap();
    let fault = table.next_row().unwrap_err();
    assert!(fault.what.contains("more than 20000 fields"), "{fault}");
}

#[test]
fn a_large_file_streams_with_the_memory_of_a_row() {
    let body = format!("{},{}\n", "a".repeat(1000), "b".repeat(998));
    let input = Endless::new(b"A,B\n", body.as_bytes(), LARGE_BYTES);
    let mut table = CsvTable::open(input, "x.csv", TextEncoding::UTF_8, b',').unwrap();
    let mut rows = 0_u64;
    while let Some(row) = table.next_row().unwrap() {
        rows += 1;
        assert_eq!(u64::from(row.line), rows + 1);
    }
    assert!(rows * 2000 >= LARGE_BYTES, "{rows} rows");
    assert!(table.text.text.capacity() <= 1 << 20);
}

proptest! {
    #[test]
    fn what_another_writer_writes_is_read_back(
        rows in prop::collection::vec(prop::collection::vec("[a-z\",\n\r; 体é]{0,6}", 3), 1..6)
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["A", "B", "C"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let read = read(writer.into_inner().unwrap()).unwrap();
        let read: Vec<Vec<String>> = read.into_iter().map(|row| row.cells).collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(rows) = read(bytes) {
            prop_assert!(rows.iter().all(|row| row.line > 0));
        }
    }
}
