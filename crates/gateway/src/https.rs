//! Asks others over HTTP: bounded in time and size, without following redirects.

use std::{fmt, io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio_rustls::rustls::crypto::ring;

const TIME: Duration = Duration::from_secs(10);
const LARGEST_ANSWER_BYTES: usize = 1024 * 1024;

/// A client over TLS with the roots that this machine trusts; plain HTTP where an address says so.
#[derive(Clone)]
pub struct HttpsClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl HttpsClient {
    /// Reads the roots that this machine trusts; fails when there are none.
    pub fn new() -> io::Result<Self> {
        let builder = HttpsConnectorBuilder::new();
        let builder = builder.with_provider_and_native_roots(ring::default_provider())?;
        let connector = builder.https_or_http().enable_http1().build();
        Ok(Self(
            // Asked seldom: a connection that is kept would be one that the other side has closed.
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector),
        ))
    }

    /// Sends a request and waits for the whole answer: 10 seconds and 1 MiB at most.
    pub async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, Box<dyn std::error::Error + Send + Sync>> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let asked = async {
            let (parts, body) = self.0.request(request).await?.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER_BYTES).collect().await?;
            Ok(http::Response::from_parts(parts, body.to_bytes().to_vec()))
        };
        tokio::time::timeout(TIME, asked).await?
    }
}

impl fmt::Debug for HttpsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpsClient")
    }
}
