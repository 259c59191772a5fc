//! `POST /oauth/token` (RFC 6749 §3.2): a form in, what the standard says out. The method that
//! issues tokens is one of the contract; this is only another spelling of it.

use std::sync::Arc;

use axum::{
    extract::{Extension, Request as HttpRequest, State},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use contract::{
    Caller, Code, Context, Error, Method,
    grpc::{Arrival, Gatekeeper as _},
    rest::{Answer, Bound, Found, Request, Verb},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::{
    Gateway, body,
    passage::{Door, Passage, Peer},
    request_id::RequestId,
};

pub(crate) const PATH: &str = "/oauth/token";
/// Where the contract has the method.
const METHOD: &str = "/v1/oauth/token";
const LONGEST_FORM_BYTES: usize = 16 * 1024;
/// What a form may hold, and how the contract spells it.
const FIELDS: [(&str, &str); 4] = [
    ("grant_type", "grantType"),
    ("client_id", "clientId"),
    ("client_secret", "clientSecret"),
    ("scope", "scope"),
];

/// An error as RFC 6749 §5.2 has it.
struct Problem {
    status: StatusCode,
    error: &'static str,
    description: String,
    code: Code,
    retry_after_seconds: Option<String>,
}

pub(crate) async fn token(
    State(gateway): State<Arc<Gateway>>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: HttpRequest,
) -> Response {
    let Found::Route(route, path) = gateway.routes.find(Verb::Post, METHOD) else {
        return invalid("no tokens are issued here").response();
    };
    let passage = Method::find(route.method).map(|method| {
        let peer = request.extensions().get::<Peer>().copied();
        Passage::new(&gateway, method, Door::Rest, peer, request.headers())
    });
    let issued = issue(&gateway, &id, (route, path), request, passage.as_ref()).await;
    let code = issued.as_ref().err().map(|problem| problem.code);
    let response = answered(issued);
    match passage {
        Some(passage) => passage.watch(response, code),
        None => response,
    }
}

fn answered(issued: Result<Value, Problem>) -> Response {
    match issued {
        Ok(token) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CACHE_CONTROL, "no-store"),
                (header::PRAGMA, "no-cache"),
            ];
            (headers, token.to_string()).into_response()
        }
        Err(problem) => problem.response(),
    }
}

async fn issue(
    gateway: &Gateway,
    id: &str,
    (route, path): (&Bound, Vec<String>),
    request: HttpRequest,
    passage: Option<&Passage>,
) -> Result<Value, Problem> {
    if let Some(passage) = passage {
        passage.admit().map_err(|error| Problem::of(&error))?;
        let caller = &Caller::anonymous();
        let arrival = Arrival { caller, is_passed_on: false, study: None };
        passage.let_in(arrival).map_err(|error| Problem::of(&error))?;
    }
    let (parts, form) = request.into_parts();
    let headers = &parts.headers;
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form {
        return Err(invalid("the body is not application/x-www-form-urlencoded"));
    }
    let form = body::read(form, LONGEST_FORM_BYTES).await.map_err(|error| Problem::of(&error))?;
    let message = message(&form, headers)?;
    let request = Request {
        path,
        content_type: Some("application/json".to_owned()),
        body: Bytes::from(Value::Object(message).to_string()),
        ..Request::default()
    };
    let context = Context::new(Caller::anonymous(), "api", id);
    let call = route.call(context, request);
    let answered = tokio::time::timeout(gateway.limits.request_time, call).await;
    let answer = answered.unwrap_or_else(|_| Err(Error::deadline_exceeded()));
    let Answer::Json(bytes) = answer.map_err(|error| Problem::of(&error))? else {
        return Err(Problem::of(&Error::unavailable("no token was answered")));
    };
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let mut token = json!({
        "access_token": answer["accessToken"],
        "token_type": answer["tokenType"],
        "expires_in": answer["expiresIn"],
    });
    if let (Some(scope), Some(token)) = (answer.get("scope"), token.as_object_mut()) {
        token.insert("scope".to_owned(), scope.clone());
    }
    Ok(token)
}

/// The form, with the credentials of the header if they are there (RFC 6749 §2.3.1).
fn message(form: &[u8], headers: &HeaderMap) -> Result<Map<String, Value>, Problem> {
    let mut message = Map::new();
    for (name, value) in form_urlencoded::parse(form) {
        // What the standard does not know is passed over, as it asks.
        let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == name) else { continue };
        if message.insert((*field).to_owned(), json!(value)).is_some() {
            return Err(invalid("a parameter is there twice"));
        }
    }
    let Some(header) = headers.get(header::AUTHORIZATION) else { return Ok(message) };
    let (user, password) =
        basic(header).ok_or_else(|| invalid("the credentials cannot be read"))?;
    for (field, value) in [("clientId", user), ("clientSecret", password)] {
        if message.insert(field.to_owned(), json!(value)).is_some() {
            return Err(invalid("credentials are given twice"));
        }
    }
    Ok(message)
}

fn basic(header: &HeaderValue) -> Option<(String, String)> {
    let (scheme, given) = header.to_str().ok()?.split_once(' ')?;
    let decoded =
        scheme.eq_ignore_ascii_case("basic").then(|| BASE64_STANDARD.decode(given.trim()));
    let decoded = String::from_utf8(decoded?.ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((unescaped(user)?, unescaped(password)?))
}

/// Name and secret are form-encoded before they are put together.
fn unescaped(text: &str) -> Option<String> {
    let named = format!("v={text}");
    form_urlencoded::parse(named.as_bytes()).next().map(|(_, value)| value.into_owned())
}

fn invalid(description: &str) -> Problem {
    let description = description.to_owned();
    Problem {
        status: StatusCode::BAD_REQUEST,
        error: "invalid_request",
        description,
        code: Code::InvalidArgument,
        retry_after_seconds: None,
    }
}

impl Problem {
    fn of(error: &Error) -> Self {
        let field = error.violations().first().map(|one| one.field.as_str());
        let name = match (error.reason(), field) {
            ("INVALID_CLIENT", _) => "invalid_client",
            ("INVALID_ARGUMENT", Some("grantType")) => "unsupported_grant_type",
            ("INVALID_ARGUMENT", Some("scope")) => "invalid_scope",
            ("INVALID_ARGUMENT", _) => "invalid_request",
            _ => "temporarily_unavailable",
        };
        let status = StatusCode::from_u16(error.code().http_status());
        let description = match name {
            "temporarily_unavailable" => "no token can be issued now".to_owned(),
            _ => error.message().to_owned(),
        };
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after_seconds = error.metadata().get("retry_after_seconds").cloned();
        Self { status, error: name, description, code: error.code(), retry_after_seconds }
    }

    fn response(self) -> Response {
        let text = json!({"error": self.error, "error_description": self.description}).to_string();
        let mut response = (self.status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let wait = self.retry_after_seconds.and_then(|text| HeaderValue::try_from(text).ok());
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, wait);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(r#"Basic realm="casebook""#);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
