//! The web workspace: the pages, scripts and styles that were built into the program.
//!
//! Files under `assets` have their hash in their name and never change; the page that names them is
//! asked for anew each time. Every other address that a browser opens is a screen of the workspace
//! and gets that same page.

use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rust_embed::RustEmbed;

/// Nothing inline, nothing evaluated, nothing from or to another host; kept in step with
/// `web/vite.config.ts`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: \
                      blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action \
                      'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";
const PAGE: &str = "index.html";
/// Addresses under which programs call; nobody opens them as a screen.
const DOORS: [&str; 3] = ["/v1/", "/api", "/oauth"];

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/web"]
struct Built;

pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/assets/{*path}", get(asset))
        .route("/icon.svg", get(async |headers: HeaderMap| found("icon.svg", &headers, ASK_AGAIN)))
}

/// The page of the workspace, if it was built.
pub(crate) fn page(headers: &HeaderMap) -> Option<Response> {
    Built::get(PAGE)?;
    let mut response = found(PAGE, headers, ASK_AGAIN);
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Some(response)
}

/// The page, where a browser opens an address at which nothing else is.
pub(crate) fn screen(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let is_opened =
        method == Method::GET && accepted.is_some_and(|kinds| kinds.contains("text/html"));
    let is_door = DOORS.iter().any(|door| uri.path().starts_with(door));
    if is_opened && !is_door { page(headers) } else { None }
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    found(&format!("assets/{path}"), &headers, FOR_EVER)
}

/// A file in the smallest form that the browser takes.
fn found(path: &str, headers: &HeaderMap, cached: &'static str) -> Response {
    let takes = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let takes = takes.unwrap_or_default();
    let forms = [("br", ".br"), ("gzip", ".gz"), ("", "")];
    let mut fitting = forms.iter().filter(|(name, _)| takes.contains(name));
    let form = fitting.find_map(|(name, end)| Some((name, Built::get(&format!("{path}{end}"))?)));
    let Some((encoding, file)) = form else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !encoding.is_empty() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
