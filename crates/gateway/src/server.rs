//! Serves a router on a socket, within limits, until it is told to drain.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tracing::{debug, info, warn};

const MOST_CONNECTIONS: usize = 10_000;
const HEADER_TIME: Duration = Duration::from_secs(15);
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
    info!(address = %listener.local_addr()?, "listening");
    let connections = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
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
                let connection = connections.watch(connection(stream, router.clone()));
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        debug!(error = %error, "a connection ended early");
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

type Connection = http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>>;

fn connection(stream: TcpStream, router: Router) -> Connection {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(error = %error, "a connection may be slow");
    }
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}

async fn drain(connections: GracefulShutdown) {
    let open = connections.count();
    info!(connections = open, "draining");
    match tokio::time::timeout(DRAIN_TIME, connections.shutdown()).await {
        Ok(()) => info!("drained"),
        Err(_elapsed) => warn!("connections that did not finish in time end with the process"),
    }
}
