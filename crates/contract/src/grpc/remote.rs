//! Calls a service in another process.

use std::{fmt, sync::Arc, time::Instant};

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use http::{HeaderMap, uri::PathAndQuery};
use prost::Message;
use tonic::{Status, body::Body, client::Grpc, metadata::MetadataMap};
use tower::{Service, util::BoxCloneSyncService};

use super::{codec::Encoded, metadata, status};
use crate::{Caller, CallerTokens, Code, Context, Error, Method};

/// An error of whatever kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A way to the endpoints of a service. Whoever makes one decides where calls go. When it fails with
/// an [`Error`](crate::Error) of the contract among the causes, that is what the caller sees.
pub type Channel = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, Status>;

/// The largest answer that is taken: the design of a large study is a few megabytes.
const MOST_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Any service over HTTP/2 as a channel.
pub fn channel<S>(service: S) -> Channel
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S: Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let into_status = |error: S::Error| Status::from_error(error.into());
    BoxCloneSyncService::new(tower::ServiceExt::map_err(service, into_status))
}

type Pieces = BoxStream<'static, Result<Bytes, Error>>;

/// The way to one service in another process; the generated remotes are built on it.
#[derive(Clone)]
pub struct Remote {
    channel: Channel,
    tokens: Arc<dyn CallerTokens>,
}

impl Remote {
    /// A way over `channel`; `tokens` sign who calls.
    pub fn new(channel: Channel, tokens: Arc<dyn CallerTokens>) -> Self {
        Self { channel, tokens }
    }

    /// Calls a method that answers with one message.
    pub async fn unary<A: Message + Default>(
        &self,
        context: &Context,
        path: &'static str,
        is_repeatable: bool,
        request: &impl Message,
    ) -> Result<A, Error> {
        let request = self.request(context, path, is_repeatable, encoded(request))?;
        let answer = self.answer(context.deadline, path, request).await.map_err(not_believed)?;
        metadata::note_left_out(answer.metadata(), &context.left_out);
        decoded(answer.get_ref())
    }

    /// Calls a method that answers in pieces; waits for the service to begin.
    pub async fn pieces<A: Message + Default + 'static>(
        &self,
        context: &Context,
        path: &'static str,
        is_repeatable: bool,
        request: &impl Message,
    ) -> Result<BoxStream<'static, Result<A, Error>>, Error> {
        let request = self.request(context, path, is_repeatable, encoded(request))?;
        let begun = self.begin(context.deadline, path, request).await.map_err(not_believed)?;
        metadata::note_size(begun.metadata(), &context.size);
        let pieces = begun.into_inner();
        Ok(pieces.map(|piece| decoded(&piece?)).boxed())
    }

    fn answer(
        &self,
        deadline: Option<Instant>,
        path: &'static str,
        request: tonic::Request<Bytes>,
    ) -> BoxFuture<'static, Result<tonic::Response<Bytes>, Error>> {
        let mut grpc = self.grpc();
        let call = async move {
            grpc.ready().await.map_err(|status| status::to_error(&status))?;
            let answered = grpc.unary(request, PathAndQuery::from_static(path), Encoded).await;
            answered.map_err(|status| status::to_error(&status))
        };
        in_time(deadline, call).boxed()
    }

    fn begin(
        &self,
        deadline: Option<Instant>,
        path: &'static str,
        request: tonic::Request<Bytes>,
    ) -> BoxFuture<'static, Result<tonic::Response<Pieces>, Error>> {
        let mut grpc = self.grpc();
        let call = async move {
            grpc.ready().await.map_err(|status| status::to_error(&status))?;
            let path = PathAndQuery::from_static(path);
            let answered = grpc.server_streaming(request, path, Encoded).await;
            let answered = answered.map_err(|status| status::to_error(&status))?;
            let told = |piece: Result<Bytes, Status>| piece.map_err(|s| status::to_error(&s));
            Ok(answered.map(|pieces| pieces.map(told).boxed()))
        };
        in_time(deadline, call).boxed()
    }

    fn grpc(&self) -> Grpc<Channel> {
        Grpc::new(self.channel.clone()).max_decoding_message_size(MOST_ANSWER_BYTES)
    }

    fn request(
        &self,
        context: &Context,
        path: &'static str,
        is_repeatable: bool,
        message: Bytes,
    ) -> Result<tonic::Request<Bytes>, Error> {
        let method = Method::find(path).ok_or_else(|| {
            Error::new(Code::Internal, "ROUTE_BROKEN", "no method of the contract has this path")
        })?;
        let mut headers = metadata::write(context, method, is_repeatable)?;
        self.name_caller(&context.caller, method, &context.request_id, &mut headers)?;
        let metadata = MetadataMap::from_headers(headers);
        Ok(tonic::Request::from_parts(metadata, tonic::Extensions::default(), message))
    }

    fn name_caller(
        &self,
        caller: &Caller,
        method: &Method,
        request_id: &str,
        headers: &mut HeaderMap,
    ) -> Result<(), Error> {
        let token = self.tokens.mint(caller, method.service, request_id)?;
        let mut value = metadata::text(&token)?;
        value.set_sensitive(true);
        headers.insert(metadata::CALLER, value);
        Ok(())
    }
}

/// tonic would call this cancelled; whoever watches for slow services must be told the truth.
async fn in_time<T>(
    deadline: Option<Instant>,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match deadline {
        None => call.await,
        Some(deadline) => tokio::time::timeout_at(deadline.into(), call)
            .await
            .unwrap_or_else(|_elapsed| Err(Error::deadline_exceeded())),
    }
}

/// A service that does not believe this one says nothing about who called this one.
fn not_believed(error: Error) -> Error {
    if error.reason() != "SERVICE_NOT_BELIEVED" {
        return error;
    }
    tracing::error!("another service does not believe this one");
    Error::unavailable("the services do not believe each other")
}

fn encoded(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

fn decoded<A: Message + Default>(bytes: &Bytes) -> Result<A, Error> {
    A::decode(bytes.as_ref()).map_err(|_| {
        Error::new(Code::Internal, "ANSWER_NOT_READABLE", "the answer of the service is no message")
    })
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote")
    }
}
