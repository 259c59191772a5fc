//! One call: refused at once, or tried, and where that is safe tried again.

use super::{
    Inner,
    connection::Unreachable,
    endpoint::Endpoint,
    method::Method,
    observed::{Attempt, Observed, Record, STATUS_HEADER, Span, too_late, with_source},
    replay::Replay,
};
use crate::{
    deadline::{self, Deadline},
    metrics,
};
use http::{HeaderMap, Request, Response, StatusCode, header::CONTENT_TYPE};
use hyper::body::Incoming;
use std::{error::Error, sync::Arc, time::Instant};
use tonic::{Code, Status, body::Body};

/// How often a call is repeated that certainly never left.
const MAX_REPEATS_UNSENT: u8 = 2;
/// How often a call is repeated that may have been carried out, and is safe to repeat.
const MAX_REPEATS_SENT: u8 = 1;

pub(super) struct Call {
    channel: Arc<Inner>,
    request: Request<Body>,
}

/// An answer that began, with the attempt that brought it.
struct Answer {
    attempt: Attempt,
    response: Response<Incoming>,
}

/// Why an attempt brought no answer.
enum Failure {
    /// It certainly never left.
    Unsent(Status),
    /// Nobody knows whether it was carried out.
    Lost(Status),
    /// The time for it is over.
    TooLate,
    /// The request cannot be sent, to whomever.
    Unfit(Status),
    /// The service says that it is not available. It may have said so after it began.
    Unavailable(Box<Answer>),
}

impl Call {
    pub fn new(channel: Arc<Inner>, request: Request<Body>) -> Self {
        Self { channel, request }
    }

    /// Deadline, breaker, attempts, answer.
    pub async fn run(self) -> Result<Response<Body>, Status> {
        let Self { channel, request } = self;
        let started = channel.options.clock.now();
        let method = channel.methods.of(request.uri().path());
        let span = span(&channel, &method, request.headers(), started)?;
        if method.policy.breaker
            && let Err(open) = method.breaker.admit()
        {
            method.metrics.refused.increment(1);
            return Err(with_source(Code::Unavailable, open.to_string(), open));
        }
        channel.budget.deposit();
        let mut record = Record::begin(method.clone(), span.clone());
        let attempts = attempts(&channel, request, &method, &span);
        let answer = match span.until_begun() {
            None => attempts.await,
            Some(deadline) => tokio::time::timeout(deadline.left(started), attempts)
                .await
                .unwrap_or_else(|_| Err(too_late())),
        };
        match answer {
            Ok(answer) => Ok(finish(answer, record, &span)),
            Err(status) => {
                record.end(status.code());
                Err(status)
            }
        }
    }
}

/// The times that the caller says, else what the method has. A call without time is not begun.
fn span(
    channel: &Inner,
    method: &Method,
    headers: &HeaderMap,
    started: Instant,
) -> Result<Span, Status> {
    let malformed =
        |malformed: deadline::Malformed| Status::invalid_argument(malformed.to_string());
    let read = |name| Deadline::read(headers, name, started).map_err(malformed);
    let said = read(&deadline::HEADER)?;
    let begin = channel.options.begin_timeout.as_ref().map(read).transpose()?.flatten();
    let usual = || method.policy.timeout.and_then(|timeout| Deadline::after(started, timeout));
    let whole = if begin.is_some() { said } else { said.or_else(usual) };
    let span = Span { clock: channel.options.clock.clone(), started, whole, begin };
    let is_late = |deadline: Deadline| deadline.next_hop(started).is_err();
    if span.until_begun().is_some_and(is_late) { Err(too_late()) } else { Ok(span) }
}

async fn attempts(
    channel: &Inner,
    request: Request<Body>,
    method: &Method,
    span: &Span,
) -> Result<Answer, Status> {
    let is_safe = method.policy.safe_to_repeat || (channel.options.is_safe)(request.headers());
    let mut replay = Replay::new(request, is_safe).await?;
    channel.balancer.known().await;
    let (mut tried, mut repeats) = (Vec::new(), 0);
    loop {
        let Some(endpoint) = channel.balancer.pick(&tried) else {
            let service = &channel.service;
            return Err(Status::unavailable(format!("no endpoint of {service} is known")));
        };
        let failure = match attempt(channel, &endpoint, &mut replay, span).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        tried.push(endpoint);
        let (allowed, why) = match &failure {
            Failure::Unsent(_) => (MAX_REPEATS_UNSENT, "unsent"),
            Failure::Lost(_) | Failure::Unavailable(_) if replay.is_kept() => {
                (MAX_REPEATS_SENT, "safe")
            }
            _ => (0, ""),
        };
        if repeats >= allowed || !channel.budget.withdraw(span.clock.now()) {
            return failure.settle();
        }
        repeats += 1;
        metrics::repeated(&channel.service, why);
        tracing::debug!(service = channel.service, method = replay.path(), why, "repeats a call");
    }
}

async fn attempt(
    channel: &Inner,
    endpoint: &Arc<Endpoint>,
    replay: &mut Replay,
    span: &Span,
) -> Result<Answer, Failure> {
    let mut attempt = Attempt::begin(endpoint.clone(), span.clone());
    let mut sender = match endpoint.sender().await {
        Ok(sender) => sender,
        Err(unreachable) => {
            attempt.end(Code::Unavailable);
            channel.eject(endpoint);
            return Err(Failure::Unsent(unreached(unreachable)));
        }
    };
    let (sent, options) = (span.clock.now(), &channel.options);
    let times =
        [(span.whole, Some(&deadline::HEADER)), (span.begin, options.begin_timeout.as_ref())];
    for (deadline, name) in times {
        if let (Some(deadline), Some(name)) = (deadline, name) {
            deadline.write(replay.headers_mut(), name, sent).map_err(|_| Failure::TooLate)?;
        }
    }
    let request = replay.request(endpoint).ok_or_else(|| Failure::Unfit(unfit()))?;
    match sender.try_send_request(request).await {
        Ok(response) => {
            attempt.answered();
            judge(channel, endpoint, Answer { attempt, response }, span, sent)
        }
        Err(mut unsent) => {
            if let Some(request) = unsent.take_message() {
                // The connection had been closed; that says nothing about the endpoint.
                attempt.end(Code::Cancelled);
                endpoint.forget_connection();
                replay.put_back(request);
                let error = unsent.into_error();
                return Err(Failure::Unsent(lost(error)));
            }
            attempt.end(Code::Unavailable);
            Err(failed(channel, endpoint, unsent.into_error(), replay))
        }
    }
}

/// A request that was sent and not answered.
fn failed(channel: &Inner, endpoint: &Endpoint, error: hyper::Error, replay: &Replay) -> Failure {
    let reset = error.source().and_then(|source| source.downcast_ref::<h2::Error>());
    match reset.filter(|reset| reset.is_reset()).and_then(h2::Error::reason) {
        // The connection is well, the service gave up this call.
        Some(h2::Reason::REFUSED_STREAM) if replay.is_kept() => Failure::Unsent(lost(error)),
        Some(_) => Failure::Lost(Status::from_error(Box::new(error))),
        None => {
            channel.eject(endpoint);
            Failure::Lost(lost(error))
        }
    }
}

/// Whether an answer is one: what is not gRPC comes from something else than the service.
fn judge(
    channel: &Inner,
    endpoint: &Endpoint,
    mut answer: Answer,
    span: &Span,
    sent: Instant,
) -> Result<Answer, Failure> {
    if let Some(status) = garbage(&answer.response) {
        answer.attempt.end(status.code());
        channel.eject(endpoint);
        return Err(Failure::Lost(status));
    }
    let now = span.clock.now();
    let given = span.until_begun().and_then(|deadline| deadline.next_hop(sent).ok());
    match early_code(&answer.response) {
        // tonic's server says so when the time that it was given is over.
        Some(Code::Cancelled) if given.is_some_and(|given| now >= sent + given) => {
            answer.attempt.end(Code::DeadlineExceeded);
            Err(Failure::TooLate)
        }
        Some(Code::Unavailable) => {
            answer.attempt.end(Code::Unavailable);
            Err(Failure::Unavailable(Box::new(answer)))
        }
        _ => Ok(answer),
    }
}

fn garbage(response: &Response<Incoming>) -> Option<Status> {
    let content = response.headers().get(CONTENT_TYPE);
    let is_grpc = content.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    match response.status() {
        StatusCode::OK if is_grpc => None,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            Some(Status::unavailable(format!("something answered {}", response.status())))
        }
        _ => Some(Status::internal("what answered does not speak gRPC")),
    }
}

/// The status of an answer without content, which is in its headers.
fn early_code(response: &Response<Incoming>) -> Option<Code> {
    response.headers().get(STATUS_HEADER).map(|code| Code::from_bytes(code.as_bytes()))
}

/// Hands the answer to the caller, and goes on watching how it ends.
fn finish(answer: Answer, mut record: Record, span: &Span) -> Response<Body> {
    let Answer { mut attempt, response } = answer;
    let early = early_code(&response);
    let (parts, body) = response.into_parts();
    let body = if let Some(code) = early {
        attempt.end(code);
        record.end(code);
        Body::new(body)
    } else {
        let left = |deadline: Deadline| deadline.left(span.clock.now());
        record.answered();
        let expiry = span.whole.map(|deadline| Box::pin(tokio::time::sleep(left(deadline))));
        Body::new(Observed { body, attempt, record, expiry })
    };
    Response::from_parts(parts, body)
}

impl Failure {
    fn settle(self) -> Result<Answer, Status> {
        match self {
            Self::Unsent(status) | Self::Lost(status) | Self::Unfit(status) => Err(status),
            Self::TooLate => Err(too_late()),
            Self::Unavailable(answer) => Ok(*answer),
        }
    }
}

fn unreached(error: Arc<Unreachable>) -> Status {
    let mut status = Status::unavailable("the service cannot be reached");
    status.set_source(error);
    status
}

fn lost(error: hyper::Error) -> Status {
    with_source(Code::Unavailable, "the connection to the service was lost", error)
}

fn unfit() -> Status {
    Status::internal("the request cannot be sent to this endpoint")
}
