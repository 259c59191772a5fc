//! What a listener for whoever watches the program answers. It belongs on an address that only he
//! reaches.

use std::sync::Arc;

use axum::{Router, response::IntoResponse as _, routing::get};
use http::header;

/// The text format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `/metrics`, written by `render`, and `/healthz`.
pub fn watching(render: Arc<dyn Fn() -> String + Send + Sync>) -> Router {
    let metrics = move || {
        let text = render();
        async move { ([(header::CONTENT_TYPE, METRICS)], text).into_response() }
    };
    Router::new().route("/metrics", get(metrics)).route("/healthz", get(async || "ok\n"))
}
