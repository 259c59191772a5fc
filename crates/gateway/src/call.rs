//! The way of a REST call: find the route, know the caller, read the body, call, answer.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Extension, Request as HttpRequest, State},
    response::{IntoResponse as _, Response},
};
use contract::{
    Access, AnswerSize, Caller, Code, Context, Credentials, Error, LeftOut, Method,
    grpc::{Arrival, Gatekeeper as _, metadata, refusal},
    rest::{Answer, Bound, Found, Request, Verb},
};
use futures::FutureExt as _;
use http::{HeaderMap, HeaderValue, Method as HttpMethod, header};

use crate::{
    Gateway, body, cookie, credentials, file_name,
    passage::{Door, Passage, Peer},
    problem,
    request_id::RequestId,
    web,
};

/// The origin of what is done through this door, for the record: by a program, or in a browser.
const BY_PROGRAM: &str = "api";
const IN_BROWSER: &str = "web";

/// What a service tells of its answer besides the answer.
#[derive(Default)]
struct Told {
    left_out: LeftOut,
    size: AnswerSize,
}

/// What a request calls.
pub(crate) enum Called<'a> {
    /// A route, with the values of its path.
    Rest(&'a Bound, Vec<String>),
    Grpc(&'static Method),
}

/// The method that a request calls; `None` if it calls none, or in a way that there is not.
pub(crate) fn called<'a>(gateway: &'a Gateway, request: &HttpRequest) -> Option<Called<'a>> {
    let path = request.uri().path();
    if is_grpc(request.headers()) {
        return Method::find(path).map(Called::Grpc);
    }
    let verb = Verb::from_name(request.method().as_str())?;
    match gateway.routes.find(verb, path) {
        Found::Route(route, values) => Some(Called::Rest(route, values)),
        _ => None,
    }
}

/// Answers a call of a method of any service, or says what is wrong with it.
pub(crate) async fn answer(
    gateway: &Gateway,
    called: Called<'_>,
    request: HttpRequest,
    RequestId(id): RequestId,
) -> Response {
    let (route, values) = match called {
        Called::Rest(route, values) => (route, values),
        Called::Grpc(method) => return answer_grpc(gateway, method, request).await,
    };
    let passage = route.described().map(|method| {
        let peer = request.extensions().get::<Peer>().copied();
        Passage::new(gateway, method, Door::Rest, peer, request.headers())
    });
    let wants_cookie = cookie::is_wanted(request.headers());
    let told = Told::default();
    let is_file = passage.as_ref().is_some_and(|passage| passage.method().streams);
    let named = if is_file { values.clone() } else { Vec::new() };
    let answered =
        answer_rest(gateway, route, values, request, (passage.as_ref(), &id, &told)).await;
    let answered = answered.and_then(|answer| match &gateway.cookies {
        Some(cookies) => cookies.apply(route.method, wants_cookie, answer),
        None => Ok((answer, None)),
    });
    let code = answered.as_ref().err().map(Error::code);
    let response = match answered {
        Ok((answer, cookie)) => {
            let mut response = respond(gateway, answer, (route.template, &named), id);
            if let Some(size) = metadata::size(&told.size).filter(|_| is_file) {
                response.headers_mut().insert(header::CONTENT_LENGTH, size);
            }
            if let Some(said) = metadata::left_out(&told.left_out) {
                response.headers_mut().insert(metadata::LEFT_OUT, said);
            }
            if let Some(cookie) = cookie {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => problem::response(&error, &id),
    };
    match passage {
        Some(passage) => passage.watch(response, code),
        None => response,
    }
}

/// A call that is let in, and made within its time. Whatever it does, there is an answer.
async fn answer_rest(
    gateway: &Gateway,
    route: &Bound,
    path: Vec<String>,
    request: HttpRequest,
    (passage, id, told): (Option<&Passage>, &str, &Told),
) -> Result<Answer, Error> {
    passage.map_or(Ok(()), Passage::admit)?;
    let deadline = Instant::now() + gateway.limits.request_time;
    let call = perform(gateway, route, path, request, (deadline, passage), (id, told));
    let call = AssertUnwindSafe(call).catch_unwind();
    match tokio::time::timeout_at(deadline.into(), call).await {
        Ok(Ok(answered)) => answered,
        Ok(Err(_panic)) => Err(Error::new(Code::Internal, "PANIC", "the call panicked")),
        Err(_elapsed) => Err(Error::deadline_exceeded()),
    }
}

async fn answer_grpc(
    gateway: &Gateway,
    method: &'static Method,
    mut request: HttpRequest,
) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let passage = Passage::new(gateway, method, Door::Grpc, peer, request.headers());
    if let Err(error) = passage.admit() {
        return passage.watch(refusal(&error).map(Body::new), None);
    }
    request.extensions_mut().insert(passage.gate());
    let response = gateway.grpc.clone().answer(request).await;
    passage.watch(response.map(Body::new), None)
}

async fn perform(
    gateway: &Gateway,
    route: &Bound,
    path: Vec<String>,
    request: HttpRequest,
    (deadline, passage): (Instant, Option<&Passage>),
    (id, told): (&str, &Told),
) -> Result<Answer, Error> {
    let (caller, origin) =
        caller(gateway, route, (request.method(), request.headers()), passage).await?;
    if let Some(passage) = passage {
        let study = route.study(&path);
        passage.let_in(Arrival { caller: &caller, is_passed_on: false, study })?;
    }
    let user = caller.user.clone();
    let (parts, body) = request.into_parts();
    let request = Request {
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        content_type: content_type(&parts.headers),
        body: body::read(body, gateway.limits.body_bytes).await?,
    };
    let mut context = Context::new(caller, origin, id)
        .with_deadline(deadline)
        .with_trace(metadata::trace(&parts.headers));
    context.left_out = told.left_out.clone();
    context.size = told.size.clone();
    let answered = route.call(context, request).await;
    if let (Err(error), Some(journal)) = (&answered, &gateway.access_journal)
        && error.reason() == "NOT_PERMITTED"
    {
        journal.refused(&user, error).await;
    }
    answered
}

/// Who calls, and through what. Credentials in the header count, also where none are asked for; a
/// cookie, which a browser sends by itself, counts where some are.
///
/// An address from which too many have failed is not listened to any more, before a password is
/// computed. A token costs little, and is.
async fn caller(
    gateway: &Gateway,
    route: &Bound,
    (method, headers): (&HttpMethod, &HeaderMap),
    passage: Option<&Passage>,
) -> Result<(Caller, &'static str), Error> {
    let (credentials, origin) = if headers.contains_key(header::AUTHORIZATION) {
        (credentials::read(headers)?, BY_PROGRAM)
    } else if route.described().is_some_and(|method| method.access == Access::Public) {
        return Ok((Caller::anonymous(), BY_PROGRAM));
    } else {
        let cookie = gateway.cookies.as_ref().and_then(|cookies| cookies.read(headers));
        let Some(token) = cookie else { return Err(credentials::missing()) };
        cookie::check_page(method, headers)?;
        (Credentials::Token(token), IN_BROWSER)
    };
    if let (Credentials::Password { .. }, Some(passage)) = (&credentials, passage) {
        passage.may_try()?;
    }
    let caller = gateway.authenticator.authenticate(credentials).await;
    if let (Err(error), Some(passage)) = (&caller, passage)
        && error.code() == Code::Unauthenticated
    {
        passage.was_not_proven();
    }
    Ok((caller?, origin))
}

/// Whether the headers are those of a gRPC request or answer.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok().map(str::to_owned)
}

/// What is neither a method nor a page is answered, too, but not counted.
pub(crate) async fn refuse(
    State(gateway): State<Arc<Gateway>>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: HttpRequest,
) -> Response {
    if is_grpc(request.headers()) {
        return gateway.grpc.clone().answer(request).await.map(Body::new);
    }
    let (error, allow) = missing(&gateway, request.method(), request.uri().path());
    let screen = web::screen(request.method(), request.uri(), request.headers());
    if let (Some(screen), None) = (screen, &allow) {
        return screen;
    }
    let mut response = problem::response(&error, &id);
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// Why a path is no route, and the methods that it has.
fn missing(gateway: &Gateway, method: &HttpMethod, path: &str) -> (Error, Option<HeaderValue>) {
    let verb = Verb::from_name(method.as_str()).unwrap_or(Verb::Get);
    let verbs = match gateway.routes.find(verb, path) {
        Found::Route(route, _) => vec![route.verb],
        Found::OtherVerbs(verbs) => verbs,
        Found::Nothing => {
            return (Error::not_found("PATH_UNKNOWN", "no method has this path"), None);
        }
        Found::BadEncoding => {
            return (Error::invalid("", "the path is not percent-encoded UTF-8"), None);
        }
    };
    let names: Vec<&str> = verbs.iter().map(|verb| verb.name()).collect();
    let allow = HeaderValue::from_str(&names.join(", ")).ok();
    let message = format!("this path takes {}, not {method}", names.join(", "));
    (Error::new(Code::Unimplemented, "METHOD_NOT_ALLOWED", message), allow)
}

/// The answer to a call that was done. One in pieces is a file, named after its path.
fn respond(
    gateway: &Gateway,
    answer: Answer,
    (template, values): (&str, &[String]),
    id: String,
) -> Response {
    let (content_type, body) = match answer {
        Answer::Json(bytes) => (HeaderValue::from_static("application/json"), Body::from(bytes)),
        Answer::Stream { content_type: said, pieces } => {
            let Ok(content_type) = HeaderValue::from_str(&said) else {
                let message = format!("a content type cannot be sent: {said:?}");
                let error = Error::new(Code::Internal, "ANSWER_NOT_WRITABLE", message);
                return problem::response(&error, &id);
            };
            let name = file_name::disposition(template, values, &said);
            let body = body::stream(pieces, gateway.limits.piece_time, id);
            let headers =
                [(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, name)];
            return (headers, body).into_response();
        }
    };
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}
