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
    let credentials = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
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
            if let Some((head, length)) = head(&self.buffer[..read])? {
                return self.rest(head, length, read).await;
            }
        }
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

/// Where the body of an answer begins and how long it is, once the head is complete.
fn head(read: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&read[..end])?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    let length = length.context("an answer has a content-length")?.parse()?;
    Ok(Some((end + 4, length)))
}
