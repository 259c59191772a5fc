//! A remote before a server, without a socket between them: what one says the other hears.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::echo::{Echo, STALE_VERSION};
use async_trait::async_trait;
use contract::{
    Authentication, Authenticator, Caller, CallerTokens, Code, Context, Credentials, Error, Grant,
    Role, Trace,
    edc::v1::{
        Edc, ExportStudyRequest, GetStudyRequest, ListQueriesRequest, ListSubjectsRequest,
        SaveFormRequest, StaleRecord,
        export_study_request::Format,
        grpc::{EdcRemote, doors},
    },
    grpc::{self, Admission, Limits, Server, metadata},
};
use futures::StreamExt as _;
use http::{HeaderMap, Request};
use tower::ServiceExt as _;

/// Names callers in the clear: who may sign is not what is tested here.
struct InTheClear;

impl CallerTokens for InTheClear {
    fn mint(&self, caller: &Caller, service: &str, _: &str) -> Result<String, Error> {
        let json = serde_json::to_vec(caller).unwrap();
        let hexadecimal: Vec<String> = json.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{service} {}", hexadecimal.concat()))
    }

    fn verify(&self, token: &str, service: &str) -> Result<Caller, Error> {
        let hexadecimal = token.strip_prefix(service).unwrap_or_default().trim().as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        let json: Vec<u8> = hexadecimal.chunks(2).map(byte).collect();
        let claims = serde_json::from_slice(&json).ok();
        claims.ok_or_else(|| Error::unauthenticated("the token is not accepted"))
    }
}

/// Knows one monitor by a token.
struct OneMonitor;

#[async_trait]
impl Authenticator for OneMonitor {
    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, Error> {
        match credentials {
            Credentials::Token(token) if token == "t0ken" => Ok(caller()),
            _ => Err(Error::unauthenticated("not known")),
        }
    }
}

fn caller() -> Caller {
    let grant = Grant { role: Role::Monitor, study: Some("S".to_owned()), site: None };
    Caller {
        on_behalf_of: Some("someone".to_owned()),
        ..Caller::new("李娜", Authentication::Token, vec![grant])
    }
}

fn context() -> Context {
    Context::new(caller(), "epro", "call-1")
}

fn server(limits: Limits) -> Server {
    let service: Arc<dyn Edc> = Arc::new(Echo);
    let admission =
        Admission::default().of_services(Arc::new(InTheClear)).of_clients(Arc::new(OneMonitor));
    Server::new(admission, limits, || "made-1".to_owned()).mount(doors(), &service)
}

fn remote() -> EdcRemote {
    EdcRemote::new(grpc::channel(server(Limits::default())), Arc::new(InTheClear))
}

fn save(seen_version: i32) -> SaveFormRequest {
    let seen_version = Some(seen_version);
    SaveFormRequest { study_oid: "S".to_owned(), seen_version, ..SaveFormRequest::default() }
}

fn study(oid: &str) -> GetStudyRequest {
    GetStudyRequest { study_oid: oid.to_owned(), ..GetStudyRequest::default() }
}

#[tokio::test]
async fn a_call_and_its_answer_arrive_whole() {
    assert_eq!(remote().save_form(&context(), save(0)).await.unwrap().version, 1);
    let listed = remote().list_subjects(&context(), ListSubjectsRequest::default()).await.unwrap();
    assert_eq!(listed.next_page_token.as_deref(), Some("None None None None"));
}

#[tokio::test]
async fn a_refusal_is_the_same_from_here_and_from_elsewhere() {
    let direct = Echo.save_form(&context(), save(STALE_VERSION)).await.unwrap_err();
    let remote = remote().save_form(&context(), save(STALE_VERSION)).await.unwrap_err();
    assert_eq!(remote, direct);
    let detail: StaleRecord =
        serde_json::from_value(remote.detail().unwrap().json.clone()).unwrap();
    assert_eq!(detail.current_version, 100);

    let elsewhere = ListQueriesRequest { study_oid: "T".to_owned(), ..Default::default() };
    let direct = Echo.list_queries(&context(), elsewhere.clone()).await.unwrap_err();
    assert_eq!(self::remote().list_queries(&context(), elsewhere).await.unwrap_err(), direct);
    assert_eq!(direct.metadata()["study"], "T");
}

#[tokio::test]
async fn an_incident_is_not_told() {
    for oid in ["INCIDENT", "PANIC"] {
        let error = remote().get_study(&context(), study(oid)).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::Internal, "INCIDENT"), "{oid}");
        assert_eq!(error.metadata()["incident"], "call-1");
        assert!(!error.to_string().contains("/var"), "{error}");
    }
}

#[tokio::test]
async fn pieces_arrive_and_a_break_is_told_from_an_end() {
    let export = |format: Format| ExportStudyRequest {
        format: format.into(),
        ..ExportStudyRequest::default()
    };
    let whole = remote().export_study(&context(), export(Format::Csv)).await.unwrap();
    let whole: Vec<_> = whole.map(|piece| piece.unwrap().data).collect().await;
    assert_eq!(whole.concat(), b"one\ntwo\n");

    let mut broken = remote().export_study(&context(), export(Format::Ndjson)).await.unwrap();
    assert_eq!(broken.next().await.unwrap().unwrap().data, b"one\n");
    assert_eq!(broken.next().await.unwrap().unwrap_err().reason(), "INCIDENT");
    assert!(broken.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_kept_on_both_sides() {
    let begun = tokio::time::Instant::now();
    let deadline = Instant::now() + Duration::from_secs(2);
    let late = remote().get_study(&context().with_deadline(deadline), study("PENDING")).await;
    assert_eq!(late.unwrap_err().code(), Code::DeadlineExceeded);
    assert!(begun.elapsed() <= Duration::from_secs(3), "{:?}", begun.elapsed());

    // A client that waits for ever is answered, too.
    let late = remote().get_study(&context(), study("PENDING")).await.unwrap_err();
    assert_eq!(late.reason(), "DEADLINE_EXCEEDED");
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_call_without_time_is_not_begun() {
    let nowhere = tower::service_fn(|_| async {
        Err::<http::Response<tonic::body::Body>, _>(std::io::Error::other("it was begun"))
    });
    let remote = EdcRemote::new(grpc::channel(nowhere), Arc::new(InTheClear));
    let late = remote.get_study(&context().with_deadline(Instant::now()), study("S")).await;
    assert_eq!(late.unwrap_err().code(), Code::DeadlineExceeded);
    let lost = remote.get_study(&context(), study("S")).await.unwrap_err();
    assert_eq!(lost.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_refusal_of_the_channel_is_what_the_caller_sees() {
    let open = tower::service_fn(|_| async {
        let error = Error::unavailable("the breaker is open").with_metadata("breaker", "open");
        Err::<http::Response<tonic::body::Body>, _>(error)
    });
    let remote = EdcRemote::new(grpc::channel(open), Arc::new(InTheClear));
    let refused = remote.get_study(&context(), study("S")).await.unwrap_err();
    assert_eq!(refused.metadata()["breaker"], "open");
}

/// The headers of a call as they leave.
async fn sent(context: &Context, request: SaveFormRequest) -> HeaderMap {
    let seen = Arc::new(Mutex::new(HeaderMap::new()));
    let (kept, server) = (seen.clone(), server(Limits::default()));
    let watching = tower::service_fn(move |request: Request<tonic::body::Body>| {
        *kept.lock().unwrap() = request.headers().clone();
        server.clone().oneshot(request)
    });
    let remote = EdcRemote::new(grpc::channel(watching), Arc::new(InTheClear));
    remote.save_form(context, request).await.unwrap();
    seen.lock().unwrap().clone()
}

#[tokio::test]
async fn the_circumstances_of_a_call_travel_with_it() {
    let trace: Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    let context = context().with_trace(Some(trace)).with_deadline(deadline);
    let headers = sent(&context, save(0)).await;
    assert_eq!(headers[metadata::TRACE], trace.to_string());
    assert_eq!(headers[metadata::REQUEST_ID], "call-1");
    assert_eq!(headers[metadata::ORIGIN], "epro");
    assert!(headers[metadata::CALLER].is_sensitive());
    let left = headers[metadata::TIMEOUT].to_str().unwrap().trim_end_matches('u');
    assert!((4_000_000..=5_000_000).contains(&left.parse().unwrap()), "{left}");
    assert!(!headers.contains_key(metadata::REPEAT));
    let named = SaveFormRequest { request_id: Some("req-1".to_owned()), ..save(0) };
    assert_eq!(sent(&context, named).await[metadata::REPEAT], "safe");
}

/// What a call with these headers is refused with; nothing when it is let in.
async fn admitted(headers: &[(&str, &str)]) -> Option<String> {
    let request = headers
        .iter()
        .fold(Request::post("/casebook.edc.v1.Edc/ListQueries"), |r, h| r.header(h.0, h.1));
    let body = tonic::body::Body::new(http_body_util::Full::new(bytes::Bytes::from_static(&[
        0, 0, 0, 0, 3, 10, 1, b'S',
    ])));
    let request = request.header("content-type", "application/grpc").body(body).unwrap();
    let answered = server(Limits::default()).answer(request).await;
    let status = tonic::Status::from_header_map(answered.headers())?;
    Some(format!("{:?}", status.code()))
}

#[tokio::test]
async fn nobody_comes_in_without_showing_who_he_is() {
    let own = InTheClear.mint(&caller(), "casebook.edc.v1.Edc", "").unwrap();
    let other = InTheClear.mint(&caller(), "casebook.identity.v1.Identity", "").unwrap();
    let nobody = InTheClear.mint(&Caller::anonymous(), "casebook.edc.v1.Edc", "").unwrap();
    assert_eq!(admitted(&[("authorization", "Bearer t0ken")]).await, None);
    assert_eq!(admitted(&[("x-casebook-caller", &own)]).await, None);
    let refused = [
        vec![],
        vec![("authorization", "Bearer wrong")],
        vec![("authorization", "Basic bGkubmE6cGx1bQ==")],
        vec![("authorization", "Bearer t0ken"), ("authorization", "Bearer t0ken")],
        vec![("x-casebook-caller", "forged")],
        vec![("x-casebook-caller", &other)],
        vec![("x-casebook-caller", &nobody)],
        vec![("x-casebook-caller", &own), ("authorization", "Bearer t0ken")],
    ];
    for headers in refused {
        let answer = admitted(&headers).await;
        assert_eq!(answer.as_deref(), Some("Unauthenticated"), "{headers:?}");
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let limits = Limits { message_bytes: 1000, ..Limits::default() };
    let remote = EdcRemote::new(grpc::channel(server(limits)), Arc::new(InTheClear));
    let large = SaveFormRequest { reason: Some("x".repeat(2000)), ..save(0) };
    let refused = remote.save_form(&context(), large).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
    assert_eq!(remote.save_form(&context(), save(0)).await.unwrap().version, 1);
}

#[tokio::test]
async fn a_method_that_is_not_offered_is_unimplemented() {
    let empty = Server::new(Admission::default(), Limits::default(), String::new);
    let remote = EdcRemote::new(grpc::channel(empty), Arc::new(InTheClear));
    let refused = remote.get_study(&context(), study("S")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
}
