//! Writing a dataset in any form.

use std::io::{self, Write};

use flate2::{Compression, write::ZlibEncoder};

use super::{DatasetMetadata, Form, JsonCell};

/// Writes one dataset, row by row. Its metadata must say how many rows there will be.
#[derive(Debug)]
pub struct DatasetJsonWriter<W: Write> {
    out: Target<W>,
    form: Form,
    rows: u64,
    row: Vec<u8>,
}

#[derive(Debug)]
enum Target<W: Write> {
    Plain(W),
    Compressed(Box<ZlibEncoder<W>>),
}

impl<W: Write> DatasetJsonWriter<W> {
    pub fn create(out: W, form: Form, metadata: &DatasetMetadata) -> io::Result<Self> {
        let mut out = match form {
            Form::Json | Form::Ndjson => Target::Plain(out),
            Form::Dsjc => {
                Target::Compressed(Box::new(ZlibEncoder::new(out, Compression::default())))
            }
        };
        let mut head = serde_json::to_vec(metadata).map_err(io::Error::other)?;
        match form {
            Form::Json => {
                head.pop();
                head.extend_from_slice(b",\"rows\":[");
            }
            Form::Ndjson | Form::Dsjc => head.push(b'\n'),
        }
        out.write(&head)?;
        Ok(Self { out, form, rows: 0, row: Vec::new() })
    }

    pub fn row(&mut self, cells: &[JsonCell]) -> io::Result<()> {
        let mut row = std::mem::take(&mut self.row);
        row.clear();
        row.push(b'[');
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                row.push(b',');
            }
            push_cell(&mut row, cell);
        }
        row.push(b']');
        let written = self.raw_row(&row);
        self.row = row;
        written
    }

    /// Writes a row that is an array already.
    pub(crate) fn raw_row(&mut self, row: &[u8]) -> io::Result<()> {
        if self.form == Form::Json && self.rows > 0 {
            self.out.write(b",")?;
        }
        self.rows += 1;
        self.out.write(row)?;
        if self.form == Form::Json { Ok(()) } else { self.out.write(b"\n") }
    }

    /// Completes the dataset and gives back what was written to.
    pub fn finish(mut self) -> io::Result<W> {
        if self.form == Form::Json {
            self.out.write(b"]}")?;
        }
        match self.out {
            Target::Plain(out) => Ok(out),
            Target::Compressed(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Target<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(bytes),
            Self::Compressed(encoder) => encoder.write_all(bytes),
        }
    }
}

/// Appends one cell as JSON.
pub(crate) fn push_cell(into: &mut Vec<u8>, cell: &JsonCell) {
    match cell {
        JsonCell::Null => into.extend_from_slice(b"null"),
        JsonCell::Boolean(value) => into.extend_from_slice(value.to_string().as_bytes()),
        JsonCell::Number(digits) => into.extend_from_slice(digits.as_bytes()),
        JsonCell::Text(text) => push_text(into, text),
    }
}

/// Appends a text as JSON.
pub(crate) fn push_text(into: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(into, text).expect("writing to memory does not fail");
}
