//! What describes the interface: the documents, and a page to try it out.

use axum::{
    Router,
    extract::Path,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};

/// Only what this server itself serves is run or loaded; nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const CACHE_ONE_HOUR: &str = "max-age=3600";

pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/api", get(page))
        .route(
            "/api/api.css",
            get(async || file("text/css; charset=utf-8", include_str!("api/api.css"))),
        )
        .route(
            "/api/api.js",
            get(async || file("text/javascript; charset=utf-8", include_str!("api/api.js"))),
        )
        .route("/v1/openapi.json", get(openapi))
        .route("/v1/protos/", get(protos))
        .route("/v1/protos/{*path}", get(proto))
}

async fn page() -> impl IntoResponse {
    let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    ([policy], Html(include_str!("api/api.html")))
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, CACHE_ONE_HOUR)], text)
        .into_response()
}

async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], contract::OPENAPI)
}

/// The paths of all `.proto` files, one on each line.
async fn protos() -> String {
    let paths: Vec<&str> = contract::PROTOS.iter().map(|(path, _)| *path).collect();
    paths.join("\n") + "\n"
}

/// One `.proto` file as it was written.
async fn proto(Path(path): Path<String>) -> Response {
    match contract::PROTOS.iter().find(|(known, _)| *known == path) {
        Some((_, text)) => file("text/plain; charset=utf-8", text),
        None => (StatusCode::NOT_FOUND, "there is no such file\n").into_response(),
    }
}
