//! Services behind a real socket on loopback, and the way to them.

use std::{fmt, net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use contract::{
    Authenticator, Caller, CallerTokens, Credentials, Error,
    grpc::{self, Admission, Channel, Server},
};
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use gateway::Gateway;
use http::{Request, uri::Uri};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::body::Body;
use tower::ServiceExt as _;

/// A server on a port of its own. It drains when this is dropped.
pub struct Wire {
    address: SocketAddr,
    tokens: Arc<dyn CallerTokens>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<std::io::Result<()>>>,
}

impl Wire {
    /// Serves what `mount` puts on a server that believes [`tokens`](Self::tokens).
    pub async fn serving(mount: impl FnOnce(Server) -> Server) -> Self {
        let tokens: Arc<dyn CallerTokens> = Arc::new(Signed::new(7));
        let admission = Admission::default().of_services(tokens.clone());
        let make_id = || "made-by-server".to_owned();
        let server = mount(Server::new(admission, grpc::Limits::default(), make_id));
        let gateway = Gateway::new(Arc::new(KnowsNobody), make_id).with_grpc(server);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { drop(stopped.await) };
        let server = tokio::spawn(gateway::serve(listener, gateway.into_router(), stopped));
        Self { address, tokens, stop: Some(stop), server: Some(server) }
    }

    /// What signs and reads who calls.
    pub fn tokens(&self) -> Arc<dyn CallerTokens> {
        self.tokens.clone()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A way to the server.
    pub fn channel(&self) -> Channel {
        channel_to(self.address)
    }

    /// Stops as the program does: what is under way ends first.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            server.await.expect("the server does not panic").expect("the server ends well");
        }
    }
}

/// A way to one address, over HTTP/2 without TLS.
pub fn channel_to(address: SocketAddr) -> Channel {
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Body>();
    let to_address = move |mut request: Request<Body>| {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let uri = format!("http://{address}{path}").parse::<Uri>();
        *request.uri_mut() = uri.expect("address and path make a URI");
        request
    };
    let from_wire = |response: http::Response<_>| response.map(Body::new);
    grpc::channel(client.map_request(to_address).map_response(from_wire))
}

struct KnowsNobody;

#[async_trait]
impl Authenticator for KnowsNobody {
    async fn authenticate(&self, _: Credentials) -> Result<Caller, Error> {
        Err(Error::unauthenticated("nobody is known here"))
    }
}

/// Callers signed with a key of one's own; they never expire.
#[derive(Debug)]
pub struct Signed(SigningKey);

#[derive(Serialize, Deserialize)]
struct Claims {
    caller: Caller,
    service: String,
}

impl Signed {
    /// With the key of this number.
    pub fn new(key: u8) -> Self {
        Self(SigningKey::from_bytes(&[key; 32]))
    }
}

impl CallerTokens for Signed {
    fn mint(&self, caller: &Caller, service: &str, _: &str) -> Result<String, Error> {
        let claims = Claims { caller: caller.clone(), service: service.to_owned() };
        let claims = serde_json::to_vec(&claims).expect("a caller has a JSON form");
        let signature = self.0.sign(&claims).to_bytes();
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Ok(format!("{}.{}", encode(&claims), encode(&signature)))
    }

    fn verify(&self, token: &str, service: &str) -> Result<Caller, Error> {
        self.read(token)
            .filter(|claims| claims.service == service)
            .map(|claims| claims.caller)
            .ok_or_else(|| Error::unauthenticated("the token is not accepted"))
    }
}

impl Signed {
    fn read(&self, token: &str) -> Option<Claims> {
        let (claims, signature) = token.split_once('.')?;
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let signature = Signature::from_slice(&signature).ok()?;
        self.0.verifying_key().verify_strict(&claims, &signature).ok()?;
        serde_json::from_slice(&claims).ok()
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wire").field(&self.address).finish()
    }
}
