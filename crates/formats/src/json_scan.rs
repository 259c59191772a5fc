//! JSON from a stream, one token or value at a time.

use std::io::{ErrorKind, Read};

use crate::FormatError;

const CHUNK_BYTES: usize = 64 << 10;

pub(crate) struct Scanner<R> {
    input: R,
    file: String,
    chunk: Vec<u8>,
    at: usize,
    end: usize,
    line: u32,
}

impl<R: Read> Scanner<R> {
    pub(crate) fn new(input: R, file: &str) -> Self {
        Self { input, file: file.to_owned(), chunk: vec![0; CHUNK_BYTES], at: 0, end: 0, line: 1 }
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    pub(crate) fn line(&self) -> u32 {
        self.line
    }

    /// The next byte that is no white space, without taking it; none at the end.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, FormatError> {
        while let Some(byte) = self.next_byte()? {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(Some(byte));
            }
            self.take();
        }
        Ok(None)
    }

    /// Takes the byte that [`Self::peek`] showed.
    pub(crate) fn take(&mut self) {
        if self.chunk[self.at] == b'\n' {
            self.line = self.line.saturating_add(1);
        }
        self.at += 1;
    }

    /// Takes this byte, or refuses what stands in its place.
    pub(crate) fn expect(&mut self, wanted: u8) -> Result<(), FormatError> {
        if self.peek()? == Some(wanted) {
            self.take();
            return Ok(());
        }
        let what = format!("'{}' is missing", char::from(wanted));
        Err(self.fault(&what, "check how the file was made"))
    }

    /// Takes the next whole value as it is written.
    pub(crate) fn value(&mut self, limit: usize) -> Result<Vec<u8>, FormatError> {
        let mut value = Vec::new();
        let mut depth = 0_u32;
        loop {
            let Some(byte) = self.peek()? else {
                return Err(self.fault("the file ends inside a value", "transfer it again"));
            };
            match byte {
                b'"' => self.string(&mut value, limit)?,
                b'{' | b'[' => {
                    depth += 1;
                    self.take();
                    value.push(byte);
                    continue;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.take();
                    value.push(byte);
                }
                b',' | b':' if depth > 0 => {
                    self.take();
                    value.push(byte);
                    continue;
                }
                _ => self.literal(&mut value)?,
            }
            if depth == 0 {
                return Ok(value);
            }
            self.check(&value, limit)?;
        }
    }

    fn check(&self, value: &[u8], limit: usize) -> Result<(), FormatError> {
        if value.len() <= limit {
            return Ok(());
        }
        let what = format!("a value has more than {limit} bytes");
        Err(self.fault(&what, "split the file"))
    }

    /// Appends a string with its quotes.
    fn string(&mut self, into: &mut Vec<u8>, limit: usize) -> Result<(), FormatError> {
        self.take();
        into.push(b'"');
        loop {
            if self.next_byte()?.is_none() {
                return Err(self.fault("the file ends inside a text", "transfer it again"));
            }
            let rest = &self.chunk[self.at..self.end];
            let stop = memchr::memchr2(b'"', b'\\', rest);
            let taken = stop.unwrap_or(rest.len());
            into.extend_from_slice(&rest[..taken]);
            self.at += taken;
            self.check(into, limit)?;
            let Some(_) = stop else { continue };
            let byte = self.chunk[self.at];
            into.push(byte);
            self.take();
            if byte == b'"' {
                return Ok(());
            }
            if let Some(escaped) = self.next_byte()? {
                into.push(escaped);
                self.take();
            }
        }
    }

    /// Appends a number, true, false or null.
    fn literal(&mut self, into: &mut Vec<u8>) -> Result<(), FormatError> {
        let start = into.len();
        while let Some(byte) = self.next_byte()? {
            if !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'-' | b'.') {
                break;
            }
            into.push(byte);
            self.take();
        }
        if (1..=400).contains(&(into.len() - start)) {
            return Ok(());
        }
        Err(self.fault("this is not JSON", "check how the file was made"))
    }

    fn next_byte(&mut self) -> Result<Option<u8>, FormatError> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
            self.end = loop {
                match self.input.read(&mut self.chunk) {
                    Ok(read) => break read,
                    Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                    Err(cause) => {
                        let what = format!("reading failed: {cause}");
                        return Err(self.fault(&what, "transfer the file again"));
                    }
                }
            };
        }
        Ok((self.at < self.end).then(|| self.chunk[self.at]))
    }

    pub(crate) fn fault(&self, what: &str, advice: &str) -> FormatError {
        FormatError {
            file: self.file.clone(),
            line: self.line,
            column: 0,
            what: what.to_owned(),
            advice: advice.to_owned(),
        }
    }
}
