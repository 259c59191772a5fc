//! Bytes of any encoding as a stream of UTF-8 text that knows on which line it is.

use std::io::{ErrorKind, Read};

use encoding_rs::{Decoder, DecoderResult};

use super::TextEncoding;
use crate::FormatError;

const CHUNK_BYTES: usize = 64 << 10;

/// Decodes a source chunk by chunk; refuses what is not text.
pub(super) struct TextStream<R> {
    input: R,
    file: String,
    encoding: TextEncoding,
    decoder: Decoder,
    raw: Vec<u8>,
    /// The raw bytes that are not decoded yet.
    raw_start: usize,
    raw_end: usize,
    ended: bool,
    pub(super) text: Vec<u8>,
    start: usize,
    /// The line of the first byte that was decoded last.
    line: u32,
}

impl<R: Read> TextStream<R> {
    pub(super) fn new(input: R, file: &str, encoding: TextEncoding) -> Self {
        Self {
            input,
            file: file.to_owned(),
            encoding,
            decoder: encoding.decoder(),
            raw: vec![0; CHUNK_BYTES],
            raw_start: 0,
            raw_end: 0,
            ended: false,
            text: Vec::new(),
            start: 0,
            line: 1,
        }
    }

    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// The text that comes next; empty at the end.
    pub(super) fn fill(&mut self) -> Result<&[u8], FormatError> {
        while self.start == self.text.len() && !(self.ended && self.raw_start == self.raw_end) {
            self.decode()?;
        }
        Ok(&self.text[self.start..])
    }

    /// Goes on behind the first `bytes` of what [`Self::fill`] showed.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.text.len());
    }

    fn decode(&mut self) -> Result<(), FormatError> {
        self.line = self.line.saturating_add(count_lines(&self.text));
        if self.raw_start == self.raw_end {
            self.read()?;
        }
        let raw = &self.raw[self.raw_start..self.raw_end];
        let capacity = self
            .decoder
            .max_utf8_buffer_length_without_replacement(raw.len())
            .unwrap_or(4 * CHUNK_BYTES);
        self.text.resize(capacity, 0);
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(raw, &mut self.text, self.ended);
        self.text.truncate(written);
        self.start = 0;
        self.raw_start += read;
        if let DecoderResult::Malformed(..) = result {
            let what = format!("the text is not {}", self.encoding);
            return Err(self.fault_at_end(
                &what,
                "name the encoding of the file, for instance GB18030 or windows-1252",
            ));
        }
        if let Some(at) = memchr::memchr(0, &self.text) {
            self.text.truncate(at);
            return Err(self.fault_at_end(
                "the text contains a NUL byte",
                "give a text file; if it is UTF-16, say so or save it with a byte order mark",
            ));
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), FormatError> {
        self.raw_start = 0;
        loop {
            match self.input.read(&mut self.raw) {
                Ok(bytes) => {
                    self.raw_end = bytes;
                    self.ended = bytes == 0;
                    return Ok(());
                }
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => {
                    self.raw_end = 0;
                    return Err(self.fault_at_end(&format!("reading failed: {cause}"), "try again"));
                }
            }
        }
    }

    /// A fault at the end of what was decoded.
    fn fault_at_end(&self, what: &str, advice: &str) -> FormatError {
        let line = self.line.saturating_add(count_lines(&self.text));
        self.fault(line, what, advice)
    }

    pub(super) fn fault(&self, line: u32, what: &str, advice: &str) -> FormatError {
        FormatError {
            file: self.file.clone(),
            line,
            column: 0,
            what: what.to_owned(),
            advice: advice.to_owned(),
        }
    }
}

fn count_lines(text: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(u32::MAX)
}
