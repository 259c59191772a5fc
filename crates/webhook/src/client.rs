//! One request to a receiver: resolve, check, connect to what was checked, send, read the answer.

use crate::{
    Allowed,
    outcome::{Failure, Outcome},
    target::Target,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, RootCertStore,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

/// Standard Webhooks: "a timeout of 15 to 30 seconds".
const TIMEOUT: Duration = Duration::from_secs(15);
/// How much of an answer is read, so that the receiver can finish writing it.
const MOST_ANSWER_BYTES: usize = 64 * 1024;
/// How long the lines of an answer's head may be together.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// How many addresses of a name are tried.
const MOST_ADDRESSES: usize = 4;

/// Finds the addresses of a name. The binary passes that of the system.
pub type Resolve = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The resolver of the system.
pub fn system_resolver() -> Resolve {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// Sends requests to receivers. Follows no redirect, uses no proxy, keeps no connection.
#[derive(Clone)]
pub struct Client {
    tls: TlsConnector,
    resolve: Resolve,
    allowed: Allowed,
    timeout: Duration,
}

/// Ends the reading of a connection with its request.
struct Driver(JoinHandle<()>);

/// The head of an answer has come, and its body comes.
struct Answer {
    response: Response<Incoming>,
    _driver: Driver,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Client {
    /// A client that trusts the authorities of the system and those in `authorities_pem`.
    pub fn new(
        allowed: Allowed,
        resolve: Resolve,
        authorities_pem: Option<&[u8]>,
    ) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        if !found.errors.is_empty() {
            tracing::warn!(count = found.errors.len(), "authorities of the system are unreadable");
        }
        roots.add_parsable_certificates(found.certs);
        for authority in CertificateDer::pem_slice_iter(authorities_pem.unwrap_or_default()) {
            let unreadable = |_| rustls::Error::General("an authority is not readable PEM".into());
            roots.add(authority.map_err(unreadable)?)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(config));
        Ok(Self { tls, resolve, allowed, timeout: TIMEOUT })
    }

    /// Gives receivers less time.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    /// Sends a body by POST, within the timeout.
    pub(crate) async fn post(
        &self,
        target: &Target,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
        now_ms: i64,
    ) -> Outcome {
        let Some(request) = request(target, headers, body) else {
            return Outcome::failed(Failure::NameUnknown);
        };
        match tokio::time::timeout(self.timeout, self.exchange(target, request)).await {
            Ok(Ok(answer)) => {
                let outcome = answer.outcome(now_ms);
                // The receiver has said what it thinks; how it ends its answer changes nothing.
                let _ = tokio::time::timeout(self.timeout / 10, answer.drain()).await;
                outcome
            }
            Ok(Err(failure)) => Outcome::failed(failure),
            Err(_) => Outcome::failed(Failure::TimedOut),
        }
    }

    async fn exchange(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Failure> {
        let stream = self.connect(target).await?;
        if !target.is_tls() {
            return send(stream, request).await;
        }
        let name = ServerName::try_from(target.host_name()).map_err(|_| Failure::NameUnknown)?;
        let stream = self.tls.connect(name, stream).await.map_err(|_| Failure::TlsFailed)?;
        send(stream, request).await
    }

    /// Connects to an address that was checked, not to a name that may mean another one later.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Failure> {
        let found = if let Some(address) = target.literal() {
            vec![address]
        } else {
            let found = (self.resolve)(target.host_name()).await;
            found.map_err(|_| Failure::NameUnknown)?
        };
        if found.is_empty() {
            return Err(Failure::NameUnknown);
        }
        let permitted = found.iter().filter(|address| self.allowed.permits(**address));
        let mut failure = Failure::AddressRefused;
        for address in permitted.take(MOST_ADDRESSES) {
            let address = SocketAddr::new(address.to_canonical(), target.port());
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(_) => failure = Failure::NotConnected,
            }
        }
        Err(failure)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

fn request(
    target: &Target,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(target.path())
        .header(header::HOST, target.authority())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("Casebook/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close");
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_str(value).ok()?);
    }
    request.body(Full::new(Bytes::from(body))).ok()
}

/// Sends a request over a connection, and reads the head of the answer.
async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .max_buf_size(MOST_HEAD_BYTES)
        .handshake::<_, Full<Bytes>>(TokioIo::new(stream));
    let (mut sender, connection) = connection.await.map_err(|_| Failure::NotConnected)?;
    let driver = Driver(tokio::spawn(async move {
        // What goes wrong here is told by the answer that does not come.
        let _ = connection.await;
    }));
    let response = sender.send_request(request).await.map_err(|_| Failure::AnswerUnreadable)?;
    Ok(Answer { response, _driver: driver })
}

impl Answer {
    fn outcome(&self, now_ms: i64) -> Outcome {
        let retry_after = self.response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        Outcome::of_answer(self.response.status().as_u16(), retry_after, now_ms)
    }

    /// Reads a little of the body and forgets it.
    async fn drain(self) {
        let Self { response, _driver } = self;
        let mut body = response.into_body();
        let mut read_bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read_bytes += frame.data_ref().map_or(0, Bytes::len);
            if read_bytes >= MOST_ANSWER_BYTES {
                return;
            }
        }
    }
}
