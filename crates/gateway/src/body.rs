//! Reads request bodies up to a limit, and writes streamed answers.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use contract::{Code, Error};
use futures::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use tracing::error;

/// The whole body. Refuses with `BODY_TOO_LARGE` as soon as it passes the limit.
pub(crate) async fn read(body: Body, limit_bytes: usize) -> Result<Bytes, Error> {
    let mut pieces = body.into_data_stream();
    let mut whole = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Error::invalid("", "the body ended too early"))?;
        if joined.len() + whole.len() + piece.len() > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        if whole.is_empty() && joined.is_empty() {
            whole = piece;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut whole));
            joined.extend_from_slice(&piece);
        }
    }
    Ok(if joined.is_empty() { whole } else { joined.freeze() })
}

fn too_large(limit_bytes: usize) -> Error {
    let message = format!("the body is larger than {limit_bytes} bytes");
    Error::new(Code::InvalidArgument, "BODY_TOO_LARGE", message.as_str())
        .with_violation("", message)
}

/// A body that ends as its pieces do. An error among them breaks the connection, so that nobody
/// takes what has arrived for the whole document.
pub(crate) fn stream(
    pieces: BoxStream<'static, Result<Bytes, Error>>,
    piece_time: Duration,
    request_id: String,
) -> Body {
    let timed = stream::unfold(Some(pieces), move |pieces| async move {
        let mut pieces = pieces?;
        match tokio::time::timeout(piece_time, pieces.next()).await {
            Ok(piece) => piece.map(|piece| (piece, Some(pieces))),
            Err(_) => Some((Err(Error::deadline_exceeded()), None)),
        }
    });
    Body::from_stream(timed.inspect_err(move |fault| {
        error!(request.id = %request_id, reason = fault.reason(), error = %fault, "broke off");
    }))
}
