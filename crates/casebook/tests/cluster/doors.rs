//! What a service's door believes: tokens of services that it trusts, for itself, for a short time.

use std::net::SocketAddr;

use bytes::Bytes;
use contract::{Caller, Role};
use ed25519_dalek::SigningKey;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use jiff::{SignedDuration, Timestamp};
use mesh::caller_token::Issuer;
use testkit::wire::channel_to;
use tonic::body::Body;
use tower::ServiceExt as _;

use crate::world::{World, fetch, read};

const LIFETIME: SignedDuration = SignedDuration::from_secs(30);
const EDC: &str = "casebook.edc.v1.Edc";
const IDENTITY: &str = "casebook.identity.v1.Identity";
const LIST: &str = "/casebook.edc.v1.Edc/ListStudies";
const OK: i32 = 0;
const UNAUTHENTICATED: i32 = 16;

/// Somebody who may sign, and when he does.
struct Signs {
    issuer: Issuer,
    at: Timestamp,
}

impl Signs {
    fn new(name: &str, key: SigningKey) -> Self {
        Self { issuer: Issuer::new(name, key, LIFETIME), at: testkit_now() }
    }

    fn shifted(mut self, seconds: i64) -> Self {
        self.at += SignedDuration::from_secs(seconds);
        self
    }

    fn token(&self, audience: &str) -> String {
        let grant = contract::Grant { role: Role::Auditor, study: None, site: None };
        let mut caller = Caller::system("tests");
        caller.grants.push(grant);
        let caller = minicbor_serde::to_vec(&caller).unwrap();
        self.issuer.issue(audience, &caller, "", self.at)
    }
}

#[expect(clippy::disallowed_methods, reason = "the processes have the real clock")]
fn testkit_now() -> Timestamp {
    Timestamp::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_believes_nobody_but_a_trusted_service_that_speaks_to_it_now() {
    let world = World::new().await;
    let parts = world.start_all().await;
    let (edc, identity) = (parts.edc.address, parts.identity.address);
    let key: [u8; 32] = read(&world.folder.path().join("cluster.key")).try_into().unwrap();
    let key = || SigningKey::from_bytes(&key);
    let ours = || Signs::new("casebook", key());
    let service = |token: &str| vec![("x-casebook-caller", token.to_owned())];

    let good = ours().token(EDC);
    assert_eq!(status(edc, LIST, &service(&good)).await, OK);
    assert_eq!(status(edc, LIST, &[]).await, UNAUTHENTICATED);
    let mut forged = good.clone().into_bytes();
    let middle = forged.len() / 2;
    forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
    let bad = [
        ("forged", String::from_utf8(forged).unwrap()),
        ("cut short", good[..good.len() - 4].to_owned()),
        ("nothing", String::new()),
        ("of another key", Signs::new("casebook", SigningKey::from_bytes(&[7; 32])).token(EDC)),
        ("in another name", Signs::new("identity", key()).token(EDC)),
        ("for another service", ours().token(IDENTITY)),
        ("expired", ours().shifted(-31).token(EDC)),
        ("of the future", ours().shifted(60).token(EDC)),
    ];
    for (what, token) in bad {
        assert_eq!(status(edc, LIST, &service(&token)).await, UNAUTHENTICATED, "{what}");
    }
    // The caller is not told why; the log tells whoever runs it, and not the token.
    let log = world.log("edc");
    assert!(log.contains("expired") && !log.contains(&good), "{log}");

    let clients = vec![("authorization", "Bearer cbs_something".to_owned())];
    assert_eq!(status(edc, LIST, &clients).await, UNAUTHENTICATED);
    let both = [service(&good), clients].concat();
    assert_eq!(status(edc, LIST, &both).await, UNAUTHENTICATED);
    // What is public is so at the gateway, which counts who asks how often.
    let log_in = format!("/{IDENTITY}/LogIn");
    assert_eq!(status(identity, &log_in, &[]).await, UNAUTHENTICATED);
    assert_eq!(fetch(edc, "/v1/studies").await.0, 404, "there is no REST at the door of a service");
    // A service's token is worth nothing at the door for clients.
    assert_eq!(status(parts.gateway.address, LIST, &service(&good)).await, UNAUTHENTICATED);
}

/// The status of a gRPC call with an empty message.
async fn status(address: SocketAddr, path: &str, headers: &[(&'static str, String)]) -> i32 {
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .body(Body::new(Full::new(Bytes::from_static(&[0; 5]))))
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let answer = channel_to(address).oneshot(request).await.unwrap();
    let read = |headers: &http::HeaderMap| {
        headers.get("grpc-status").map(|code| code.to_str().unwrap().parse::<i32>().unwrap())
    };
    if let Some(code) = read(answer.headers()) {
        return code;
    }
    let body = answer.into_body().collect().await.unwrap();
    read(body.trailers().unwrap()).unwrap()
}
