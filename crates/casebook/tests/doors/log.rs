//! Values, names, passwords, tokens, keys and bodies are sent through every door, with success and
//! without, while the program says all that it can say. None of them may be in it.

use std::net::SocketAddr;

use contract::edc::v1::{ItemEntry, SaveFormRequest, item_entry::Entry};
use serde_json::{Value, json};

use crate::{
    client::{ADMIN, ADMIN_FULL_NAME, House, basic, call, send, stop},
    study::{FORM, GROUP, PASSWORD, STUDY, USER, event, item, subject},
};

const NUMBER: &str = "739184652";
const WORDS: &str = "thought-disorder-planted";
const BODY: &str = "planted-in-a-broken-body";
const WRONG_PASSWORD: &str = "planted-wrong-password-4711";
const WRONG_TOKEN: &str = "cbs_0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de";

fn record() -> String {
    format!("/v1/studies/{STUDY}/subjects/{}/events/{}/1/forms/{FORM}/1", subject(0), event(0))
}

fn values(text: &str, request: &str) -> Value {
    let value = json!({
        "itemGroupOid": GROUP, "itemGroupRepeatKey": "1", "itemOid": item(1), "value": text,
    });
    json!({ "seenVersion": 0, "requestId": request, "values": [value] })
}

/// Saves and reads a record, and tries what is refused.
async fn enter(to: SocketAddr, coordinator: &str) {
    let headers = [("authorization", coordinator)];
    let put = async |body: String| send(to, ("PUT", &record()), &headers, body).await;
    let saved = put(values(NUMBER, "r1").to_string()).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let invalid = put(values(WORDS, "r2").to_string()).await;
    assert!((400..500).contains(&invalid.status), "{}", invalid.body);
    let broken = put(format!(r#"{{"seenVersion": 1, "{BODY}": [{BODY}"#)).await;
    assert_eq!(broken.status, 400);
    let large = put(format!(r#"{{"reason": "{}"}}"#, BODY.repeat(300_000))).await;
    assert_eq!(large.status, 413);
    assert_eq!(send(to, ("GET", &record()), &headers, "").await.status, 200);
}

/// Logs in, makes an API key and uses both; the token of the session, and the key.
async fn prove(to: SocketAddr) -> (String, String) {
    let log_in = |password: &str| json!({ "username": ADMIN, "password": password }).to_string();
    let refused = send(to, ("POST", "/v1/sessions"), &[], log_in(WRONG_PASSWORD)).await;
    assert_eq!(refused.status, 401, "{}", refused.body);
    let opened = send(to, ("POST", "/api/user/login"), &[], log_in(PASSWORD)).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    let session = opened.body["token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {session}");
    let headers = [("authorization", bearer.as_str())];
    let named = send(to, ("GET", &format!("/v1/users/{ADMIN}")), &headers, "").await;
    assert!(named.body.to_string().contains(ADMIN_FULL_NAME), "{}", named.body);
    let made = send(to, ("POST", "/v1/apiKeys"), &headers, r#"{"label": "nightly"}"#).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let key = made.body["key"].as_str().unwrap().to_owned();
    for (token, expected) in [(key.as_str(), 200), (WRONG_TOKEN, 401)] {
        let shown = format!("Bearer {token}");
        let listed = send(to, ("GET", "/v1/users"), &[("authorization", &shown)], "").await;
        assert_eq!(listed.status, expected, "{}", listed.body);
    }
    (session, key)
}

/// Tries to save over gRPC.
async fn save_over_grpc(to: SocketAddr, token: &str) {
    let entry = Some(Entry::Value(WORDS.to_owned()));
    let save = SaveFormRequest {
        study_oid: STUDY.to_owned(),
        subject_key: subject(0),
        study_event_oid: event(0),
        form_oid: FORM.to_owned(),
        seen_version: Some(1),
        values: vec![ItemEntry { item_oid: item(1), entry, ..ItemEntry::default() }],
        ..SaveFormRequest::default()
    };
    let (headers, _) = call(to, "/casebook.edc.v1.Edc/SaveForm", token, &save).await;
    assert!(headers.contains_key("grpc-status"), "it is refused");
}

#[tokio::test]
async fn nothing_that_somebody_entered_or_proved_himself_with_is_in_the_log() {
    let house = House::new().await;
    let server = house.serve("trace", &[]);
    let coordinator = basic(USER);
    enter(server.address, &coordinator).await;
    let (session, key) = prove(server.address).await;
    for token in [&session, &key, WRONG_TOKEN] {
        save_over_grpc(server.address, token).await;
    }
    stop(server);

    let log = house.log();
    assert!(log.contains("TRACE") && log.contains("answered"), "it says all that it can");
    let basic_credentials = coordinator.trim_start_matches("Basic ");
    let secrets = [PASSWORD, ADMIN_FULL_NAME, &session, &key, basic_credentials];
    for secret in secrets.into_iter().chain([NUMBER, WORDS, BODY, WRONG_PASSWORD, WRONG_TOKEN]) {
        if let Some(place) = log.find(secret) {
            let line = log[..place].rfind('\n').map_or(0, |end| end + 1);
            panic!("the log has {secret}: {}", log[line..].lines().next().unwrap());
        }
    }
}
