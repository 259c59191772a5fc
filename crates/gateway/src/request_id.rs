//! Every request has an id: its own if it brings a usable one, else a new one.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use contract::grpc::metadata;
use http::HeaderValue;
use tracing::info;

use crate::Gateway;

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
    let given = metadata::request_id(request.headers());
    let id = given.map_or_else(|| (gateway.make_id)(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    if let Ok(value) = HeaderValue::from_str(&id) {
        request.headers_mut().insert(metadata::REQUEST_ID, value);
    }
    let method = request.method().clone();

    let mut response = next.run(request).await;

    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    info!(request.id = %id, http.method = %method, http.status = status, duration_ms, "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(metadata::REQUEST_ID, value);
    }
    response
}
