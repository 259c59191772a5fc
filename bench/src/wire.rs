//! Requests as bytes, and the least of HTTP/1.1 that a load generator needs to read answers.

use std::{fmt::Write as _, net::SocketAddr};

use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::fill::{PASSWORD, USER};

const BUFFER_BYTES: usize = 64 * 1024;

/// A request with everything around its body.
pub fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    request_of(USER, method, path, body)
}

/// The same of another user.
pub fn request_of(user: &str, method: &str, path: &str, body: &str) -> Vec<u8> {
    let credentials = BASE64_STANDARD.encode(format!("{user}:{PASSWORD}"));
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Basic {credentials}\r\n"
    );
    if !body.is_empty() {
        // Writing to a string cannot fail.
        let _ =
            write!(text, "content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    }
    format!("{text}\r\n{body}").into_bytes()
}

/// The same without a body, with other credentials or none.
pub fn get(path: &str, authorization: Option<&str>) -> Vec<u8> {
    let said = authorization.map(|said| format!("authorization: {said}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{said}\r\n").into_bytes()
}

/// One connection that is kept alive.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; BUFFER_BYTES] })
    }

    /// Sends a request and waits for the whole answer. Anything but 200 is an error.
    pub async fn call(&mut self, request: &[u8]) -> Result<usize> {
        self.stream.write_all(request).await?;
        let mut read = 0;
        loop {
            let more = self.stream.read(&mut self.buffer[read..]).await?;
            if more == 0 {
                bail!("the server closed the connection");
            }
            read += more;
            match head(&self.buffer[..read])? {
                None => {}
                Some((head, Some(length))) => return self.rest(head, length, read).await,
                Some((head, None)) => return self.chunks(head, read).await,
            }
        }
    }

    /// The same, with the body of the answer.
    pub async fn fetch(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        let length = self.call(request).await?;
        let found = head(&self.buffer)?;
        let (head, announced) = found.context("an answer has a head")?;
        let body = self.buffer.get(head..head + length).context("an answer has a body")?;
        if announced.is_some() { Ok(body.to_vec()) } else { joined(body) }
    }

    /// Reads up to the last chunk. JSON has no line of its own that looks like it.
    async fn chunks(&mut self, head: usize, mut read: usize) -> Result<usize> {
        while !self.buffer[..read].ends_with(b"\r\n0\r\n\r\n") {
            if read == self.buffer.len() {
                self.buffer.resize(read * 2, 0);
            }
            let more = self.stream.read(&mut self.buffer[read..]).await?;
            if more == 0 {
                bail!("the server closed the connection");
            }
            read += more;
        }
        if self.buffer.starts_with(b"HTTP/1.1 200") {
            return Ok(read - head);
        }
        bail!("{}", String::from_utf8_lossy(&self.buffer[..read]))
    }

    async fn rest(&mut self, head: usize, length: usize, read: usize) -> Result<usize> {
        let is_good = self.buffer.starts_with(b"HTTP/1.1 200");
        if self.buffer.len() < head + length {
            self.buffer.resize(head + length, 0);
        }
        self.stream.read_exact(&mut self.buffer[read..head + length]).await?;
        if is_good {
            return Ok(length);
        }
        bail!("{}", String::from_utf8_lossy(&self.buffer[..head + length]))
    }
}

/// Where the body of an answer begins and how long it is, once the head is complete; no length when it
/// comes in chunks.
fn head(read: &[u8]) -> Result<Option<(usize, Option<usize>)>> {
    let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&read[..end])?;
    let said = |wanted: &str| {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    if said("transfer-encoding") == Some("chunked") {
        return Ok(Some((end + 4, None)));
    }
    let length = said("content-length").context("an answer has a content-length")?.parse()?;
    Ok(Some((end + 4, Some(length))))
}

/// The body of an answer that came in chunks.
fn joined(mut chunks: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|two| two == b"\r\n").context("a chunk has a size")?;
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..end])?, 16)?;
        if size == 0 {
            return Ok(body);
        }
        let chunk = chunks.get(end + 2..end + 2 + size).context("a chunk is whole")?;
        body.extend_from_slice(chunk);
        chunks = chunks.get(end + 4 + size..).context("a chunk is followed by another")?;
    }
}
