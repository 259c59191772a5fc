//! Every request has an id: its own if it brings a usable one, else a new one.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue};
use tracing::info;

use crate::Gateway;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_ID_BYTES: usize = 128;

/// The id of a request, kept among its extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request its id, the answer the same, and the log one line with both.
pub(crate) async fn assign(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let given = request.headers().get(HEADER).and_then(usable).map(str::to_owned);
    let id = given.unwrap_or_else(|| (gateway.make_id)());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();

    let mut response = next.run(request).await;

    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    info!(request.id = %id, http.method = %method, http.status = status, duration_ms, "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// Ids go into logs and answers, so only letters, digits and `-_.:` are taken over.
fn usable(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    let is_usable = (1..=LONGEST_ID_BYTES).contains(&text.len()) && text.bytes().all(is_plain);
    is_usable.then_some(text)
}
