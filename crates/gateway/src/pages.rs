//! What is answered without a service: start page, health and readiness.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::{StatusCode, header};
use tracing::warn;

use crate::Gateway;

const STYLE: &str = include_str!("start.css");
const CACHE_ONE_HOUR: &str = "max-age=3600";

/// Says what is running and where to go from here. No scripts, no data.
pub(crate) async fn start(State(gateway): State<Arc<Gateway>>) -> Html<String> {
    let mut services = String::new();
    for service in &gateway.services {
        // Writing to a string cannot fail.
        let _ = write!(services, "<li>{} ({})</li>", escape(&service.name), service.route_count);
    }
    let page = include_str!("start.html");
    let page = page.replace("{version}", env!("CARGO_PKG_VERSION"));
    Html(page.replace("{services}", &services))
}

pub(crate) async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, CACHE_ONE_HOUR),
    ];
    (headers, STYLE)
}

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The process can work: every part that was asked says so. Names the first that does not.
pub(crate) async fn readyz(State(gateway): State<Arc<Gateway>>) -> Response {
    for (name, readiness) in &gateway.readiness {
        if let Err(error) = readiness().await {
            warn!(part = %name, error = %error, "not ready");
            let text = format!("not ready: {name}\n");
            return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
        }
    }
    "ok\n".into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
