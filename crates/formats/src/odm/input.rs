//! Bytes on their way to the XML parser: decoded to UTF-8, counted in lines, and limited.

use std::io::{self, BufRead, Chain, Cursor, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How many bytes are looked at to find out the encoding.
const HEAD_BYTES: usize = 512;
const DECODED_BYTES: usize = 32 * 1024;

/// The most bytes that one tag, text or comment may have.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024 * 1024;

/// Why bytes are not handed on; carried inside an `io::Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InputFault {
    #[error("a single tag, text or comment is longer than 16 MiB")]
    TokenTooLong,
    #[error("the bytes are not {0}, the encoding that the file declares")]
    NotAsDeclared(&'static str),
    #[error("the file declares an encoding that is not known")]
    UnknownEncoding,
}

impl InputFault {
    fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }
}

type Source<R> = Chain<Cursor<Vec<u8>>, R>;

enum Bytes<R> {
    Utf8(Source<R>),
    Decoded(Decoded<Source<R>>),
}

pub(super) struct Input<R> {
    bytes: Bytes<R>,
    token_bytes: usize,
    line: u32,
    column: u32,
}

impl<R: BufRead> Input<R> {
    /// Finds out the encoding: byte order mark, then the shape of the first bytes, then what the
    /// XML declaration says.
    pub fn open(mut inner: R) -> io::Result<Self> {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        inner.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        let (encoding, mark) = match head.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => (UTF_8, 3),
            [0xFF, 0xFE, ..] => (UTF_16LE, 2),
            [0xFE, 0xFF, ..] => (UTF_16BE, 2),
            [b'<', 0, ..] => (UTF_16LE, 0),
            [0, b'<', ..] => (UTF_16BE, 0),
            _ => (declared(&head)?, 0),
        };
        head.drain(..mark);
        let source = Cursor::new(head).chain(inner);
        let bytes = if encoding == UTF_8 {
            Bytes::Utf8(source)
        } else {
            Bytes::Decoded(Decoded::new(source, encoding))
        };
        Ok(Self { bytes, token_bytes: 0, line: 1, column: 1 })
    }
}

impl<R> Input<R> {
    /// A new tag or text begins: it may again have all of its bytes.
    pub fn begin_token(&mut self) {
        self.token_bytes = 0;
    }

    /// Line and column, from 1, of the next byte.
    pub fn position(&self) -> (u32, u32) {
        (self.line, self.column)
    }
}

impl<R: BufRead> Bytes<R> {
    fn fill(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Utf8(source) => source.fill_buf(),
            Self::Decoded(decoded) => decoded.fill(),
        }
    }
}

impl<R: BufRead> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = MAX_TOKEN_BYTES - self.token_bytes;
        let bytes = self.bytes.fill()?;
        if left == 0 && !bytes.is_empty() {
            return Err(InputFault::TokenTooLong.into_io());
        }
        Ok(&bytes[..bytes.len().min(left)])
    }

    fn consume(&mut self, amount: usize) {
        self.token_bytes += amount;
        let Ok(bytes) = self.bytes.fill() else { return };
        (self.line, self.column) =
            position_after(self.line, self.column, &bytes[..amount.min(bytes.len())]);
        match &mut self.bytes {
            Bytes::Utf8(source) => source.consume(amount),
            Bytes::Decoded(decoded) => decoded.at += amount,
        }
    }
}

impl<R: BufRead> Read for Input<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let amount = bytes.len().min(into.len());
        into[..amount].copy_from_slice(&bytes[..amount]);
        self.consume(amount);
        Ok(amount)
    }
}

fn position_after(line: u32, column: u32, consumed: &[u8]) -> (u32, u32) {
    let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    match memchr::memrchr(b'\n', consumed) {
        None => (line, column.saturating_add(small(consumed.len()))),
        Some(last) => {
            let lines = memchr::memchr_iter(b'\n', consumed).count();
            (line.saturating_add(small(lines)), small(consumed.len() - last))
        }
    }
}

/// The encoding that the XML declaration names; UTF-8 when it names none. Reads malformed
/// declarations too, as some systems write them.
fn declared(head: &[u8]) -> io::Result<&'static Encoding> {
    let Some(end) = memchr::memmem::find(head, b"?>") else { return Ok(UTF_8) };
    let Some(at) = memchr::memmem::find(&head[..end], b"encoding") else { return Ok(UTF_8) };
    let label: Vec<u8> = head[at + b"encoding".len()..end]
        .iter()
        .copied()
        .skip_while(|byte| byte.is_ascii_whitespace() || *byte == b'=')
        .skip_while(|byte| matches!(byte, b'"' | b'\''))
        .take_while(|byte| !matches!(byte, b'"' | b'\'') && !byte.is_ascii_whitespace())
        .collect();
    let encoding =
        Encoding::for_label(&label).ok_or_else(|| InputFault::UnknownEncoding.into_io())?;
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return Err(InputFault::NotAsDeclared("UTF-16").into_io());
    }
    Ok(encoding)
}

struct Decoded<S> {
    source: S,
    decoder: Decoder,
    name: &'static str,
    out: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<S: BufRead> Decoded<S> {
    fn new(source: S, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        Self { source, decoder, name: encoding.name(), out: Vec::new(), at: 0, ended: false }
    }

    fn fill(&mut self) -> io::Result<&[u8]> {
        while self.at >= self.out.len() && !self.ended {
            let bytes = self.source.fill_buf()?;
            let last = bytes.is_empty();
            self.out.resize(DECODED_BYTES, 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.out, last);
            self.source.consume(read);
            self.out.truncate(written);
            self.at = 0;
            match result {
                DecoderResult::Malformed(..) => {
                    return Err(InputFault::NotAsDeclared(self.name).into_io());
                }
                DecoderResult::InputEmpty => self.ended = last,
                DecoderResult::OutputFull => {}
            }
        }
        Ok(&self.out[self.at.min(self.out.len())..])
    }
}
