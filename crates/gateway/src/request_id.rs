//! Every request has an id: its own if it brings a usable one, else a new one.

use std::time::Instant;

use axum::{extract::Request, response::Response};
use contract::grpc::metadata;
use http::HeaderValue;
use tracing::{Instrument as _, info};

use crate::Gateway;

/// The id of a request, kept among its extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request its id, the answer the same, and the log one line with both.
pub(crate) async fn assign(
    gateway: &Gateway,
    mut request: Request,
    respond: impl AsyncFnOnce(Request, RequestId) -> Response,
) -> Response {
    let started = Instant::now();
    let given = metadata::request_id(request.headers());
    let id = given.map_or_else(|| (gateway.make_id)(), str::to_owned);
    let said = HeaderValue::from_str(&id).ok();
    if let Some(said) = &said {
        request.headers_mut().insert(metadata::REQUEST_ID, said.clone());
    }
    let method = request.method().clone();
    let span = tracing::info_span!("request", request.id = %id, http.method = %method);
    let trace = metadata::trace(request.headers());
    let step = gateway.tracer.as_ref().and_then(|tracer| tracer(&span, trace));
    // What is called from here is a part of this step.
    if let Some(value) = step.and_then(|step| HeaderValue::from_str(&step.to_string()).ok()) {
        request.headers_mut().insert(metadata::TRACE, value);
    }

    let mut response = respond(request, RequestId(id.clone())).instrument(span).await;

    let trace = step.or(trace).map(|trace| u128::from_be_bytes(trace.trace_id()));
    let trace = trace.map(|id| format!("{id:032x}")).unwrap_or_default();
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    info!(
        request.id = %id, trace.id = %trace, http.method = %method, http.status = status, duration_ms,
        "answered"
    );
    if let Some(said) = said {
        response.headers_mut().insert(metadata::REQUEST_ID, said);
    }
    response
}
