//! One door to one method.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use futures::{
    FutureExt as _,
    future::BoxFuture,
    stream::{BoxStream, StreamExt as _},
};
use serde::Serialize;
use tracing::Instrument as _;

use crate::{Context, Error, Method, google::api::HttpBody, rest::Request};

/// Room for most answers, so that writing one allocates once.
const ANSWER_BYTES: usize = 8192;
/// How a template names the study.
const STUDY_VARIABLE: &str = "study_oid}";

/// The HTTP methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    Get,
    Put,
    Post,
    Patch,
    Delete,
}

/// How a method of the service trait `S` is reached over HTTP.
pub struct Route<S: ?Sized> {
    pub verb: Verb,
    /// Such as `/v1/studies/{study_oid}/subjects/{subject_key}:enrol`.
    pub template: &'static str,
    /// The full name of the method, such as `casebook.edc.v1.Edc/EnrolSubject`.
    pub method: &'static str,
    pub call: fn(Arc<S>, Context, Request) -> Answering,
}

/// A route together with the service that answers.
#[derive(Clone)]
pub struct Bound {
    pub verb: Verb,
    pub template: &'static str,
    pub method: &'static str,
    described: Option<&'static Method>,
    call: Arc<Call>,
}

type Call = dyn Fn(Context, Request) -> Answering + Send + Sync;

/// An answer that is being made.
pub type Answering = BoxFuture<'static, Result<Answer, Error>>;

/// What a route answers.
pub enum Answer {
    /// A whole JSON document.
    Json(Bytes),
    /// A document in pieces. An error in the middle means that the document is not complete.
    Stream { content_type: String, pieces: BoxStream<'static, Result<Bytes, Error>> },
}

impl<S: ?Sized + Send + Sync + 'static> Route<S> {
    /// The route as answered by `service`.
    pub fn bind(self, service: Arc<S>) -> Bound {
        let call = self.call;
        Bound {
            verb: self.verb,
            template: self.template,
            method: self.method,
            described: Method::find(self.method),
            call: Arc::new(move |context, request| call(service.clone(), context, request)),
        }
    }
}

impl Bound {
    /// What the contract says of the method; `None` if it has none of that name.
    pub fn described(&self) -> Option<&'static Method> {
        self.described
    }

    /// The study that the path names, of the values of its variables.
    pub fn study<'a>(&self, path: &'a [String]) -> Option<&'a str> {
        let mut names = self.template.split('{').skip(1);
        let place = names.position(|rest| rest.starts_with(STUDY_VARIABLE))?;
        path.get(place).map(String::as_str)
    }

    pub fn call(&self, context: Context, request: Request) -> Answering {
        let span = tracing::debug_span!("call", rpc.method = self.method);
        let answering = (self.call)(context, request);
        if span.is_none() { answering } else { answering.instrument(span).boxed() }
    }
}

impl Answer {
    pub(crate) fn json<M: Serialize>(message: &M) -> Result<Self, Error> {
        let mut bytes = Vec::with_capacity(ANSWER_BYTES);
        serde_json::to_writer(&mut bytes, message).map_err(|error| {
            let code = crate::Code::Internal;
            Error::new(code, "ANSWER_NOT_WRITABLE", format!("the answer has no JSON: {error}"))
        })?;
        Ok(Self::Json(bytes.into()))
    }

    /// Waits for the first piece, which names the content type: an error before it is an ordinary
    /// error, with its own status, and not a broken document.
    pub(crate) async fn stream(
        mut bodies: BoxStream<'static, Result<HttpBody, Error>>,
    ) -> Result<Self, Error> {
        let first = bodies.next().await.transpose()?.unwrap_or_default();
        let pieces = bodies.map(|body| body.map(|body| Bytes::from(body.data)));
        let start = futures::stream::once(async { Ok(Bytes::from(first.data)) });
        let content_type = if first.content_type.is_empty() {
            "application/octet-stream".to_owned()
        } else {
            first.content_type
        };
        Ok(Self::Stream { content_type, pieces: start.chain(pieces).boxed() })
    }
}

impl Verb {
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Get, Self::Put, Self::Post, Self::Patch, Self::Delete];
        all.into_iter().find(|verb| verb.name() == name)
    }
}

impl<S: ?Sized> fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.verb.name(), self.template, self.method)
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.verb.name(), self.template, self.method)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(bytes) => f.debug_tuple("Json").field(&bytes.len()).finish(),
            Self::Stream { content_type, .. } => {
                f.debug_tuple("Stream").field(content_type).finish()
            }
        }
    }
}
