//! A server that is none: whatever it reads it answers with the same bytes. What that costs is what the
//! kernel takes for a request, whoever answers it.

use std::{fs, path::Path, sync::Arc};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const MOST_OF_A_REQUEST: usize = 4096;

/// Serves until it is killed. A request has to come in one piece, as those of the benchmarks do.
pub async fn serve(file: &Path) -> Result<()> {
    let body = fs::read(file)?;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let answer: Arc<[u8]> = [head.as_bytes(), &body].concat().into();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        // A connection ends when its other end goes away.
        tokio::spawn(answer_all(stream, Arc::clone(&answer)));
    }
}

async fn answer_all(mut stream: TcpStream, answer: Arc<[u8]>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut request = [0; MOST_OF_A_REQUEST];
    while stream.read(&mut request).await? > 0 {
        stream.write_all(&answer).await?;
    }
    Ok(())
}
