//! Reading a dataset in any form.

use std::io::{Cursor, ErrorKind, Read};

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::{DatasetMetadata, Form, JsonCell};
use crate::{
    FormatError,
    json_scan::Scanner,
    table::{MAX_COLUMNS, MAX_FIELD_BYTES, MAX_ROW_BYTES},
};

/// The longest metadata, in bytes.
const MAX_METADATA_BYTES: usize = 64 << 20;

/// Streams the rows of a dataset.
pub struct DatasetJsonReader {
    scanner: Scanner<Box<dyn Read + Send>>,
    metadata: DatasetMetadata,
    form: Form,
    rows: u64,
    ended: bool,
}

impl std::fmt::Debug for DatasetJsonReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatasetJsonReader")
            .field("form", &self.form)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

impl DatasetJsonReader {
    /// Reads the metadata. `file` is the name of the source in messages. What is compressed with gzip,
    /// as examples of CDISC are, is read like what is compressed with zlib, as the standard says.
    pub fn open(input: impl Read + Send + 'static, file: &str) -> Result<Self, FormatError> {
        let (input, compressed) = decompressed(input).map_err(|cause| FormatError {
            file: file.to_owned(),
            line: 0,
            column: 0,
            what: format!("reading failed: {cause}"),
            advice: "transfer the file again in binary mode".to_owned(),
        })?;
        let mut scanner = Scanner::new(input, file);
        let (mut metadata, has_rows) = Self::attributes(&mut scanner)?;
        let form = match (compressed, has_rows) {
            (true, _) => Form::Dsjc,
            (false, true) => Form::Json,
            (false, false) => Form::Ndjson,
        };
        metadata.push(b'}');
        let metadata: DatasetMetadata = serde_json::from_slice(&metadata).map_err(|cause| {
            let what = format!("the metadata of the dataset cannot be read: {cause}");
            scanner
                .fault(&what, "the metadata must stand before the rows, as Dataset-JSON 1.1 says")
        })?;
        if !metadata.version.starts_with("1.1") {
            let what = format!("this is Dataset-JSON of version '{}'", metadata.version);
            return Err(scanner.fault(&what, "write it as Dataset-JSON 1.1"));
        }
        if metadata.columns.len() > MAX_COLUMNS {
            let what = format!("the dataset has {} columns", metadata.columns.len());
            return Err(scanner.fault(&what, "at most 20,000 are read; split the dataset"));
        }
        Ok(Self { scanner, metadata, form, rows: 0, ended: false })
    }

    pub fn metadata(&self) -> &DatasetMetadata {
        &self.metadata
    }

    pub fn form(&self) -> Form {
        self.form
    }

    pub fn file(&self) -> &str {
        self.scanner.file()
    }

    /// The line on which the next row starts, or the last one ended.
    pub fn line(&self) -> u32 {
        self.scanner.line()
    }

    /// The next row, one cell for each column; refuses, at the end, when there are not as many rows
    /// as the metadata says.
    pub fn next_row(&mut self) -> Result<Option<Vec<JsonCell>>, FormatError> {
        if self.ended {
            return Ok(None);
        }
        if self.is_at_end()? {
            self.ended = true;
            let said = self.metadata.records;
            if said == self.rows {
                return Ok(None);
            }
            let what = format!("the metadata says {said} rows, the file has {}", self.rows);
            return Err(self.scanner.fault(&what, "the file was cut off or changed; get it again"));
        }
        self.rows += 1;
        self.row().map(Some)
    }

    /// The attributes before the rows, as an object that is not closed yet, and whether rows follow
    /// inside of it.
    fn attributes<R: Read>(scanner: &mut Scanner<R>) -> Result<(Vec<u8>, bool), FormatError> {
        scanner.expect(b'{')?;
        let mut object = vec![b'{'];
        loop {
            if scanner.peek()? == Some(b'}') {
                scanner.take();
                return Ok((object, false));
            }
            let name = scanner.value(MAX_FIELD_BYTES)?;
            scanner.expect(b':')?;
            if name == b"\"rows\"" {
                scanner.expect(b'[')?;
                return Ok((object, true));
            }
            if object.len() > 1 {
                object.push(b',');
            }
            object.extend_from_slice(&name);
            object.push(b':');
            object.extend_from_slice(&scanner.value(MAX_METADATA_BYTES)?);
            if object.len() > MAX_METADATA_BYTES {
                return Err(scanner.fault("the metadata is too long", "split the dataset"));
            }
            if scanner.peek()? == Some(b',') {
                scanner.take();
            }
        }
    }

    /// Goes to the next row, or past the end of all rows.
    fn is_at_end(&mut self) -> Result<bool, FormatError> {
        if self.form != Form::Json {
            return Ok(self.scanner.peek()?.is_none());
        }
        match self.scanner.peek()? {
            Some(b']') => {
                self.scanner.take();
                self.expect_nothing_behind()?;
                Ok(true)
            }
            Some(b',') if self.rows > 0 => {
                self.scanner.take();
                Ok(false)
            }
            Some(b'[') if self.rows == 0 => Ok(false),
            _ => Err(self.scanner.fault("a row is missing", "check how the file was made")),
        }
    }

    fn expect_nothing_behind(&mut self) -> Result<(), FormatError> {
        if self.scanner.peek()? == Some(b',') {
            let advice = "write the metadata before the rows, as Dataset-JSON 1.1 says";
            return Err(self.scanner.fault("metadata stands behind the rows", advice));
        }
        self.scanner.expect(b'}')?;
        match self.scanner.peek()? {
            None => Ok(()),
            Some(_) => {
                Err(self.scanner.fault("something stands behind the dataset", "give one dataset"))
            }
        }
    }

    fn row(&mut self) -> Result<Vec<JsonCell>, FormatError> {
        self.scanner.expect(b'[')?;
        let mut cells = Vec::with_capacity(self.metadata.columns.len());
        let mut bytes = 0;
        while self.scanner.peek()? != Some(b']') {
            if !cells.is_empty() {
                self.scanner.expect(b',')?;
            }
            let raw = self.scanner.value(MAX_FIELD_BYTES)?;
            bytes += raw.len();
            if bytes > MAX_ROW_BYTES || cells.len() > self.metadata.columns.len() {
                break;
            }
            cells.push(self.cell(&raw)?);
        }
        if cells.len() != self.metadata.columns.len() || bytes > MAX_ROW_BYTES {
            let (has, wants) = (cells.len(), self.metadata.columns.len());
            let what =
                format!("row {} has {has} values, the dataset has {wants} columns", self.rows);
            return Err(self.scanner.fault(&what, "check how the file was made"));
        }
        self.scanner.expect(b']')?;
        Ok(cells)
    }

    fn cell(&self, raw: &[u8]) -> Result<JsonCell, FormatError> {
        match raw {
            b"null" => return Ok(JsonCell::Null),
            b"true" => return Ok(JsonCell::Boolean(true)),
            b"false" => return Ok(JsonCell::Boolean(false)),
            _ => {}
        }
        let cell = if raw.starts_with(b"\"") {
            serde_json::from_slice(raw).ok().map(JsonCell::Text)
        } else {
            let number = serde_json::from_slice::<serde_json::Number>(raw).is_ok();
            let text = std::str::from_utf8(raw).ok().filter(|_| number);
            text.map(|digits| JsonCell::Number(digits.to_owned()))
        };
        cell.ok_or_else(|| {
            let what = format!("a value of row {} is neither text nor number", self.rows);
            self.scanner.fault(&what, "check how the file was made")
        })
    }
}

/// The bytes behind a compression, and whether there was one.
fn decompressed(
    mut input: impl Read + Send + 'static,
) -> std::io::Result<(Box<dyn Read + Send>, bool)> {
    let mut start = Vec::with_capacity(2);
    while start.len() < 2 {
        let mut byte = [0];
        match input.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => start.push(byte[0]),
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    let kind = [start.first().copied().unwrap_or(0), start.get(1).copied().unwrap_or(0)];
    let whole = Cursor::new(start).chain(input);
    Ok(match kind {
        [0x1F, 0x8B] => (Box::new(MultiGzDecoder::new(whole)), true),
        // Deflate with a window of at most 32 KB, and a check sum over the two bytes (RFC 1950 §2.2).
        [first, second]
            if first & 0x0F == 8
                && (u16::from(first) * 256 + u16::from(second)).is_multiple_of(31) =>
        {
            (Box::new(ZlibDecoder::new(whole)), true)
        }
        _ => (Box::new(whole), false),
    })
}
