//! Headers that tell a browser to trust nothing it need not trust.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderName, HeaderValue, header};

use crate::{call::is_grpc, cookie};

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// To a page of ours: a challenge that makes no browser open a window of its own for a password.
const CHALLENGE_OF_PAGES: &str = r#"Session realm="casebook""#;

/// Adds the headers to every answer but those of gRPC, which no browser shows. What an answer says
/// itself stands. Nothing is kept unless the answer says so, because answers may hold data of
/// participants.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let is_page = cookie::is_page(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_grpc(headers) {
        return response;
    }
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_page && headers.contains_key(header::WWW_AUTHENTICATE) {
        let challenge = HeaderValue::from_static(CHALLENGE_OF_PAGES);
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
