//! What clients see of calls, done and not done.

use std::time::Duration;

use crate::world::{
    FORM, ask, echo::STALE_VERSION, gateway, get, header_of, json_of, limited, request, save, text,
};
use axum::body::Body;
use futures::stream;
use gateway::Limits;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

#[tokio::test]
async fn a_form_save_is_answered_with_json() {
    let response = save(r#"{"seenVersion": 4, "values": []}"#).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header_of(&response, "content-type"), "application/json");
    assert_eq!(header_of(&response, "cache-control"), "no-store");
    assert_eq!(json_of(response).await["version"], 5);
}

#[tokio::test]
async fn a_refusal_is_a_problem_with_code_reason_and_details() {
    let response = save(format!(r#"{{"seenVersion": {STALE_VERSION}}}"#)).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(header_of(&response, "content-type"), "application/problem+json");
    let expected = json!({
        "type": "urn:casebook:problem:STALE_RECORD",
        "title": "Somebody else was first",
        "status": 409,
        "detail": "changed",
        "instance": "urn:casebook:request:made-1",
        "code": "ABORTED",
        "reason": "STALE_RECORD",
        "domain": "casebook",
        "details": [{
            "@type": "casebook.edc.v1.StaleRecord",
            "seenVersion": STALE_VERSION,
            "currentVersion": 100,
            "conflicts": [],
        }],
    });
    assert_eq!(json_of(response).await, expected);
}

#[tokio::test]
async fn a_field_that_cannot_be_accepted_is_named() {
    let response = save(r#"{"seenVersion": 1, "values": [{"vlaue": "1"}]}"#).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let problem = json_of(response).await;
    assert_eq!(problem["code"], "INVALID_ARGUMENT");
    assert_eq!(problem["violations"][0]["field"], "values[0].vlaue");
}

#[tokio::test]
async fn every_kind_of_problem_fits_the_published_schema() {
    let document: Value = serde_json::from_str(contract::OPENAPI).unwrap();
    let schema = &document["components"]["schemas"]["Problem"];
    let problems = [
        save(format!(r#"{{"seenVersion": {STALE_VERSION}}}"#)).await,
        save("{").await,
        get("/v1/studies/INCIDENT").await,
        get("/v1/nowhere").await,
        get("/v1/studies/S/queries").await,
    ];
    for response in problems {
        let problem = json_of(response).await;
        for required in schema["required"].as_array().unwrap() {
            assert!(!problem[required.as_str().unwrap()].is_null(), "{problem} lacks {required}");
        }
        for name in problem.as_object().unwrap().keys() {
            assert!(schema["properties"][name].is_object(), "{name} is not in the schema");
        }
    }
}

#[tokio::test]
async fn a_caller_without_a_permit_is_refused() {
    let response = get("/v1/studies/S/queries").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let problem = json_of(response).await;
    assert_eq!(problem["reason"], "NOT_PERMITTED");
    assert_eq!(problem["metadata"]["act"], "read_data");
}

#[tokio::test]
async fn whoever_shows_no_or_wrong_credentials_is_asked_for_them() {
    let wrong = ["", "Basic", "Basic !!!", "Basic bGkubmE6d3Jvbmc=", "Bearer no", "Digest x"];
    for credentials in wrong {
        let mut request = Request::builder().uri("/v1/studies");
        if !credentials.is_empty() {
            request = request.header(header::AUTHORIZATION, credentials);
        }
        let response = ask(gateway().into_router(), request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{credentials}");
        assert!(header_of(&response, "www-authenticate").starts_with("Basic realm="));
        assert_eq!(json_of(response).await["reason"], "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn a_token_is_as_good_as_a_password() {
    let request = Request::builder().uri("/v1/studies/S");
    let request =
        request.header(header::AUTHORIZATION, "bearer t0ken").body(Body::empty()).unwrap();
    let response = ask(gateway().into_router(), request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(json_of(response).await["studyOid"], "S");
}

#[tokio::test]
async fn a_path_without_a_method_is_not_found_and_another_method_is_named() {
    let response = get("/v1/study").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(json_of(response).await["reason"], "PATH_UNKNOWN");

    for method in ["DELETE", "OPTIONS"] {
        let request = request(method, FORM).body(Body::empty()).unwrap();
        let response = ask(gateway().into_router(), request).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert!(header_of(&response, "allow").contains("GET"), "{method}");
        assert_eq!(json_of(response).await["reason"], "METHOD_NOT_ALLOWED");
    }
}

#[tokio::test]
async fn an_encoded_slash_stays_in_its_value() {
    let response = get("/v1/studies/S%2F%E8%AF%95%E9%AA%8C").await;
    assert_eq!(json_of(response).await["studyOid"], "S/试验");
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let request = request("PUT", FORM).header(header::CONTENT_TYPE, "text/plain");
    let request = request.body(Body::from(r#"{"seenVersion": 0}"#)).unwrap();
    let response = ask(gateway().into_router(), request).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(json_of(response).await["reason"], "CONTENT_TYPE_UNSUPPORTED");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_ends() {
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1000]));
    let router = limited(Limits { body_bytes: 10_000, ..Limits::default() });
    let request = request("PUT", FORM).header(header::CONTENT_TYPE, "application/json");
    let response = ask(router, request.body(Body::from_stream(endless)).unwrap()).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let problem = json_of(response).await;
    assert_eq!(problem["reason"], "BODY_TOO_LARGE");
    assert_eq!(problem["violations"][0]["description"], "the body is larger than 10000 bytes");
}

#[tokio::test]
async fn a_body_in_many_pieces_is_read_whole() {
    let pieces = r#"{"seenVersion": 41}"#.as_bytes().chunks(3).map(Ok::<_, std::io::Error>);
    let body = Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()));
    assert_eq!(json_of(save(body).await).await["version"], 42);
}

#[tokio::test]
async fn an_answer_that_is_not_ready_in_time_is_given_up() {
    let limits = Limits { request_time: Duration::from_millis(20), ..Limits::default() };
    let request = request("GET", "/v1/studies/PENDING").body(Body::empty()).unwrap();
    let response = ask(limited(limits), request).await;
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(json_of(response).await["reason"], "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn an_incident_shows_its_id_and_nothing_else() {
    for study in ["INCIDENT", "PANIC"] {
        let response = get(&format!("/v1/studies/{study}")).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let problem = json_of(response).await;
        assert_eq!(problem["reason"], "INCIDENT");
        assert_eq!(problem["metadata"]["incident"], "made-1");
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_if_it_is_usable() {
    for (given, expected) in [("abc-7", "abc-7"), ("a b", "made-1"), ("<script>", "made-1")] {
        let request = request("GET", "/healthz").header("x-request-id", given);
        let response = ask(gateway().into_router(), request.body(Body::empty()).unwrap()).await;
        assert_eq!(header_of(&response, "x-request-id"), expected);
    }
    let too_long = "7".repeat(129);
    let request = request("GET", "/v1/nowhere").header("x-request-id", too_long);
    let response = ask(gateway().into_router(), request.body(Body::empty()).unwrap()).await;
    assert_eq!(header_of(&response, "x-request-id"), "made-1");
    assert!(text(response).await.contains("urn:casebook:request:made-1"));
}
