//! What a context says, as the headers of a call.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::metadata::MetadataMap;

use super::timeout;
use crate::{AnswerSize, Context, Error, LeftOut, Method, Trace};

/// The time that is left for the whole call.
pub const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// The time that is left for the first piece of an answer in pieces, which then may flow longer.
pub const BEGIN_TIMEOUT: HeaderName = HeaderName::from_static("x-casebook-begin-timeout");
/// The step of a trace that makes the call (W3C Trace Context).
pub const TRACE: HeaderName = HeaderName::from_static("traceparent");
/// The id of the call.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The door through which the call came into the system. Believed from our own services only.
pub const ORIGIN: HeaderName = HeaderName::from_static("x-casebook-origin");
/// Who calls, as one of our own services knows it, signed.
pub const CALLER: HeaderName = HeaderName::from_static("x-casebook-caller");
/// `safe`, when the call may be sent again although it is not known what became of it.
pub const REPEAT: HeaderName = HeaderName::from_static("x-casebook-repeat");

/// In an answer: what it lacks although the call was done, with commas between the names.
pub const LEFT_OUT: HeaderName = HeaderName::from_static("x-casebook-left-out");

/// In an answer in pieces: the size of the whole document in bytes.
pub const SIZE: HeaderName = HeaderName::from_static("x-casebook-size");

const LONGEST_ID_BYTES: usize = 128;

/// The headers of a call, but for who calls.
///
/// Refuses with `DEADLINE_EXCEEDED` when no time is left.
pub(super) fn write(
    context: &Context,
    method: &Method,
    is_repeatable: bool,
) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    if let Some(left) = context.time_left(Instant::now()) {
        if left.is_zero() {
            return Err(Error::deadline_exceeded());
        }
        let name = if method.streams { BEGIN_TIMEOUT } else { TIMEOUT };
        headers.insert(name, text(&timeout::format(left))?);
    }
    if let Some(trace) = context.trace {
        headers.insert(TRACE, text(&trace.to_string())?);
    }
    headers.insert(REQUEST_ID, text(&context.request_id)?);
    headers.insert(ORIGIN, text(&context.origin)?);
    if is_repeatable {
        headers.insert(REPEAT, HeaderValue::from_static("safe"));
    }
    Ok(headers)
}

pub(super) fn text(value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(value)
        .map_err(|_| Error::invalid("", "what the call says about itself cannot be sent"))
}

/// The header that says what an answer lacks; none if it lacks nothing.
pub fn left_out(left_out: &LeftOut) -> Option<HeaderValue> {
    let names = left_out.names();
    (!names.is_empty()).then(|| HeaderValue::try_from(names.join(", ")).ok()).flatten()
}

/// Notes what the headers of an answer say that it lacks.
pub(super) fn note_left_out(headers: &MetadataMap, left_out: &LeftOut) {
    let said = headers.get(LEFT_OUT.as_str()).and_then(|value| value.to_str().ok());
    let text = said.unwrap_or_default();
    text.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .for_each(|name| left_out.note(name));
}

/// The header that says how large an answer in pieces is, if that is known.
pub fn size(size: &AnswerSize) -> Option<HeaderValue> {
    size.bytes().map(HeaderValue::from)
}

/// Notes what the headers of an answer say of its size.
pub(super) fn note_size(headers: &MetadataMap, size: &AnswerSize) {
    let said = headers.get(SIZE.as_str()).and_then(|value| value.to_str().ok());
    if let Some(bytes) = said.and_then(|text| text.parse().ok()) {
        size.note(bytes);
    }
}

/// The trace that the headers name. What is not a `traceparent` is no trace.
pub fn trace(headers: &HeaderMap) -> Option<Trace> {
    headers.get(TRACE)?.to_str().ok()?.parse().ok()
}

/// The id that the headers bring. Ids go into logs and answers, so only letters, digits and `-_.:`
/// are taken over.
pub fn request_id(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    let is_usable = (1..=LONGEST_ID_BYTES).contains(&text.len()) && text.bytes().all(is_plain);
    is_usable.then_some(text)
}

/// The time that the headers give, for the whole call or for its beginning.
///
/// Refuses what gRPC does not write.
pub(super) fn time(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Duration>, Error> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let time = value.to_str().ok().and_then(timeout::parse);
    time.map(Some).ok_or_else(|| Error::invalid(name.as_str(), "is no time as gRPC writes it"))
}

/// The origin that one of our own services names.
pub(super) fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(ORIGIN)?.to_str().ok().filter(|text| !text.is_empty())
}
