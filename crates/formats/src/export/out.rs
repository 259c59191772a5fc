//! One file of an export: buffered, counted and hashed.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use super::{ExportError, Sink, Written};

/// How much is kept before it is written.
const BUFFER_BYTES: usize = 128 << 10;

/// A file that counts and hashes what is written to it.
pub struct Out {
    name: String,
    target: Box<dyn Write + Send>,
    /// What is not written yet; exporters append to it and then call [`Self::settle`].
    pub(crate) buffer: Vec<u8>,
    /// Rows of data, and values, as its exporter counts them.
    pub rows: u64,
    pub values: u64,
    bytes: u64,
    hash: Sha256,
}

impl std::fmt::Debug for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Out").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Out {
    /// Makes the file in a sink.
    pub fn create(sink: &mut dyn Sink, name: &str) -> Result<Self, ExportError> {
        let target = sink
            .create(name)
            .map_err(|source| ExportError::Io { file: name.to_owned(), source })?;
        Ok(Self {
            name: name.to_owned(),
            target,
            buffer: Vec::new(),
            rows: 0,
            values: 0,
            bytes: 0,
            hash: Sha256::new(),
        })
    }

    /// Writes the buffer out when there is enough in it.
    pub(crate) fn settle(&mut self) -> Result<(), ExportError> {
        if self.buffer.len() >= BUFFER_BYTES { self.flush_buffer() } else { Ok(()) }
    }

    fn flush_buffer(&mut self) -> Result<(), ExportError> {
        self.hash.update(&self.buffer);
        self.bytes += self.buffer.len() as u64;
        let written = self.target.write_all(&self.buffer);
        self.buffer.clear();
        written.map_err(|source| ExportError::Io { file: self.name.clone(), source })
    }

    /// Writes all that can be read from there.
    pub fn copy(&mut self, from: &mut dyn Read) -> Result<(), ExportError> {
        let mut piece = vec![0; BUFFER_BYTES];
        loop {
            let read = from.read(&mut piece);
            let read =
                read.map_err(|source| ExportError::Io { file: self.name.clone(), source })?;
            if read == 0 {
                return Ok(());
            }
            self.buffer.extend_from_slice(&piece[..read]);
            self.settle()?;
        }
    }

    /// Writes what is left, and says what was written.
    pub fn finish(mut self) -> Result<Written, ExportError> {
        self.flush_buffer()?;
        self.target
            .flush()
            .map_err(|source| ExportError::Io { file: self.name.clone(), source })?;
        Ok(Written {
            rows: self.rows,
            values: self.values,
            bytes: self.bytes,
            sha256: hexadecimal(&self.hash.finalize()),
            name: self.name,
            encoding: None,
            boxes: 0,
        })
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        self.settle().map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
