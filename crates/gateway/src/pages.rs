//! What is answered without a service: start page, health and readiness.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use contract::Error;
use futures::future::join_all;
use http::{HeaderMap, StatusCode, header};
use tracing::warn;

use crate::{Gateway, Readiness, web};

const STYLE: &str = include_str!("start.css");
const READINESS_TIME: Duration = Duration::from_secs(2);
const CACHE_ONE_HOUR: &str = "max-age=3600";

/// The web workspace; where it was not built, what is running.
pub(crate) async fn start(gateway: State<Arc<Gateway>>, headers: HeaderMap) -> Response {
    match web::page(&headers) {
        Some(page) => page,
        None => about(gateway).await.into_response(),
    }
}

/// Says what is running and where to go from here. No scripts, no data.
pub(crate) async fn about(State(gateway): State<Arc<Gateway>>) -> Html<String> {
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

/// The process can work: every part that it needs says so, within two seconds. Names all that do not,
/// and those that are missed where the process does without.
pub(crate) async fn readyz(State(gateway): State<Arc<Gateway>>) -> Response {
    if gateway.drain.is_begun() {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready: it is being stopped\n")
            .into_response();
    }
    let (needed, helpful) = tokio::join!(missing(&gateway.readiness), missing(&gateway.helpers));
    if !needed.is_empty() {
        let text = format!("not ready: {}\n", [needed, helpful].concat().join(", "));
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    if !helpful.is_empty() {
        return format!("ok, without {}\n", helpful.join(", ")).into_response();
    }
    "ok\n".into_response()
}

async fn missing(parts: &[(String, Readiness)]) -> Vec<&str> {
    let asked = parts.iter().map(|(name, readiness)| async move {
        let answered = tokio::time::timeout(READINESS_TIME, readiness()).await;
        let error = match answered {
            Ok(Ok(())) => return None,
            Ok(Err(error)) => error,
            Err(_elapsed) => Error::deadline_exceeded(),
        };
        warn!(part = %name, error = %error, "not ready");
        Some(name.as_str())
    });
    join_all(asked).await.into_iter().flatten().collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
