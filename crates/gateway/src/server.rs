//! Serves a router on a socket, within limits, until it is told to drain. HTTP/1.1, and HTTP/2
//! without TLS (h2c, by prior knowledge) as gRPC clients speak it: the first bytes tell.

use std::{
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
};
use tracing::{debug, info, warn};

use crate::Tls;

const MOST_CONNECTIONS: usize = 10_000;
const HEADER_TIME: Duration = Duration::from_secs(15);
/// A peer in Go takes it ill to be asked more often.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_mins(1);
const KEEP_ALIVE_TIME: Duration = Duration::from_secs(20);
const MOST_STREAMS: u32 = 256;
/// A caller token fits many times.
const MOST_HEADER_BYTES: u32 = 64 * 1024;
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(25);
const PAUSE_AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// Accepts connections until `shutdown` is done, then lets the open ones finish what they are at.
///
/// Connections that are still busy after 25 seconds are left to end with the process.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_secured(listener, None, router, shutdown).await
}

/// The same with TLS, for other processes of the system.
pub async fn serve_secured(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    info!(address = %listener.local_addr()?, "listening");
    let connections = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let http = Arc::new(http());
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let permit = free.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (http, router, watcher) = (http.clone(), router.clone(), connections.watcher());
                let tls = tls.clone();
                tokio::spawn(async move {
                    if let Err(error) = stream.set_nodelay(true) {
                        debug!(error = %error, "a connection may be slow");
                    }
                    if let Some(tls) = tls {
                        if let Some(stream) = tls.accept(stream, HEADER_TIME).await {
                            connection(&http, stream, router, watcher).await;
                        }
                    } else {
                        connection(&http, stream, router, watcher).await;
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                warn!(error = %error, "cannot accept a connection");
                tokio::time::sleep(PAUSE_AFTER_FAILED_ACCEPT).await;
            }
        }
    }
    drop(listener);
    drain(connections).await;
    Ok(())
}

type Http = auto::Builder<TokioExecutor>;

fn http() -> Http {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIME)
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(MOST_HEADER_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    http
}

/// Carries the requests of one connection. One that brings none in time is closed.
async fn connection<S>(http: &Http, stream: S, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let has_asked = Arc::new(AtomicBool::new(false));
    let asked = has_asked.clone();
    let service = tower::service_fn(move |request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        tower::ServiceExt::oneshot(router.clone(), request)
    });
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = pin!(watcher.watch(connection));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = tokio::time::sleep(HEADER_TIME) => {
            if !has_asked.load(Ordering::Relaxed) {
                return debug!("a connection brought no request in time");
            }
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(error = %error, "a connection ended early");
    }
}

async fn drain(connections: GracefulShutdown) {
    let open = connections.count();
    info!(connections = open, "draining");
    match tokio::time::timeout(DRAIN_TIME, connections.shutdown()).await {
        Ok(()) => info!("drained"),
        Err(_elapsed) => warn!("connections that did not finish in time end with the process"),
    }
}
