//! Answers gRPC calls for the services of this process.

use std::{
    collections::HashMap,
    convert::Infallible,
    fmt,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context as TaskContext, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream, stream::BoxStream};
use http::HeaderMap;
use prost::Message;
use tonic::{
    Request, Response, Status,
    body::Body,
    metadata::MetadataMap,
    server::{Grpc, ServerStreamingService, UnaryService},
};

use tracing::Instrument as _;

use super::{
    Admission, Arrival, Gate,
    admission::Admitted,
    codec::Encoded,
    metadata,
    status::{self, Reader},
};
use crate::{Code, Context, Error, Method};

/// How a method of the service trait `S` is reached over gRPC.
pub struct Door<S: ?Sized> {
    /// Such as `/casebook.edc.v1.Edc/SaveForm`.
    pub path: &'static str,
    pub call: fn(Arc<S>, Context, Bytes) -> Answering,
}

/// An answer that is being made.
pub type Answering = BoxFuture<'static, Result<Answer, Error>>;

/// What a door answers: encoded messages.
pub enum Answer {
    Whole(Bytes),
    /// An error in the middle means that the answer is not complete.
    Pieces(BoxStream<'static, Result<Bytes, Error>>),
}

/// What a single call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub message_bytes: usize,
    /// Until the answer, or its first piece, also when the client would wait longer.
    pub answer_time: Duration,
    /// Between two pieces of an answer.
    pub piece_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 4 * 1024 * 1024,
            answer_time: Duration::from_secs(30),
            piece_time: Duration::from_mins(1),
        }
    }
}

/// Services, who may come in, and limits; as a tower service it answers for all of them.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    calls: HashMap<&'static str, Arc<Call>>,
    admission: Admission,
    limits: Limits,
    make_id: Arc<dyn Fn() -> String + Send + Sync>,
}

type Call = dyn Fn(Context, Bytes) -> Answering + Send + Sync;

impl Server {
    /// A server without services. `make_id` makes the ids of calls that bring none.
    pub fn new(
        admission: Admission,
        limits: Limits,
        make_id: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        let make_id = Arc::new(make_id);
        Self(Arc::new(Inner { calls: HashMap::new(), admission, limits, make_id }))
    }

    /// Opens the doors of a service.
    #[must_use]
    pub fn mount<S: ?Sized + Send + Sync + 'static>(
        mut self,
        doors: Vec<Door<S>>,
        service: &Arc<S>,
    ) -> Self {
        let bound = doors.into_iter().map(|Door { path, call }| {
            let service = service.clone();
            let call: Arc<Call> = Arc::new(move |c, message| call(service.clone(), c, message));
            (path, call)
        });
        let inner = Arc::get_mut(&mut self.0);
        inner.expect("nobody has the server before it is whole").calls.extend(bound);
        self
    }

    /// The full names of the services, such as `casebook.edc.v1.Edc`, in order.
    pub fn services(&self) -> Vec<&'static str> {
        let methods = self.0.calls.keys().filter_map(|path| Method::find(path));
        let names: std::collections::BTreeSet<_> = methods.map(|method| method.service).collect();
        names.into_iter().collect()
    }

    /// Answers one call.
    pub async fn answer<B>(self, request: http::Request<B>) -> http::Response<Body>
    where
        B: http_body::Body + Send + 'static,
        B::Error: Into<super::BoxError> + Send,
    {
        let inner = self.0;
        let found = Method::find(request.uri().path())
            .and_then(|method| Some((method, inner.calls.get(method.path)?.clone())));
        let Some((method, call)) = found else {
            return Status::unimplemented("no service here has this method").into_http();
        };
        let id = metadata::request_id(request.headers());
        let id = id.map_or_else(|| (inner.make_id)(), str::to_owned);
        let mut tell = Tell { reader: Reader::Client, id };
        let admitted = match inner.admission.admit(request.headers(), method).await {
            Ok(admitted) => admitted,
            Err(error) => return tell.status(&error).into_http(),
        };
        tell.reader = admitted.reader;
        let context = match context(admitted, request.headers(), method, &tell.id, &inner.limits) {
            Ok(context) => Some(context),
            Err(error) => return tell.status(&error).into_http(),
        };
        let gate = request.extensions().get::<Gate>().cloned();
        let piece_time = inner.limits.piece_time;
        let handler = Handler { method, gate, call, context, tell, piece_time };
        let mut grpc = Grpc::new(Encoded).max_decoding_message_size(inner.limits.message_bytes);
        if method.streams {
            grpc.server_streaming(handler, request).await
        } else {
            grpc.unary(handler, request).await
        }
    }
}

/// The circumstances of a call, as its headers say them.
fn context(
    admitted: Admitted,
    headers: &HeaderMap,
    method: &Method,
    id: &str,
    limits: &Limits,
) -> Result<Context, Error> {
    let whole = metadata::time(headers, &metadata::TIMEOUT)?;
    let begin = metadata::time(headers, &metadata::BEGIN_TIMEOUT)?.filter(|_| method.streams);
    let given = [Some(limits.answer_time), whole, begin];
    let least = given.into_iter().flatten().min().unwrap_or(limits.answer_time);
    Ok(Context::new(admitted.caller, admitted.origin, id)
        .with_deadline(Instant::now() + least)
        .with_trace(metadata::trace(headers)))
}

/// One call that was let in; it is made once.
struct Handler {
    method: &'static Method,
    gate: Option<Gate>,
    call: Arc<Call>,
    context: Option<Context>,
    tell: Tell,
    piece_time: Duration,
}

/// Tells the reader of the call with this id what went wrong.
#[derive(Clone)]
struct Tell {
    reader: Reader,
    id: String,
}

impl Handler {
    /// Calls the service. Whatever it does, there is an answer in time.
    fn answer(&mut self, request: Request<Bytes>) -> BoxFuture<'static, Result<Answer, Status>> {
        let (call, context, tell) = (self.call.clone(), self.context.take(), self.tell.clone());
        let (gate, method) = (self.gate.take(), self.method);
        Box::pin(async move {
            let context = context.ok_or_else(|| Status::internal("a call is made once"))?;
            if let Some(Gate(keeper)) = gate {
                let study = method.study_in(request.get_ref());
                let arrival = Arrival {
                    caller: &context.caller,
                    is_passed_on: tell.reader == Reader::Service,
                    study: study.as_deref(),
                };
                keeper.let_in(arrival).map_err(|error| tell.status(&error))?;
            }
            let deadline = context.deadline.unwrap_or_else(Instant::now);
            let span = tracing::debug_span!("call", rpc.method = method.full_name());
            let call = async { call(context, request.into_inner()).await }.instrument(span);
            let call = AssertUnwindSafe(call);
            let answered = tokio::time::timeout_at(deadline.into(), call.catch_unwind()).await;
            let answered = match answered {
                Ok(Ok(answered)) => answered,
                Ok(Err(_panic)) => Err(Error::new(Code::Internal, "PANIC", "the call panicked")),
                Err(_elapsed) => Err(Error::deadline_exceeded()),
            };
            answered.map_err(|error| tell.status(&error))
        })
    }
}

impl UnaryService<Bytes> for Handler {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let left_out = self.context.as_ref().map(|context| context.left_out.clone());
        let answer = self.answer(request);
        Box::pin(async move {
            match answer.await? {
                Answer::Whole(message) => {
                    let said = left_out.as_ref().and_then(metadata::left_out);
                    let headers = said.map(|said| (metadata::LEFT_OUT, said)).into_iter().collect();
                    let metadata = MetadataMap::from_headers(headers);
                    Ok(Response::from_parts(metadata, message, tonic::Extensions::default()))
                }
                Answer::Pieces(_) => Err(Status::internal("the door is of another kind")),
            }
        })
    }
}

impl ServerStreamingService<Bytes> for Handler {
    type Response = Bytes;
    type ResponseStream = BoxStream<'static, Result<Bytes, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let size = self.context.as_ref().map(|context| context.size.clone());
        let (answer, tell, piece_time) = (self.answer(request), self.tell.clone(), self.piece_time);
        Box::pin(async move {
            match answer.await? {
                Answer::Pieces(pieces) => {
                    let said = size.as_ref().and_then(metadata::size);
                    let headers = said.map(|said| (metadata::SIZE, said)).into_iter().collect();
                    let metadata = MetadataMap::from_headers(headers);
                    let pieces = timed(pieces, tell, piece_time);
                    Ok(Response::from_parts(metadata, pieces, tonic::Extensions::default()))
                }
                Answer::Whole(_) => Err(Status::internal("the door is of another kind")),
            }
        })
    }
}

/// The pieces, until one of them is an error or too long in coming.
fn timed(
    pieces: BoxStream<'static, Result<Bytes, Error>>,
    tell: Tell,
    piece_time: Duration,
) -> BoxStream<'static, Result<Bytes, Status>> {
    let pieces = stream::unfold(Some((pieces, tell)), move |state| async move {
        let (mut pieces, tell) = state?;
        let piece = tokio::time::timeout(piece_time, pieces.next()).await;
        match piece.unwrap_or_else(|_elapsed| Some(Err(Error::deadline_exceeded())))? {
            Ok(piece) => Some((Ok(piece), Some((pieces, tell)))),
            Err(error) => Some((Err(tell.status(&error)), None)),
        }
    });
    pieces.boxed()
}

impl Tell {
    /// What is nobody's fault but ours is logged here, and the caller sees the id of the call only.
    fn status(&self, error: &Error) -> Status {
        let incident = Error::incident(&self.id);
        if !error.is_incident() || error.reason() == incident.reason() {
            return status::from_error(error, self.reader);
        }
        tracing::error!(request.id = %self.id, reason = error.reason(), error = %error, "incident");
        status::from_error(&incident, self.reader)
    }
}

/// The answer of a door that does not let a call in.
pub fn refusal(error: &Error) -> http::Response<Body> {
    status::from_error(error, Reader::Client).into_http()
}

/// Reads the message of a request.
pub fn decode<M: Message + Default>(message: &Bytes) -> Result<M, Error> {
    M::decode(message.as_ref())
        .map_err(|_| Error::invalid("", "the request is no message of this method"))
}

impl Answer {
    pub fn whole(message: &impl Message) -> Self {
        Self::Whole(message.encode_to_vec().into())
    }

    pub fn pieces<M: Message + 'static>(pieces: BoxStream<'static, Result<M, Error>>) -> Self {
        Self::Pieces(pieces.map(|piece| Ok(piece?.encode_to_vec().into())).boxed())
    }
}

impl<B> tower::Service<http::Request<B>> for Server
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<super::BoxError> + Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        self.clone().answer(request).map(Ok).boxed()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.services()).finish()
    }
}

impl<S: ?Sized> fmt::Debug for Door<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(message) => f.debug_tuple("Whole").field(&message.len()).finish(),
            Self::Pieces(_) => f.write_str("Pieces"),
        }
    }
}
