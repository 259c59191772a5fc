use std::io::{Cursor, Read};

use super::*;

/// Writes transport files for tests: text columns and whole numbers.
struct Sample {
    bytes: Vec<u8>,
}

impl Sample {
    fn new() -> Self {
        let mut sample = Self { bytes: Vec::new() };
        sample.block(
            "HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000",
        );
        sample.block("SAS     SAS     SASLIB  9.4     X64\0\0\0\0");
        sample.block("01JAN14:00:00:00");
        sample
    }

    fn block(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.pad();
    }

    fn pad(&mut self) {
        while !self.bytes.len().is_multiple_of(BLOCK_BYTES) {
            self.bytes.push(b' ');
        }
    }

    fn dataset(mut self, name: &str, variables: &[(&str, u8, u8)]) -> Self {
        self.pad();
        self.block(
            "HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140",
        );
        self.block(
            "HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!000000000000000000000000000000",
        );
        self.block(&format!("SAS     {name:8}SASDATA 9.4     X64"));
        self.block(&format!("{:32}{:40}", "01JAN14:00:00:00", "A label"));
        let count = variables.len();
        self.block(&format!("HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000{count:04}"));
        let mut position = 0_u32;
        for (name, kind, length) in variables {
            let mut record = vec![0, *kind, 0, 0, 0, *length, 0, 1];
            record.extend_from_slice(format!("{name:8}{:40}{:8}", "Label", "").as_bytes());
            record.resize(84, 0);
            record.extend_from_slice(&position.to_be_bytes());
            record.resize(140, 0);
            self.bytes.extend_from_slice(&record);
            position += u32::from(*length);
        }
        self.pad();
        self.block(
            "HEADER RECORD*******OBS     HEADER RECORD!!!!!!!000000000000000000000000000000",
        );
        self
    }

    fn row(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn done(mut self) -> Vec<u8> {
        self.pad();
        self.bytes
    }
}

fn open(bytes: Vec<u8>) -> Result<XptReader<Cursor<Vec<u8>>>, FormatError> {
    XptReader::open(Cursor::new(bytes), "x.xpt", TextEncoding::UTF_8)
}

fn rows(bytes: Vec<u8>) -> Result<Vec<Vec<String>>, FormatError> {
    let mut reader = open(bytes)?;
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row()? {
        rows.push(row.into_iter().map(Field::into_text).collect());
    }
    Ok(rows)
}

fn one_text(length: u8) -> Sample {
    Sample::new().dataset("AE", &[("AETERM", 2, length)])
}

#[test]
fn headers_rows_and_missing_numbers_are_read() {
    let sample = Sample::new()
        .dataset("VS", &[("SUBJ", 2, 6), ("PULSE", 1, 8)])
        .row(b"01-701\x42\x3F\0\0\0\0\0\0")
        .row(b"  701 .\0\0\0\0\0\0\0")
        .row(b"703\0\0\0B\0\0\0\0\0\0\0");
    let reader = open(sample.done()).unwrap();
    assert_eq!(
        (reader.dataset().name.as_str(), reader.dataset().label.as_str()),
        ("VS", "A label")
    );
    let sample = Sample::new()
        .dataset("VS", &[("SUBJ", 2, 6), ("PULSE", 1, 8)])
        .row(b"01-701\x42\x3F\0\0\0\0\0\0")
        .row(b"  701 .\0\0\0\0\0\0\0")
        .row(b"703\0\0\0B\0\0\0\0\0\0\0");
    assert_eq!(rows(sample.done()).unwrap(), [["01-701", "63"], ["  701", ""], ["703", ".B"]]);
}

#[test]
fn a_blank_row_counts_unless_it_can_be_padding() {
    let between = one_text(30).row(&[b'a'; 30]).row(&[b' '; 30]).row(&[b'b'; 30]);
    assert_eq!(rows(between.done()).unwrap().len(), 3);
    let at_the_end = one_text(30).row(&[b'a'; 30]).row(&[b' '; 30]);
    assert_eq!(rows(at_the_end.done()).unwrap().len(), 1);
    let too_many_for_padding = one_text(80).row(&[b'a'; 80]).row(&[b' '; 160]);
    assert_eq!(rows(too_many_for_padding.done()).unwrap().len(), 3);
    let longer_than_padding = one_text(100).row(&[b'a'; 100]).row(&[b' '; 100]);
    assert_eq!(rows(longer_than_padding.done()).unwrap().len(), 2);
}

#[test]
fn the_datasets_of_a_file_are_read_one_after_the_other() {
    let bytes = one_text(3).row(b"abc").dataset("DM", &[("SEX", 2, 1)]).row(b"F").row(b"M").done();
    let mut reader = open(bytes).unwrap();
    assert_eq!(reader.next_row().unwrap(), Some(vec![Field::Text("abc".into())]));
    assert_eq!(reader.next_row().unwrap(), None);
    assert!(reader.next_dataset().unwrap());
    assert_eq!(reader.dataset().name, "DM");
    assert_eq!(reader.next_row().unwrap(), Some(vec![Field::Text("F".into())]));
    assert!(!reader.next_dataset().unwrap());
}

#[test]
fn a_file_cut_anywhere_is_refused_or_ends_at_a_record() {
    let bytes = one_text(100).row(&[b'a'; 100]).row(&[b'b'; 100]).done();
    for cut in 0..bytes.len() {
        let result = rows(bytes[..cut].to_vec());
        assert!(result.is_err() || cut.is_multiple_of(BLOCK_BYTES), "{cut} bytes gave {result:?}");
    }
    let in_a_row = rows(bytes[..bytes.len() - BLOCK_BYTES].to_vec()).unwrap_err();
    assert_eq!(in_a_row.what, "row 2 is cut off");
}

#[test]
fn bytes_that_are_not_in_the_encoding_are_refused_with_their_place() {
    let bytes = one_text(4).row(b"abcd").row(b"it\x92s").done();
    let fault = rows(bytes.clone()).unwrap_err();
    assert_eq!(fault.what, "row 2, variable AETERM: the text is not UTF-8");
    let mut reader =
        XptReader::open(Cursor::new(bytes), "x.xpt", TextEncoding::WINDOWS_1252).unwrap();
    reader.next_row().unwrap();
    assert_eq!(reader.next_row().unwrap(), Some(vec![Field::Text("it’s".into())]));
}

#[test]
fn chinese_text_is_read_in_its_encoding() {
    let bytes = one_text(4).row(&[0xCC, 0xE5, 0xD6, 0xD8]).done();
    let mut reader = XptReader::open(Cursor::new(bytes), "x.xpt", TextEncoding::GB18030).unwrap();
    assert_eq!(reader.next_row().unwrap(), Some(vec![Field::Text("体重".into())]));
}

#[test]
fn other_files_are_refused_by_name() {
    let version_8 =
        b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!                                ";
    assert!(open(version_8.to_vec()).unwrap_err().what.contains("version 8"));
    assert!(open(b"PK\x03\x04".to_vec()).unwrap_err().what.contains("middle of a record"));
    assert!(open(vec![b' '; 800]).unwrap_err().what.contains("not a SAS transport file"));
    assert!(open(Vec::new()).unwrap_err().what.contains("not a SAS transport file"));
}

#[test]
fn a_variable_that_cannot_be_is_refused() {
    let too_long = Sample::new().dataset("AE", &[("AGE", 1, 9)]).done();
    assert!(open(too_long).unwrap_err().what.contains("AGE"));
    let no_type = Sample::new().dataset("AE", &[("AGE", 3, 8)]).done();
    assert!(open(no_type).unwrap_err().what.contains("unknown type 3"));
}

/// Gives the same bytes again and again.
struct Endless {
    head: Cursor<Vec<u8>>,
    left: u64,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let from_head = self.head.read(into)?;
        if from_head > 0 {
            return Ok(from_head);
        }
        let bytes = into.len().min(usize::try_from(self.left).unwrap());
        into[..bytes].fill(b'x');
        self.left -= bytes as u64;
        Ok(bytes)
    }
}

#[test]
fn a_large_file_streams_with_the_memory_of_a_row() {
    const BYTES: u64 = 200 * 1000 * 80;
    let head = Cursor::new(one_text(200).done());
    let input = Endless { head, left: BYTES };
    let mut reader = XptReader::open(input, "x.xpt", TextEncoding::UTF_8).unwrap();
    let mut rows = 0;
    while reader.next_row().unwrap().is_some() {
        rows += 1;
        assert!(reader.pending.capacity() <= 1024, "{} bytes held", reader.pending.capacity());
    }
    assert_eq!(rows, BYTES / 200);
}
