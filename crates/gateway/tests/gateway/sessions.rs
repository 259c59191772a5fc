//! Sessions of browsers, the form for tokens, and what is told about refusals.

use std::sync::{Arc, Mutex};

use crate::world::{BASIC, FORM, ask, gateway, header_of, json_of};
use async_trait::async_trait;
use axum::{Router, body::Body};
use contract::{
    AccessJournal, Act, Error, Scope,
    rest::{Answer, Route, Verb},
};
use futures::FutureExt as _;
use gateway::Cookies;
use http::{Request, Response, StatusCode, header};

fn method(name: &str) -> String {
    format!("casebook.identity.v1.Identity/{name}")
}

/// Answers like a service that opens and closes sessions and issues tokens.
fn routes() -> Vec<Route<()>> {
    vec![
        Route {
            verb: Verb::Post,
            template: "/v1/sessions",
            method: "casebook.identity.v1.Identity/LogIn",
            call: |_, context, _| {
                assert_eq!(context.caller.user, "", "nobody has proven anything yet");
                let answer = r#"{"token":"t0ken","user":{"username":"li.na"}}"#;
                async move { Ok(Answer::Json(answer.into())) }.boxed()
            },
        },
        Route {
            verb: Verb::Post,
            template: "/v1/sessions:logOut",
            method: "casebook.identity.v1.Identity/LogOut",
            call: |_, context, _| {
                assert_eq!(context.origin, "web");
                async { Ok(Answer::Json("{}".into())) }.boxed()
            },
        },
        Route {
            verb: Verb::Post,
            template: "/v1/oauth/token",
            method: "casebook.identity.v1.Identity/IssueToken",
            call: |_, _, request| {
                async move {
                    let asked: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                    if asked["clientSecret"] != "s+cret" {
                        let code = contract::Code::Unauthenticated;
                        return Err(Error::new(code, "INVALID_CLIENT", "unknown client"));
                    }
                    if asked["grantType"] != "client_credentials" {
                        return Err(Error::invalid("grantType", "not offered"));
                    }
                    let answer = r#"{"accessToken":"cba_1","tokenType":"Bearer","expiresIn":600}"#;
                    Ok(Answer::Json(answer.into()))
                }
                .boxed()
            },
        },
        Route {
            verb: Verb::Get,
            template: "/v1/refused",
            method: "test.Refused/Get",
            call: |_, _, _| {
                let scope = Scope::at_site("S", "701");
                async move { Err(Error::not_permitted(Act::LockData, &scope)) }.boxed()
            },
        },
    ]
}

fn router(secure: bool) -> Router {
    let cookies = Cookies {
        secure,
        lasts_seconds: 60,
        opened_by: vec![(method("LogIn"), "/token".to_owned())],
        closed_by: vec![method("LogOut")],
    };
    gateway().with_cookies(cookies).mount("Test", routes(), &Arc::new(())).into_router()
}

fn post(uri: &str) -> http::request::Builder {
    Request::builder().method("POST").uri(uri).header(header::HOST, "casebook.example")
}

async fn send(secure: bool, request: http::request::Builder) -> Response<Body> {
    ask(router(secure), request.body(Body::empty()).unwrap()).await
}

async fn save_with(headers: &[(&str, &str)]) -> StatusCode {
    let request =
        Request::builder().method("PUT").uri(FORM).header(header::HOST, "casebook.example");
    let request = headers.iter().fold(request, |r, (name, value)| r.header(*name, *value));
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let body = Body::from(r#"{"seenVersion": 41}"#);
    ask(router(false), request.body(body).unwrap()).await.status()
}

#[tokio::test]
async fn a_log_in_that_asks_for_it_sets_a_cookie_and_shows_no_token() {
    let request = post("/v1/sessions").header("x-casebook-session", "cookie");
    let response = send(true, request).await;
    let cookie = header_of(&response, "set-cookie").to_owned();
    let expected = "__Host-casebook=t0ken; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure";
    assert_eq!(cookie, expected);
    let answer = json_of(response).await;
    assert_eq!(
        (answer["token"].as_str(), answer["user"]["username"].as_str()),
        (Some(""), Some("li.na"))
    );

    let plain = send(true, post("/v1/sessions")).await;
    assert_eq!(header_of(&plain, "set-cookie"), "");
    assert_eq!(json_of(plain).await["token"], "t0ken");
    let without_tls =
        send(false, post("/v1/sessions").header("x-casebook-session", "cookie")).await;
    assert!(!header_of(&without_tls, "set-cookie").contains("Secure"));
}

#[tokio::test]
async fn a_cookie_reads_and_a_page_of_ours_may_also_write() {
    let read = Request::builder().uri("/v1/studies/S").header("cookie", "a=b; casebook=t0ken");
    assert_eq!(send(false, read).await.status(), StatusCode::OK);
    let cookie = ("cookie", "casebook=t0ken");
    assert_eq!(save_with(&[cookie, ("x-casebook-csrf", "1")]).await, StatusCode::OK);
    let ours = ("origin", "https://casebook.example");
    assert_eq!(save_with(&[cookie, ours]).await, StatusCode::OK);
}

#[tokio::test]
async fn a_page_of_another_site_writes_nothing_with_the_cookie() {
    let cookie = ("cookie", "casebook=t0ken");
    assert_eq!(save_with(&[cookie]).await, StatusCode::FORBIDDEN);
    for origin in ["https://evil.example", "null", "https://casebook.example.evil.example"] {
        let status = save_with(&[cookie, ("origin", origin), ("x-casebook-csrf", "1")]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
    }
    let header = ("authorization", BASIC);
    assert_eq!(save_with(&[header]).await, StatusCode::OK, "no browser sends this by itself");
    assert_eq!(save_with(&[("cookie", "casebook=forged")]).await, StatusCode::FORBIDDEN);
    let forged = [("cookie", "casebook=forged"), ("x-casebook-csrf", "1")];
    assert_eq!(save_with(&forged).await, StatusCode::UNAUTHORIZED);
    assert_eq!(save_with(&[("cookie", "other=t0ken")]).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_old_cookie_does_not_keep_from_logging_in_and_a_log_out_takes_it_away() {
    let old = post("/v1/sessions").header("cookie", "casebook=old");
    assert_eq!(send(false, old).await.status(), StatusCode::OK);
    let out = post("/v1/sessions:logOut").header("cookie", "casebook=t0ken");
    let response = send(false, out.header("x-casebook-csrf", "1")).await;
    assert!(header_of(&response, "set-cookie").starts_with("casebook=; "));
    assert!(header_of(&response, "set-cookie").contains("Max-Age=0"));
}

async fn token(form: &str, authorization: Option<&str>) -> (StatusCode, serde_json::Value) {
    let request =
        post("/oauth/token").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = match authorization {
        Some(value) => request.header(header::AUTHORIZATION, value),
        None => request,
    };
    let response = ask(router(true), request.body(Body::from(form.to_owned())).unwrap()).await;
    (response.status(), json_of(response).await)
}

#[tokio::test]
async fn a_token_is_issued_for_a_form_as_the_standard_says() {
    let form = "grant_type=client_credentials&client_id=robot&client_secret=s%2Bcret";
    let (status, answer) = token(form, None).await;
    let expected =
        serde_json::json!({"access_token": "cba_1", "token_type": "Bearer", "expires_in": 600});
    assert_eq!((status, answer), (StatusCode::OK, expected));
    // robot:s%2Bcret
    let basic = Some("Basic cm9ib3Q6cyUyQmNyZXQ=");
    assert_eq!(token("grant_type=client_credentials", basic).await.0, StatusCode::OK);

    let wrong = "grant_type=client_credentials&client_id=robot&client_secret=other";
    let refused = token(wrong, None).await;
    assert_eq!(
        (refused.0, &refused.1["error"]),
        (StatusCode::UNAUTHORIZED, &"invalid_client".into())
    );
    let password = form.replace("client_credentials", "password");
    assert_eq!(token(&password, None).await.1["error"], "unsupported_grant_type");
    let twice = format!("{form}&client_id=other");
    assert_eq!(token(&twice, None).await.1["error"], "invalid_request");
    assert_eq!(token(form, basic).await.1["error"], "invalid_request");
}

#[derive(Default)]
struct Told(Mutex<Vec<String>>);

#[async_trait]
impl AccessJournal for Told {
    async fn refused(&self, user: &str, error: &Error) {
        let place = &error.metadata()["site"];
        self.0.lock().unwrap().push(format!("{user} {} {place}", error.metadata()["act"]));
    }
}

#[tokio::test]
async fn a_caller_who_is_refused_is_told_to_the_journal() {
    let told = Arc::new(Told::default());
    let router = gateway()
        .with_access_journal(Arc::clone(&told) as Arc<dyn AccessJournal>)
        .mount("Test", routes(), &Arc::new(()))
        .into_router();
    let request = Request::builder().uri("/v1/refused").header(header::AUTHORIZATION, BASIC);
    let response = ask(router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(*told.0.lock().unwrap(), ["li.na lock_data 701"]);
}
