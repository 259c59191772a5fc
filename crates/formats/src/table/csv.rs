//! Delimited text (RFC 4180), read strictly: whatever would shift or swallow a value is refused
//! with its line.
//!
//! Lines end in LF, CRLF or CR; a line without any character is no row. A quote inside a field that
//! does not start with one is an ordinary character.

use std::{fmt, io::Read, mem};

use super::{
    MAX_COLUMNS, MAX_FIELD_BYTES, MAX_ROW_BYTES, Row, Table, TextEncoding, text::TextStream,
};
use crate::FormatError;

/// Reads the rows of a delimited file one by one.
pub struct CsvTable<R> {
    text: TextStream<R>,
    delimiter: u8,
    columns: Vec<String>,
    rows: u64,
    /// The line on which the next byte stands.
    line: u32,
    after_carriage_return: bool,
    fields: Vec<String>,
    field: Vec<u8>,
    row_bytes: usize,
}

impl<R> fmt::Debug for CsvTable<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvTable")
            .field("columns", &self.columns)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// How a field ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Field,
    Row,
    File,
}

impl<R: Read> CsvTable<R> {
    /// Reads the header line. `file` is the name of the source in messages, `delimiter` an ASCII
    /// character.
    pub fn open(
        input: R,
        file: &str,
        encoding: TextEncoding,
        delimiter: u8,
    ) -> Result<Self, FormatError> {
        let mut table = Self::open_ragged(input, file, encoding, delimiter);
        if table.record()?.is_none() {
            return Err(table.text.fault(1, "the file is empty", "give a file with a header line"));
        }
        table.columns = mem::take(&mut table.fields);
        super::check_columns(&table.columns, |what, advice| table.text.fault(1, what, advice))?;
        Ok(table)
    }

    /// Opens a file without a header, whose rows may differ in length.
    pub(crate) fn open_ragged(input: R, file: &str, encoding: TextEncoding, delimiter: u8) -> Self {
        Self {
            text: TextStream::new(input, file, encoding),
            delimiter,
            columns: Vec::new(),
            rows: 0,
            line: 1,
            after_carriage_return: false,
            fields: Vec::new(),
            field: Vec::new(),
            row_bytes: 0,
        }
    }

    /// The next row of a file without a header, however many fields it has.
    pub(crate) fn next_ragged(&mut self) -> Result<Option<Row>, FormatError> {
        let Some(line) = self.record()? else { return Ok(None) };
        self.rows += 1;
        let cells = mem::take(&mut self.fields);
        Ok(Some(Row { number: self.rows, line, cells }))
    }

    /// Reads one record into `fields` and says on which line it starts; none at the end.
    fn record(&mut self) -> Result<Option<u32>, FormatError> {
        self.fields.clear();
        self.row_bytes = 0;
        let Some(line) = self.skip_empty_lines()? else {
            return Ok(None);
        };
        loop {
            let end = self.read_field(line)?;
            let text = String::from_utf8(mem::take(&mut self.field))
                .expect("a decoded text cut at ASCII characters is UTF-8");
            self.fields.push(text);
            if self.fields.len() > MAX_COLUMNS {
                let what = format!("a row has more than {MAX_COLUMNS} fields");
                return Err(self.text.fault(line, &what, "check the delimiter"));
            }
            if end != End::Field {
                return Ok(Some(line));
            }
        }
    }

    /// Goes to the first character of the next record.
    fn skip_empty_lines(&mut self) -> Result<Option<u32>, FormatError> {
        loop {
            match self.peek()? {
                None => return Ok(None),
                Some(byte @ (b'\n' | b'\r')) => self.end_line(byte),
                Some(_) => {
                    self.after_carriage_return = false;
                    return Ok(Some(self.line));
                }
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        Ok(self.text.fill()?.first().copied())
    }

    /// Takes one byte that ends a line; CR and LF together end one line.
    fn end_line(&mut self, byte: u8) {
        self.text.consume(1);
        if byte == b'\n' && self.after_carriage_return {
            self.after_carriage_return = false;
            return;
        }
        self.after_carriage_return = byte == b'\r';
        self.line = self.line.saturating_add(1);
    }

    fn read_field(&mut self, row_line: u32) -> Result<End, FormatError> {
        if self.peek()? == Some(b'"') {
            self.text.consume(1);
            return self.read_quoted(row_line);
        }
        loop {
            let delimiter = self.delimiter;
            let text = self.text.fill()?;
            let found = memchr::memchr3(delimiter, b'\n', b'\r', text);
            let taken = found.unwrap_or(text.len());
            self.field.extend_from_slice(&text[..taken]);
            let at_end = text.is_empty();
            let ended_by = found.map(|at| text[at]);
            self.text.consume(taken);
            self.check_size(taken, row_line)?;
            match ended_by {
                Some(byte) => return Ok(self.end_field(byte)),
                None if at_end => return Ok(End::File),
                None => {}
            }
        }
    }

    /// Reads on after an opening quote.
    fn read_quoted(&mut self, row_line: u32) -> Result<End, FormatError> {
        let opened = self.line;
        loop {
            let text = self.text.fill()?;
            if text.is_empty() {
                let advice = "close the quote, or double the quotes that are part of the text";
                return Err(self.text.fault(opened, "a quote is opened and never closed", advice));
            }
            let found = memchr::memchr(b'"', text);
            let taken = found.unwrap_or(text.len());
            let lines = memchr::memchr_iter(b'\n', &text[..taken]).count();
            self.field.extend_from_slice(&text[..taken]);
            self.text.consume(taken + usize::from(found.is_some()));
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.check_size(taken, row_line)?;
            if found.is_none() {
                continue;
            }
            match self.peek()? {
                Some(b'"') => {
                    self.text.consume(1);
                    self.field.push(b'"');
                }
                None => return Ok(End::File),
                Some(byte) if byte == self.delimiter || matches!(byte, b'\n' | b'\r') => {
                    return Ok(self.end_field(byte));
                }
                Some(_) => {
                    let what =
                        format!("text follows a closing quote in field {}", self.fields.len() + 1);
                    let advice = "double the quotes that are part of the text";
                    return Err(self.text.fault(self.line, &what, advice));
                }
            }
        }
    }

    fn end_field(&mut self, byte: u8) -> End {
        if byte == self.delimiter {
            self.text.consume(1);
            return End::Field;
        }
        self.after_carriage_return = false;
        self.end_line(byte);
        End::Row
    }

    fn check_size(&mut self, added: usize, row_line: u32) -> Result<(), FormatError> {
        self.row_bytes += added;
        let what = if self.field.len() > MAX_FIELD_BYTES {
            format!("field {} is longer than {MAX_FIELD_BYTES} bytes", self.fields.len() + 1)
        } else if self.row_bytes > MAX_ROW_BYTES {
            format!("the row is longer than {MAX_ROW_BYTES} bytes")
        } else {
            return Ok(());
        };
        let advice = "check that each quote is closed and that the file is delimited text";
        Err(self.text.fault(row_line, &what, advice))
    }
}

impl<R: Read> Table for CsvTable<R> {
    fn file(&self) -> &str {
        self.text.file()
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next_row(&mut self) -> Result<Option<Row>, FormatError> {
        let Some(line) = self.record()? else {
            return Ok(None);
        };
        if self.fields.len() != self.columns.len() {
            let what = format!(
                "the row has {} fields, the header has {}",
                self.fields.len(),
                self.columns.len()
            );
            let advice = "quote fields that contain the delimiter, and complete short rows";
            return Err(self.text.fault(line, &what, advice));
        }
        self.rows += 1;
        let cells = mem::replace(&mut self.fields, Vec::with_capacity(self.columns.len()));
        Ok(Some(Row { number: self.rows, line, cells }))
    }
}

#[cfg(test)]
mod tests;
