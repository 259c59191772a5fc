//! A transport file is a sequence of records of 80 bytes.

use std::io::{ErrorKind, Read};

use crate::FormatError;

pub(super) const BLOCK_BYTES: usize = 80;

pub(super) type Block = [u8; BLOCK_BYTES];

/// How much is asked of the source at once.
const CHUNK_BYTES: usize = BLOCK_BYTES * 1024;

/// Hands out one record after the other.
#[derive(Debug)]
pub(super) struct Blocks<R> {
    input: R,
    file: String,
    chunk: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(input: R, file: &str) -> Self {
        Self { input, file: file.to_owned(), chunk: vec![0; CHUNK_BYTES], start: 0, end: 0 }
    }

    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// The next record; none at the end. A file that ends inside a record was cut off.
    pub(super) fn next(&mut self) -> Result<Option<Block>, FormatError> {
        if self.start == self.end {
            self.refill()?;
        }
        let Some(bytes) = self.chunk[self.start..self.end].first_chunk::<BLOCK_BYTES>() else {
            if self.start == self.end {
                return Ok(None);
            }
            return Err(self.fault(
                "the file ends in the middle of a record of 80 bytes",
                "transfer the file again in binary mode",
            ));
        };
        self.start += BLOCK_BYTES;
        Ok(Some(*bytes))
    }

    fn refill(&mut self) -> Result<(), FormatError> {
        (self.start, self.end) = (0, 0);
        while self.end < self.chunk.len() {
            match self.input.read(&mut self.chunk[self.end..]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => {
                    return Err(self.fault(&format!("reading failed: {cause}"), "try again"));
                }
            }
        }
        Ok(())
    }

    pub(super) fn fault(&self, what: &str, advice: &str) -> FormatError {
        FormatError {
            file: self.file.clone(),
            line: 0,
            column: 0,
            what: what.to_owned(),
            advice: advice.to_owned(),
        }
    }
}
