//! One call on its way through the door: let in, counted, and watched to the last byte of its answer.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use contract::{
    Authentication, Code, Error, Method,
    grpc::{Arrival, Gate, Gatekeeper},
};
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue};
use http_body::{Body as _, Frame, SizeHint};
use mesh::shedding::Ticket;
use metrics::Gauge;

use crate::{Drain, Gateway, guard::Guard, measures, uses::Uses};

const OK: &str = "OK";
const GRPC_STATUS: &str = "grpc-status";
const GRPC_MESSAGE: &str = "grpc-message";

/// From where a connection comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The way by which a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Rest,
    Grpc,
}

/// A call of a method, until its answer is gone.
#[derive(Clone)]
pub(crate) struct Passage(Arc<Inner>);

struct Inner {
    guard: Option<Arc<Guard>>,
    uses: Option<Arc<Uses>>,
    drain: Drain,
    method: &'static Method,
    door: Door,
    address: IpAddr,
    began: Instant,
    in_flight: Gauge,
    ticket: Mutex<Option<Ticket>>,
    /// Who called, and with which key.
    caller: OnceLock<(String, Option<String>)>,
    is_passed_on: OnceLock<()>,
    /// How it ended; nothing was answered to the end until it is set.
    code: OnceLock<&'static str>,
}

impl Passage {
    pub(crate) fn new(
        gateway: &Gateway,
        method: &'static Method,
        door: Door,
        peer: Option<Peer>,
        headers: &HeaderMap,
    ) -> Self {
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(address)| address);
        let guard = gateway.guard.clone();
        let address = guard.as_ref().map_or(peer, |guard| guard.address(peer, headers));
        let in_flight = metrics::gauge!(measures::IN_FLIGHT);
        in_flight.increment(1);
        Self(Arc::new(Inner {
            guard,
            uses: gateway.uses.clone(),
            drain: gateway.drain.clone(),
            method,
            door,
            address,
            began: Instant::now(),
            in_flight,
            ticket: Mutex::new(None),
            caller: OnceLock::new(),
            is_passed_on: OnceLock::new(),
            code: OnceLock::new(),
        }))
    }

    pub(crate) fn method(&self) -> &'static Method {
        self.0.method
    }

    /// Refuses with `OVERLOADED`.
    pub(crate) fn admit(&self) -> Result<(), Error> {
        let Some(guard) = &self.0.guard else { return Ok(()) };
        let ticket = guard.admit(self.0.method)?;
        *self.0.ticket.lock().unwrap_or_else(PoisonError::into_inner) = ticket;
        Ok(())
    }

    /// Refuses with `TOO_MANY_CALLS` whoever may not try any more to prove who he is.
    pub(crate) fn may_try(&self) -> Result<(), Error> {
        self.0.guard.as_ref().map_or(Ok(()), |guard| guard.may_try(self.0.address))
    }

    /// Somebody could not prove who he is.
    pub(crate) fn was_not_proven(&self) {
        if let Some(guard) = &self.0.guard {
            // He is refused as it is.
            let _ = guard.count_stranger(self.0.address);
        }
    }

    /// The gate of a gRPC call.
    pub(crate) fn gate(&self) -> Gate {
        Gate(Arc::new(self.clone()))
    }

    /// The answer, watched to its end. `code` is how a REST call ended; an answer of gRPC says it
    /// itself.
    pub(crate) fn watch(self, response: Response, code: Option<Code>) -> Response {
        let said = response.headers().get(GRPC_STATUS).and_then(code_of);
        let code = if self.0.door == Door::Grpc { said } else { code };
        if self.0.door == Door::Grpc && code == Some(Code::Unauthenticated) {
            self.was_not_proven();
        }
        let ending = self.0.method.streams.then(|| {
            let drain = self.0.drain.clone();
            Box::pin(async move { drain.ending().await }) as BoxFuture<'static, ()>
        });
        response.map(|body| {
            let is_over = body.is_end_stream();
            let end = End { passage: self, code: code.map_or(OK, Code::name), is_over };
            Body::new(Watched { body, ending, end })
        })
    }
}

impl Gatekeeper for Passage {
    /// What another service of ours passes on was counted where it came in.
    fn let_in(&self, arrival: Arrival<'_>) -> Result<(), Error> {
        if arrival.is_passed_on {
            let _ = self.0.is_passed_on.set(());
            return Ok(());
        }
        let caller = arrival.caller;
        if caller.authentication != Authentication::Nobody {
            let _ = self.0.caller.set((caller.user.clone(), caller.key.clone()));
        }
        let Some(guard) = &self.0.guard else { return Ok(()) };
        guard.let_in(caller, arrival.study, self.0.address)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let code = self.code.get().copied().unwrap_or(Code::Cancelled.name());
        self.in_flight.decrement(1);
        let ticket = self.ticket.lock().unwrap_or_else(PoisonError::into_inner).take();
        // How long a stream flows, or a call that was not done takes, says nothing about the work.
        if let Some(ticket) = ticket {
            if code != OK || self.method.streams { ticket.failed() } else { drop(ticket) }
        }
        let door = if self.door == Door::Grpc { "grpc" } else { "rest" };
        measures::ended(self.method.full_name(), door, code, self.began.elapsed());
        if let Some(uses) = self.uses.as_ref().filter(|_| self.is_passed_on.get().is_none()) {
            uses.count(self.caller.get().cloned(), self.method.full_name(), code);
        }
    }
}

/// Says how the call ended, when it is dropped.
struct End {
    passage: Passage,
    code: &'static str,
    is_over: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        if self.is_over {
            let _ = self.passage.0.code.set(self.code);
        }
    }
}

/// The body of an answer.
struct Watched {
    body: Body,
    ending: Option<BoxFuture<'static, ()>>,
    end: End,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.end.is_over {
            return Poll::Ready(None);
        }
        if let Some(ending) = &mut self.ending
            && ending.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Some(self.break_off()));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            None => self.end.is_over = true,
            Some(Err(_)) => {
                (self.end.code, self.end.is_over) = (Code::Unknown.name(), true);
            }
            Some(Ok(frame)) => {
                let said = frame.trailers_ref().and_then(|trailers| trailers.get(GRPC_STATUS));
                if let Some(said) = said {
                    self.end.code = code_of(said).map_or(OK, Code::name);
                }
                self.end.is_over = self.body.is_end_stream() || frame.is_trailers();
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.end.is_over
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Watched {
    /// Tells the reader that the rest does not come.
    fn break_off(&mut self) -> Result<Frame<Bytes>, axum::Error> {
        (self.end.code, self.end.is_over) = (Code::Unavailable.name(), true);
        let error = Error::unavailable("the server is being stopped; ask again");
        if self.end.passage.0.door == Door::Rest {
            return Err(axum::Error::new(error));
        }
        let mut trailers = HeaderMap::new();
        trailers.insert(GRPC_STATUS, HeaderValue::from(Code::Unavailable as i32));
        trailers.insert(GRPC_MESSAGE, HeaderValue::from_static("the server is being stopped"));
        Ok(Frame::trailers(trailers))
    }
}

/// `None` for success.
fn code_of(status: &HeaderValue) -> Option<Code> {
    let number = status.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    if number == 0 { None } else { Some(Code::from_number(number).unwrap_or(Code::Unknown)) }
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Passage").field(&self.0.method.name).finish()
    }
}
