//! What is learnt from a call's end, however it ends: by an answer, by a failure, by the deadline, or
//! because nobody waits any more.

use super::{endpoint::Endpoint, method::Method};
use crate::{
    breaker::Outcome,
    clock::Clock,
    deadline::{Deadline, Expired},
};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};
use tokio::time::Sleep;
use tonic::{Code, Status};

pub(super) const STATUS_HEADER: &str = "grpc-status";

/// When a call or an attempt began, and what an end without a word means.
#[derive(Clone)]
pub(super) struct Span {
    pub clock: Arc<dyn Clock>,
    pub started: Instant,
    /// For the whole answer.
    pub whole: Option<Deadline>,
    /// For the answer to begin, if that has a time of its own.
    pub begin: Option<Deadline>,
}

impl Span {
    /// When the answer must have begun.
    pub fn until_begun(&self) -> Option<Deadline> {
        self.whole.into_iter().chain(self.begin).min()
    }

    /// Nobody said how it ended: its time was over, or its caller left.
    fn silent_end(&self, has_begun: bool) -> Code {
        let now = self.clock.now();
        let deadline = if has_begun { self.whole } else { self.until_begun() };
        let over = deadline.is_some_and(|deadline| deadline.left(now).is_zero());
        if over { Code::DeadlineExceeded } else { Code::Cancelled }
    }
}

/// One attempt at one endpoint. It counts as in flight until it ends. Its latency is the time until
/// the answer begins, so that a long stream does not make its endpoint look slow.
pub(super) struct Attempt {
    endpoint: Arc<Endpoint>,
    span: Span,
    answered: Option<Instant>,
    ended: bool,
}

impl Attempt {
    pub fn begin(endpoint: Arc<Endpoint>, mut span: Span) -> Self {
        endpoint.load.begin();
        span.started = span.clock.now();
        Self { endpoint, span, answered: None, ended: false }
    }

    /// The answer begins.
    pub fn answered(&mut self) {
        self.answered = Some(self.span.clock.now());
    }

    pub fn end(&mut self, code: Code) {
        if !std::mem::replace(&mut self.ended, true) {
            let now = self.span.clock.now();
            let lag = self.answered.unwrap_or(now).saturating_duration_since(self.span.started);
            self.endpoint.load.end(lag, now, Outcome::of(code));
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.end(self.span.silent_end(self.answered.is_some()));
    }
}

/// A call of a method, with all its attempts.
pub(super) struct Record {
    method: Arc<Method>,
    span: Span,
    has_begun: bool,
    ended: bool,
}

impl Record {
    pub fn begin(method: Arc<Method>, span: Span) -> Self {
        Self { method, span, has_begun: false, ended: false }
    }

    /// The answer begins.
    pub fn answered(&mut self) {
        self.has_begun = true;
    }

    pub fn end(&mut self, code: Code) {
        if !std::mem::replace(&mut self.ended, true) {
            self.method.breaker.record(Outcome::of(code));
            let now = self.span.clock.now();
            self.method.metrics.ended(code, now.saturating_duration_since(self.span.started));
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.end(self.span.silent_end(self.has_begun));
    }
}

/// The body of an answer. Its trailers say how the call ended; the deadline holds to its last byte.
pub(super) struct Observed {
    pub body: Incoming,
    pub attempt: Attempt,
    pub record: Record,
    pub expiry: Option<Pin<Box<Sleep>>>,
}

impl Observed {
    fn end(&mut self, code: Code) {
        self.attempt.end(code);
        self.record.end(code);
    }

    fn expired(&mut self, cx: &mut Context<'_>) -> bool {
        let expiry = self.expiry.as_mut();
        expiry.is_some_and(|expiry| expiry.as_mut().poll(cx).is_ready())
    }
}

impl Body for Observed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            if !self.expired(cx) {
                return Poll::Pending;
            }
            self.end(Code::DeadlineExceeded);
            return Poll::Ready(Some(Err(too_late())));
        };
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    let code = trailers.get(STATUS_HEADER).map(http::HeaderValue::as_bytes);
                    self.end(code.map_or(Code::Unknown, Code::from_bytes));
                }
            }
            Some(Err(_)) => self.end(Code::Unavailable),
            None => self.end(Code::Unknown),
        }
        Poll::Ready(frame.map(|frame| frame.map_err(broken_off)))
    }

    fn is_end_stream(&self) -> bool {
        false
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The deadline passed.
pub(super) fn too_late() -> Status {
    with_source(Code::DeadlineExceeded, "the deadline passed before the answer was there", Expired)
}

fn broken_off(error: hyper::Error) -> Status {
    with_source(Code::Unavailable, "the answer broke off", error)
}

pub(super) fn with_source<E>(code: Code, message: impl Into<String>, source: E) -> Status
where
    E: std::error::Error + Send + Sync + 'static,
{
    let mut status = Status::new(code, message);
    status.set_source(Arc::new(source));
    status
}
