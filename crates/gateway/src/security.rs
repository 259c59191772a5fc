//! Headers that tell a browser to trust nothing it need not trust.

use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

use crate::call::is_grpc;

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
/// participants. `is_page` says that a page of ours has asked.
pub(crate) fn harden(response: &mut Response, is_page: bool) {
    let headers = response.headers_mut();
    if is_grpc(headers) {
        return;
    }
    headers.reserve(HEADERS.len() + 1);
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_page && headers.contains_key(header::WWW_AUTHENTICATE) {
        let challenge = HeaderValue::from_static(CHALLENGE_OF_PAGES);
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
