//! What comes in through a route arrives in the message, or is refused by name.

use std::future::Future;

use crate::{echo::STALE_VERSION, router::router};
use contract::{
    Caller, Code, Context, Error,
    rest::{Answer, Found, Request, Verb},
};
use futures::StreamExt as _;
use serde_json::{Value, json};

const FORM: &str = "/v1/studies/S/subjects/01-001/events/SE.V1/1/forms/F.VS/1";

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn answer(verb: Verb, uri: &str, body: &str) -> Result<Answer, Error> {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let router = router();
    let Found::Route(route, values) = router.find(verb, path) else {
        panic!("no route for {path}");
    };
    let request = Request {
        path: values,
        query: query.to_owned(),
        content_type: Some("application/json; charset=utf-8".to_owned()),
        body: body.to_owned().into(),
    };
    wait(route.call(Context::new(Caller::system("test"), "api", "r1"), request))
}

fn json_of(answer: Answer) -> Value {
    match answer {
        Answer::Json(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Answer::Stream { .. } => panic!("a stream"),
    }
}

fn get(uri: &str) -> Value {
    json_of(answer(Verb::Get, uri, "").unwrap())
}

/// The fields that are refused.
fn refused(verb: Verb, uri: &str, body: &str) -> Vec<String> {
    let error = answer(verb, uri, body).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    error.violations().iter().map(|violation| violation.field.clone()).collect()
}

#[test]
fn path_values_arrive_decoded_once() {
    let uri = "/v1/studies/S/subjects/A%2FB%253A/events/SE.%E8%AE%BF%E8%A7%86/2/forms/F+1/1";
    let place = &get(uri)["place"];
    assert_eq!(place["subjectKey"], "A/B%3A");
    assert_eq!(place["studyEventOid"], "SE.访视");
    assert_eq!(place["studyEventRepeatKey"], "2");
    assert_eq!(place["formOid"], "F+1");
}

#[test]
fn a_path_that_is_not_utf_8_is_not_guessed() {
    assert!(matches!(router().find(Verb::Get, "/v1/studies/%FF"), Found::BadEncoding));
    assert!(matches!(router().find(Verb::Get, "/v1/studies/%E"), Found::BadEncoding));
}

#[test]
fn an_empty_segment_is_no_value() {
    assert!(matches!(router().find(Verb::Get, "/v1/studies//sites"), Found::Nothing));
}

#[test]
fn a_custom_verb_is_told_from_a_colon_in_a_key() {
    let body = r#"{"enrolmentDate": "2026-01-31"}"#;
    let enrolled = answer(Verb::Post, "/v1/studies/S/subjects/01%3A7:enrol", body).unwrap();
    assert_eq!(json_of(enrolled)["subject"]["subjectKey"], "01:7");
    let found = router();
    let found = found.find(Verb::Post, "/v1/studies/S/subjects/7:enroll");
    assert!(matches!(found, Found::OtherVerbs(verbs) if verbs == [Verb::Get]));
}

#[test]
fn an_additional_binding_fills_the_fields_of_its_own_path() {
    let body = r#"{"seenVersion": 1, "reason": "entered twice"}"#;
    let record = answer(Verb::Post, &format!("{FORM}:remove"), body).unwrap();
    assert_eq!(json_of(record)["version"], 0);
    let row = answer(Verb::Post, &format!("{FORM}/groups/IG.VS/2:remove"), body).unwrap();
    assert_eq!(json_of(row)["version"], 1);
}

#[test]
fn query_parameters_arrive_in_either_spelling() {
    let camel = get("/v1/studies/S/subjects?siteOid=7%2B1&status=enrolled&pageSize=5");
    assert_eq!(camel["nextPageToken"], r#"Some("7+1") Some(3) Some(5) None"#);
    let snake = get("/v1/studies/S/subjects?site_oid=7+1&page_token=x");
    assert_eq!(snake["nextPageToken"], r#"Some("7 1") None None Some("x")"#);
}

#[test]
fn query_parameters_that_cannot_be_right_are_refused_by_name() {
    let refused = |query: &str| refused(Verb::Get, &format!("/v1/studies/S/subjects?{query}"), "");
    assert_eq!(refused("pagesize=5"), ["pagesize"]);
    assert_eq!(refused("pageSize=many"), ["pageSize"]);
    assert_eq!(refused("pageSize="), ["pageSize"]);
    assert_eq!(refused("pageSize=1&page_size=2"), ["pageSize"]);
    assert_eq!(refused("status=STATUS_UNSPECIFIED"), ["status"]);
    assert_eq!(refused("status=2"), ["status"]);
    assert_eq!(refused("siteOid=%FF"), ["siteOid"]);
    assert_eq!(refused("studyOid=S"), ["studyOid"]);
}

#[test]
fn a_form_save_arrives_whole() {
    let body = json!({
        "requestId": "req-1",
        "seenVersion": 0,
        "values": [
            {"itemGroupOid": "IG.VS", "itemGroupRepeatKey": "1", "itemOid": "I.SYSBP", "value": "120"},
            {"item_group_oid": "IG.VS", "item_oid": "I.TEMP", "missing_reason": "NOT_DONE"},
        ],
    });
    let saved = json_of(answer(Verb::Put, FORM, &body.to_string()).unwrap());
    assert_eq!(saved["version"], 1);
    assert_eq!(saved["changes"][1]["place"]["itemOid"], "I.TEMP");
    assert_eq!(saved["openedQueries"], json!([]));
}

#[test]
fn zero_is_not_absent() {
    let zero = answer(Verb::Put, FORM, r#"{"seenVersion": 0}"#).unwrap();
    assert_eq!(json_of(zero)["version"], 1);
    assert_eq!(refused(Verb::Put, FORM, "{}"), ["seenVersion"]);
    assert_eq!(refused(Verb::Put, FORM, r#"{"seenVersion": null}"#), ["seenVersion"]);
}

#[test]
fn every_required_field_that_is_absent_is_named() {
    let body = r#"{"reason": ""}"#;
    let fields = refused(Verb::Post, &format!("{FORM}:remove"), body);
    assert_eq!(fields, ["seenVersion", "reason"]);
}

#[test]
fn what_a_body_must_not_have_is_refused_by_name() {
    let refused = |body: &str| refused(Verb::Put, FORM, body);
    assert_eq!(refused(r#"{"seenVersion": 0, "seenVersoin": 1}"#), ["seenVersoin"]);
    assert_eq!(refused(r#"{"values": [{"itemOid": "I", "vlaue": "1"}]}"#), ["values[0].vlaue"]);
    assert_eq!(refused(r#"{"seenVersion": "many"}"#), ["seenVersion"]);
    assert_eq!(refused(r#"{"values": [{"value": 1.5}]}"#), ["values[0].value"]);
    assert_eq!(refused(r#"{"values": {}}"#), ["values"]);
    assert_eq!(refused(r#"{"seenVersion": 0, "seenVersion": 1}"#), ["seenVersion"]);
    let two_answers = r#"{"values": [{"value": "1", "missingReason": "NOT_DONE"}]}"#;
    assert_eq!(refused(two_answers), ["values[0].missingReason"]);
    assert_eq!(refused(r#"{"values": [{"missingReason": "LOST"}]}"#), ["values[0].missingReason"]);
    assert_eq!(refused(r#"{"seenVersion": 0} {}"#), [""]);
    assert_eq!(refused("[]"), [""]);
    assert_eq!(refused(""), [""]);
}

#[test]
fn a_body_that_contradicts_the_path_is_refused() {
    let body = r#"{"seenVersion": 0, "subjectKey": "01-002"}"#;
    assert_eq!(refused(Verb::Put, FORM, body), ["subjectKey"]);
    let body = r#"{"seenVersion": 0, "subjectKey": "01-001"}"#;
    assert!(answer(Verb::Put, FORM, body).is_ok());
}

#[test]
fn a_query_beside_a_body_and_a_body_on_a_get_are_refused() {
    let uri = format!("{FORM}?reason=x");
    assert_eq!(refused(Verb::Put, &uri, r#"{"seenVersion": 0}"#), ["reason"]);
    assert_eq!(refused(Verb::Get, FORM, "{}"), [""]);
}

#[test]
fn another_content_type_is_refused() {
    let router = router();
    let Found::Route(route, path) = router.find(Verb::Put, FORM) else { panic!("no route") };
    for content_type in [None, Some("application/x-www-form-urlencoded".to_owned())] {
        let body = r#"{"seenVersion": 0}"#.into();
        let request = Request { path: path.clone(), query: String::new(), content_type, body };
        let context = Context::new(Caller::system("test"), "api", "r1");
        let error = wait(route.call(context, request)).unwrap_err();
        assert_eq!(error.reason(), "CONTENT_TYPE_UNSUPPORTED");
        assert_eq!(error.violations()[0].field, "Content-Type");
    }
}

#[test]
fn an_instant_in_a_query_is_read() {
    let uri = "/v1/studies/S/export?format=csv&asOf=2026-01-31T09:30:00Z";
    let Answer::Stream { content_type, pieces } = answer(Verb::Get, uri, "").unwrap() else {
        panic!("not a stream");
    };
    assert_eq!(content_type, "text/csv");
    let pieces: Vec<_> = wait(pieces.collect());
    let text: Vec<u8> = pieces.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(text, b"one\ntwo\n");
    assert_eq!(refused(Verb::Get, "/v1/studies/S/export?asOf=yesterday", ""), ["asOf"]);
}

#[test]
fn an_error_before_the_first_piece_is_an_ordinary_error() {
    let error = answer(Verb::Get, "/v1/studies/S/export?format=json", "").unwrap_err();
    assert_eq!(error.reason(), "BROKEN");
}

#[test]
fn the_details_of_a_refusal_are_the_message() {
    let body = format!(r#"{{"seenVersion": {STALE_VERSION}}}"#);
    let error = answer(Verb::Put, FORM, &body).unwrap_err();
    let detail = error.detail().unwrap();
    assert_eq!(detail.type_name, "casebook.edc.v1.StaleRecord");
    assert_eq!(detail.json["currentVersion"], 100);
}
