//! The one place where errors become HTTP (RFC 9457).

use axum::response::{IntoResponse, Response};
use contract::{Code, Error};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use tracing::error;

const CHALLENGE: &str = r#"Basic realm="casebook", charset="UTF-8""#;
const RETRY_AFTER_SECONDS: &str = "1";

/// The answer to a call that was not done.
///
/// What is nobody's fault but ours is logged here and the client sees the id of the request only.
pub(crate) fn response(error: &Error, request_id: &str) -> Response {
    let shown = if error.is_incident() {
        error!(request.id = %request_id, reason = error.reason(), error = %error, "incident");
        &Error::incident(request_id)
    } else {
        error
    };
    let status = status(error);
    let mut response = (status, body(shown, status, request_id)).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/problem+json");
    headers.insert(header::CONTENT_TYPE, kind);
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
    }
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        let said = error.metadata().get("retry_after_seconds");
        let said = said.and_then(|seconds| HeaderValue::from_str(seconds).ok());
        let usual = HeaderValue::from_static(RETRY_AFTER_SECONDS);
        headers.insert(header::RETRY_AFTER, said.unwrap_or(usual));
    }
    response
}

/// The status of the code, unless HTTP has a closer one for the reason.
fn status(error: &Error) -> StatusCode {
    match error.reason() {
        "BODY_TOO_LARGE" => StatusCode::PAYLOAD_TOO_LARGE,
        "CONTENT_TYPE_UNSUPPORTED" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "STORAGE_FULL" => StatusCode::INSUFFICIENT_STORAGE,
        "METHOD_NOT_ALLOWED" => StatusCode::METHOD_NOT_ALLOWED,
        _ => StatusCode::from_u16(error.code().http_status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn body(error: &Error, status: StatusCode, request_id: &str) -> String {
    let mut problem = Map::new();
    let mut say = |name: &str, value: Value| problem.insert(name.to_owned(), value);
    say("type", json!(format!("urn:casebook:problem:{}", error.reason())));
    say("title", json!(title(error.code())));
    say("status", json!(status.as_u16()));
    say("detail", json!(error.message()));
    say("instance", json!(format!("urn:casebook:request:{request_id}")));
    say("code", json!(error.code().name()));
    say("reason", json!(error.reason()));
    say("domain", json!(contract::DOMAIN));
    if !error.metadata().is_empty() {
        say("metadata", json!(error.metadata()));
    }
    if !error.violations().is_empty() {
        say("violations", json!(error.violations()));
    }
    if let Some(detail) = error.detail() {
        let mut message = detail.json.clone();
        if let Some(fields) = message.as_object_mut() {
            fields.insert("@type".to_owned(), json!(detail.type_name));
        }
        say("details", json!([message]));
    }
    Value::Object(problem).to_string()
}

fn title(code: Code) -> &'static str {
    match code {
        Code::Cancelled => "The call was cancelled",
        Code::InvalidArgument | Code::OutOfRange => "The request cannot be accepted",
        Code::DeadlineExceeded => "The answer was not ready in time",
        Code::NotFound => "There is no such thing here",
        Code::AlreadyExists => "It exists already",
        Code::PermissionDenied => "This is not permitted",
        Code::ResourceExhausted => "A limit is reached",
        Code::FailedPrecondition => "A rule refuses this as things stand",
        Code::Aborted => "Somebody else was first",
        Code::Unimplemented => "This is not offered",
        Code::Unavailable => "This cannot be answered now",
        Code::Unauthenticated => "It is not known who asks",
        Code::Unknown | Code::Internal | Code::DataLoss => "Something went wrong",
    }
}
