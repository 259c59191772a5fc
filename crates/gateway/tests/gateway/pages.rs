//! What is answered without a service and without credentials.

use std::sync::Arc;

use crate::world::{ask, gateway, header_of, text};
use axum::{Router, body::Body};
use contract::Error;
use futures::FutureExt as _;
use http::{Request, Response, StatusCode};

async fn open(router: Router, uri: &str) -> Response<Body> {
    ask(router, Request::builder().uri(uri).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_start_page_says_what_runs_and_links_what_is_there() {
    let response = open(gateway().into_router(), "/about").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header_of(&response, "content-type"), "text/html; charset=utf-8");
    let page = text(response).await;
    assert!(page.contains("<li>Edc (") && page.contains(env!("CARGO_PKG_VERSION")));
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains('{'));
    let links = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    for link in links {
        let status = open(gateway().into_router(), link).await.status();
        assert!(matches!(status.as_u16(), 200 | 401), "{link} answers {status}");
    }
}

#[tokio::test]
async fn a_browser_that_opens_a_screen_gets_the_workspace_or_what_runs() {
    let start = open(gateway().into_router(), "/").await;
    assert_eq!(start.status(), StatusCode::OK);
    let has_workspace = text(start).await.contains("<script type=\"module\"");
    let opened = |uri: &str| {
        let request = Request::builder().uri(uri).header("accept", "text/html,*/*");
        ask(gateway().into_router(), request.body(Body::empty()).unwrap())
    };
    let screen = opened("/s/CDISCPILOT01/matrix").await;
    assert_eq!(screen.status() == StatusCode::OK, has_workspace);
    assert!(header_of(&screen, "content-type").contains(if has_workspace {
        "html"
    } else {
        "json"
    }));
    for door in ["/v1/nowhere", "/api/nowhere"] {
        let answer = opened(door).await;
        assert_eq!(header_of(&answer, "content-type"), "application/problem+json", "{door}");
    }
}

#[tokio::test]
async fn the_workspace_is_compressed_kept_by_hash_and_has_nothing_inline() {
    let page = text(open(gateway().into_router(), "/").await).await;
    let Some((_, rest)) = page.split_once("src=\"/assets/") else {
        // Built without the workspace: what runs is shown instead.
        assert!(page.contains("/about") || page.contains("Casebook"));
        return;
    };
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("http"));
    let script = format!("/assets/{}", rest.split('"').next().unwrap());
    for (takes, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("", "")] {
        let request = Request::builder().uri(&script).header("accept-encoding", takes);
        let file = ask(gateway().into_router(), request.body(Body::empty()).unwrap()).await;
        assert_eq!(file.status(), StatusCode::OK);
        assert!(header_of(&file, "cache-control").contains("immutable"));
        assert!(header_of(&file, "content-type").starts_with("text/javascript"));
        assert_eq!(header_of(&file, "content-encoding"), encoding);
    }
    let start = open(gateway().into_router(), "/").await;
    assert_eq!(header_of(&start, "cache-control"), "no-cache");
    assert!(header_of(&start, "content-security-policy").contains("script-src 'self'"));
}

#[tokio::test]
async fn a_page_of_ours_is_not_challenged_for_a_password_by_the_browser() {
    let request = Request::builder().uri("/v1/studies").header("x-casebook-csrf", "1");
    let response = ask(gateway().into_router(), request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(header_of(&response, "www-authenticate").starts_with("Session "));
}

#[tokio::test]
async fn every_answer_tells_browsers_to_trust_nothing() {
    for uri in [
        "/",
        "/api",
        "/api/api.js",
        "/v1/protos/",
        "/healthz",
        "/v1/openapi.json",
        "/v1/studies",
        "/nowhere",
    ] {
        let response = open(gateway().into_router(), uri).await;
        let policy = header_of(&response, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{uri}");
        assert!(!policy.contains("unsafe"), "{uri}");
        assert_eq!(header_of(&response, "x-content-type-options"), "nosniff", "{uri}");
        assert_eq!(header_of(&response, "x-frame-options"), "DENY", "{uri}");
        assert_eq!(header_of(&response, "referrer-policy"), "no-referrer", "{uri}");
        assert!(!header_of(&response, "x-request-id").is_empty(), "{uri}");
        assert!(!header_of(&response, "cache-control").is_empty(), "{uri}");
    }
}

#[tokio::test]
async fn the_openapi_document_is_served_as_it_was_built() {
    let response = open(gateway().into_router(), "/v1/openapi.json").await;
    assert!(header_of(&response, "content-type").starts_with("application/vnd.oai.openapi+json"));
    assert_eq!(text(response).await, contract::OPENAPI);
}

#[tokio::test]
async fn readiness_asks_every_part_and_names_the_one_that_is_not() {
    let ready = |name: &str, is_ready: bool| {
        gateway().ready_when("clock", Arc::new(|| async { Ok(()) }.boxed())).ready_when(
            name,
            Arc::new(move || {
                let state = if is_ready { Ok(()) } else { Err(Error::unavailable("no disk")) };
                async { state }.boxed()
            }),
        )
    };
    let response = open(ready("store", true).into_router(), "/readyz").await;
    assert_eq!(response.status(), StatusCode::OK);
    let router = ready("store", false).into_router();
    let response = open(router.clone(), "/readyz").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(response).await, "not ready: store\n");
    assert_eq!(open(router, "/healthz").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_proto_files_are_served_as_they_were_written() {
    let list = text(open(gateway().into_router(), "/v1/protos/").await).await;
    assert!(list.lines().any(|path| path == "casebook/edc/v1/edc.proto"), "{list}");
    for path in list.lines() {
        let response = open(gateway().into_router(), &format!("/v1/protos/{path}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(text(response).await.contains("syntax = \"proto3\";"), "{path}");
    }
    let other = open(gateway().into_router(), "/v1/protos/casebook/edc/v1/../edc.proto").await;
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_api_page_loads_from_this_server_only_and_has_nothing_inline() {
    let response = open(gateway().into_router(), "/api").await;
    let policy = header_of(&response, "content-security-policy").to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let page = text(response).await;
    assert!(!page.contains("style=") && !page.contains("onclick") && !page.contains("http"));
    assert!(!page.contains("<script>") && !page.contains("<style"));
    for file in ["/api/api.js", "/api/api.css"] {
        assert!(page.contains(file));
        let response = open(gateway().into_router(), file).await;
        assert_eq!(response.status(), StatusCode::OK);
        let text = text(response).await;
        assert!(!text.contains("innerHTML") && !text.contains("eval(") && !text.contains("http"));
    }
}
