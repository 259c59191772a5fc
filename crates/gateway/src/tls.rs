//! TLS towards other processes of the same system. Clients are served by a proxy that ends theirs.

use std::{fmt, time::Duration};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tracing::debug;

/// Which certificate is shown, and whose are asked for.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    pub fn new(acceptor: TlsAcceptor) -> Self {
        Self(acceptor)
    }

    /// Agrees on keys; `None` when the other end shows nothing that is accepted, or not in time.
    pub(crate) async fn accept<S>(&self, stream: S, time: Duration) -> Option<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match tokio::time::timeout(time, self.0.accept(stream)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                debug!(error = %error, "a connection was not secured");
                None
            }
            Err(_elapsed) => {
                debug!("a connection was not secured in time");
                None
            }
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}
