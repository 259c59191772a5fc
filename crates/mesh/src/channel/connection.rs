//! One connection to one endpoint: made when it is needed, by one caller for all who wait.

use super::Options;
use crate::{single_flight::SingleFlight, tls::TlsFault};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use tonic::body::Body;

pub(super) type Sender = http2::SendRequest<Body>;

/// hyper's default of 64 KiB would make a large answer wait for each round trip.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// The details of an error are among the headers, with every place in a large form.
const MOST_HEADER_BYTES: u32 = 1024 * 1024;

/// No connection could be made, so that nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    #[error("no connection within {0:?}")]
    TooSlow(Duration),
    #[error("cannot connect")]
    Io(#[from] io::Error),
    #[error("cannot begin to speak HTTP/2")]
    Http(#[from] hyper::Error),
}

/// How connections are made.
pub(super) struct Connector {
    timeout: Duration,
    http: http2::Builder<TokioExecutor>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Connector {
    pub fn new(options: &Options) -> Result<Self, TlsFault> {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_header_list_size(MOST_HEADER_BYTES)
            .keep_alive_interval(options.keep_alive_interval)
            .keep_alive_timeout(options.keep_alive_timeout);
        let tls = options.tls.as_ref().map(crate::tls::ClientTls::connector).transpose()?;
        Ok(Self { timeout: options.connect_timeout, http, tls })
    }

    pub fn scheme(&self) -> http::uri::Scheme {
        if self.tls.is_some() { http::uri::Scheme::HTTPS } else { http::uri::Scheme::HTTP }
    }

    async fn connect(&self, address: &str) -> Result<Sender, Unreachable> {
        let connecting = tokio::time::timeout(self.timeout, self.connect_patiently(address));
        connecting.await.map_err(|_| Unreachable::TooSlow(self.timeout))?
    }

    async fn connect_patiently(&self, address: &str) -> Result<Sender, Unreachable> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => self.handshake(stream).await,
            Some((tls, name)) => self.handshake(tls.connect(name.clone(), stream).await?).await,
        }
    }

    async fn handshake<S>(&self, stream: S) -> Result<Sender, Unreachable>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = self.http.handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // The calls that it carried are told as well.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "lost a connection to a service");
            }
        });
        Ok(sender)
    }
}

/// A connection that may be there.
#[derive(Default)]
pub(super) struct Connection {
    live: Mutex<Option<Sender>>,
    connecting: SingleFlight<Result<Sender, Arc<Unreachable>>>,
}

impl Connection {
    /// The live connection, or a new one.
    pub async fn sender(
        self: &Arc<Self>,
        address: &str,
        connector: &Arc<Connector>,
    ) -> Result<Sender, Arc<Unreachable>> {
        if let Some(sender) = self.live() {
            return Ok(sender);
        }
        let connecting = self.connecting.join(|| {
            let (own, address, connector) = (self.clone(), address.to_owned(), connector.clone());
            async move {
                let sender = connector.connect(&address).await?;
                *own.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender.clone());
                Ok(sender)
            }
        });
        connecting.await
    }

    /// Does not use the connection any more. Calls that are under way on it go on.
    pub fn abandon(&self) {
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn live(&self) -> Option<Sender> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.take_if(|sender| sender.is_closed());
        live.clone()
    }
}
