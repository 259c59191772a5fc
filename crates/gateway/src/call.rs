//! The way of a REST call: find the route, know the caller, read the body, call, answer.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Extension, Request as HttpRequest, State},
    response::{IntoResponse as _, Response},
};
use contract::{
    Access, Caller, Code, Context, Credentials, Error, Method,
    grpc::metadata,
    rest::{Answer, Bound, Found, Request, Verb},
};
use futures::FutureExt as _;
use http::{HeaderMap, HeaderValue, Method as HttpMethod, header};

use crate::{Gateway, body, cookie, credentials, problem, request_id::RequestId, web};

/// The origin of what is done through this door, for the record: by a program, or in a browser.
const BY_PROGRAM: &str = "api";
const IN_BROWSER: &str = "web";

/// Answers a call of any service, or says what is wrong with it.
pub(crate) async fn answer(
    State(gateway): State<Arc<Gateway>>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: HttpRequest,
) -> Response {
    if is_grpc(request.headers()) {
        return gateway.grpc.clone().answer(request).await.map(Body::new);
    }
    let path = request.uri().path().to_owned();
    let (route, values) = match find(&gateway, request.method(), &path) {
        Ok(found) => found,
        Err(NotFound { error, allow }) => {
            let screen = web::screen(request.method(), request.uri(), request.headers());
            if let (Some(screen), None) = (screen, &allow) {
                return screen;
            }
            let mut response = problem::response(&error, &id);
            if let Some(allow) = allow {
                response.headers_mut().insert(header::ALLOW, allow);
            }
            return response;
        }
    };
    let deadline = Instant::now() + gateway.limits.request_time;
    let wants_cookie = cookie::is_wanted(request.headers());
    let call = AssertUnwindSafe(perform(&gateway, route, values, request, deadline, &id));
    let answered = match tokio::time::timeout_at(deadline.into(), call.catch_unwind()).await {
        Ok(Ok(answered)) => answered,
        Ok(Err(_panic)) => Err(Error::new(Code::Internal, "PANIC", "the call panicked")),
        Err(_elapsed) => Err(Error::deadline_exceeded()),
    };
    let answered = answered.and_then(|answer| match &gateway.cookies {
        Some(cookies) => cookies.apply(route.method, wants_cookie, answer),
        None => Ok((answer, None)),
    });
    match answered {
        Ok((answer, cookie)) => {
            let mut response = respond(&gateway, answer, id);
            if let Some(cookie) = cookie {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => problem::response(&error, &id),
    }
}

async fn perform(
    gateway: &Gateway,
    route: &Bound,
    path: Vec<String>,
    request: HttpRequest,
    deadline: Instant,
    id: &str,
) -> Result<Answer, Error> {
    let (caller, origin) = caller(gateway, route, request.method(), request.headers()).await?;
    let user = caller.user.clone();
    let (parts, body) = request.into_parts();
    let request = Request {
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        content_type: content_type(&parts.headers),
        body: body::read(body, gateway.limits.body_bytes).await?,
    };
    let context = Context::new(caller, origin, id)
        .with_deadline(deadline)
        .with_trace(metadata::trace(&parts.headers));
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
async fn caller(
    gateway: &Gateway,
    route: &Bound,
    method: &HttpMethod,
    headers: &HeaderMap,
) -> Result<(Caller, &'static str), Error> {
    if headers.contains_key(header::AUTHORIZATION) {
        let caller = gateway.authenticator.authenticate(credentials::read(headers)?).await?;
        return Ok((caller, BY_PROGRAM));
    }
    if Method::find(route.method).is_some_and(|method| method.access == Access::Public) {
        return Ok((Caller::anonymous(), BY_PROGRAM));
    }
    let cookie = gateway.cookies.as_ref().and_then(|cookies| cookies.read(headers));
    let Some(token) = cookie else { return Err(credentials::missing()) };
    cookie::check_page(method, headers)?;
    let caller = gateway.authenticator.authenticate(Credentials::Token(token)).await?;
    Ok((caller, IN_BROWSER))
}

/// Whether the headers are those of a gRPC request or answer.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok().map(str::to_owned)
}

struct NotFound {
    error: Error,
    /// The methods that the path has.
    allow: Option<HeaderValue>,
}

fn find<'a>(
    gateway: &'a Gateway,
    method: &HttpMethod,
    path: &str,
) -> Result<(&'a Bound, Vec<String>), NotFound> {
    let other_verbs = |verbs: &[Verb]| {
        let names: Vec<&str> = verbs.iter().map(|verb| verb.name()).collect();
        let allow = HeaderValue::from_str(&names.join(", ")).ok();
        let message = format!("this path takes {}, not {method}", names.join(", "));
        NotFound { error: Error::new(Code::Unimplemented, "METHOD_NOT_ALLOWED", message), allow }
    };
    let verb = Verb::from_name(method.as_str());
    match gateway.routes.find(verb.unwrap_or(Verb::Get), path) {
        Found::Route(route, values) if verb.is_some() => Ok((route, values)),
        Found::Route(route, _) => Err(other_verbs(&[route.verb])),
        Found::OtherVerbs(verbs) => Err(other_verbs(&verbs)),
        Found::Nothing => {
            let error = Error::not_found("PATH_UNKNOWN", "no method has this path");
            Err(NotFound { error, allow: None })
        }
        Found::BadEncoding => {
            let error = Error::invalid("", "the path is not percent-encoded UTF-8");
            Err(NotFound { error, allow: None })
        }
    }
}

fn respond(gateway: &Gateway, answer: Answer, id: String) -> Response {
    let (content_type, body) = match answer {
        Answer::Json(bytes) => (HeaderValue::from_static("application/json"), Body::from(bytes)),
        Answer::Stream { content_type, pieces } => {
            let Ok(content_type) = HeaderValue::from_str(&content_type) else {
                let message = format!("a content type cannot be sent: {content_type:?}");
                let error = Error::new(Code::Internal, "ANSWER_NOT_WRITABLE", message);
                return problem::response(&error, &id);
            };
            (content_type, body::stream(pieces, gateway.limits.piece_time, id))
        }
    };
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}
