//! Serves a router on a socket, within limits, until it is told to drain. HTTP/1.1, and HTTP/2
//! without TLS (h2c, by prior knowledge) as gRPC clients speak it: the first bytes tell.

use std::{
    io,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use http::Request;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
};
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
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tracing::{debug, info, warn};

use crate::{Drain, Tls, measures, passage::Peer, silence::Carrying};

const MOST_CONNECTIONS: usize = 10_000;
const HEADER_TIME: Duration = Duration::from_secs(15);
/// Whoever takes nothing of an answer for so long is not waited for.
const STALL_TIME: Duration = Duration::from_mins(1);
/// Far less than between two requests of somebody who reads, and more than between those of a program.
const SILENCE: Duration = Duration::from_millis(100);
/// A peer in Go takes it ill to be asked more often.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_mins(1);
const KEEP_ALIVE_TIME: Duration = Duration::from_secs(20);
const MOST_STREAMS: u32 = 256;
/// A caller token fits many times.
const MOST_HEADER_BYTES: u32 = 64 * 1024;
/// hyper looks at the length of a head only between reads, and may read as much again at once.
const MOST_READ_BYTES: usize = MOST_HEADER_BYTES as usize / 2;
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(25);
/// What flows this long before the end of draining is broken off with a word.
const LAST_WORD_TIME: Duration = Duration::from_secs(3);
/// Somebody who sends his first bytes one by one is looked at again after this.
const PAUSE_BEFORE_MORE: Duration = Duration::from_millis(10);
const PAUSE_AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// What all connections together, and each by itself, may take.
#[derive(Clone, Debug)]
pub struct Serving {
    /// More have to wait until one is closed.
    pub connections: usize,
    /// For the head of a request, and until a connection brings its first.
    pub header_time: Duration,
    /// How long a client may take nothing of an answer.
    pub stall_time: Duration,
    /// After so long without a request a connection gives its buffers back, and keeps its socket.
    pub silence: Duration,
    /// How long what is in hand may take when the server is being stopped.
    pub drain_time: Duration,
    /// Told when the server is being stopped.
    pub drain: Drain,
    /// For other processes of the system; plain when absent.
    pub tls: Option<Tls>,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            connections: MOST_CONNECTIONS,
            header_time: HEADER_TIME,
            stall_time: STALL_TIME,
            silence: SILENCE,
            drain_time: DRAIN_TIME,
            drain: Drain::default(),
            tls: None,
        }
    }
}

/// Accepts connections until `shutdown` is done, then lets the open ones finish what they are at.
///
/// Connections that are still busy after 25 seconds are left to end with the process.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_with(listener, router, shutdown, Serving::default()).await
}

/// The same within other limits.
pub async fn serve_with(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
    serving: Serving,
) -> io::Result<()> {
    info!(address = %listener.local_addr()?, "listening");
    let connections = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(serving.connections));
    let open = metrics::gauge!(measures::CONNECTIONS);
    let server = Arc::new(Server { http: http(serving.header_time), serving });
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
            Ok((stream, peer)) => {
                let (server, router) = (server.clone(), router.clone());
                let (watcher, open) = (connections.watcher(), open.clone());
                tokio::spawn(async move {
                    open.increment(1);
                    server.connection(stream, peer.ip(), router, watcher).await;
                    open.decrement(1);
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
    drain(connections, &server.serving).await;
    Ok(())
}

struct Server {
    http: Http,
    serving: Serving,
}

/// How each protocol is spoken. A connection is told apart by its first bytes, which are looked at and
/// left where they are: a reader that is handed some bytes back makes hyper double its buffer.
struct Http {
    one: http1::Builder,
    two: http2::Builder<TokioExecutor>,
    /// Where nobody can look without taking.
    either: auto::Builder<TokioExecutor>,
}

fn http(header_time: Duration) -> Http {
    let mut either = auto::Builder::new(TokioExecutor::new());
    either
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .max_buf_size(MOST_READ_BYTES);
    either
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIME)
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(MOST_HEADER_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    let mut one = http1::Builder::new();
    one.timer(TokioTimer::new()).header_read_timeout(header_time).max_buf_size(MOST_READ_BYTES);
    let mut two = http2::Builder::new(TokioExecutor::new());
    two.timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIME)
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(MOST_HEADER_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    Http { one, two, either }
}

/// What a connection speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spoken {
    One,
    Two,
}

/// Looks at what a connection says first: HTTP/2 begins with `PRI`, which is no method of HTTP/1.1.
/// `None` when it ends, or says nothing.
async fn spoken(stream: &TcpStream) -> Option<Spoken> {
    const TWO: &[u8] = b"PRI";
    let mut first = [0; TWO.len()];
    loop {
        let seen = stream.peek(&mut first).await.ok().filter(|seen| *seen > 0)?;
        let seen = &first[..seen];
        if seen == TWO {
            return Some(Spoken::Two);
        }
        if !TWO.starts_with(seen) {
            return Some(Spoken::One);
        }
        tokio::time::sleep(PAUSE_BEFORE_MORE).await;
    }
}

impl Server {
    async fn connection(&self, stream: TcpStream, peer: IpAddr, router: Router, watcher: Watcher) {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(error = %error, "a connection may be slow");
        }
        let Some(tls) = &self.serving.tls else {
            let in_time = tokio::time::timeout(self.serving.header_time, spoken(&stream));
            let spoken = tokio::select! {
                biased;
                spoken = in_time => spoken.ok().flatten(),
                () = self.serving.drain.begun() => None,
            };
            let Some(spoken) = spoken else {
                return debug!("a connection brought no request in time");
            };
            return match spoken {
                Spoken::One => self.carry_one(stream, peer, &router, watcher).await,
                Spoken::Two => Box::pin(self.carry(stream, true, peer, router, watcher)).await,
            };
        };
        let (tls, time) = (tls.clone(), self.serving.header_time);
        if let Some(stream) = Box::pin(tls.accept(stream, time)).await {
            Box::pin(self.carry(stream, false, peer, router, watcher)).await;
        }
    }

    /// Carries the requests of a connection of HTTP/1.1, which is closed when it asks nothing for long,
    /// or does not take what it has asked for.
    async fn carry_one(&self, stream: TcpStream, peer: IpAddr, router: &Router, _in_hand: Watcher) {
        let Serving { silence, header_time, ref drain, .. } = self.serving;
        let http = &self.http.one;
        let carrying = Carrying { http, router, peer, silence, idle_time: header_time, drain };
        carrying.all(Box::pin(self.timed(stream))).await;
    }

    fn timed<S: AsyncRead + AsyncWrite>(&self, stream: S) -> TimeoutStream<S> {
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.serving.stall_time));
        stream
    }

    /// Carries the requests of one connection of HTTP/2, or of whatever turns out to be spoken. One that
    /// brings none in time is closed, and so is one whose other end does not take what it has asked for.
    async fn carry<S>(
        &self,
        stream: S,
        is_two: bool,
        peer: IpAddr,
        router: Router,
        watcher: Watcher,
    ) where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let stream = self.timed(stream);
        let has_asked = Arc::new(AtomicBool::new(false));
        let asked = has_asked.clone();
        let service = tower::service_fn(move |mut request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(Peer(peer));
            tower::ServiceExt::oneshot(router.clone(), request)
        });
        let (stream, service) = (TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service));
        // Each behind a pointer: a connection takes the room of the protocol that it speaks.
        if is_two {
            let connection = self.http.two.serve_connection(stream, service);
            Box::pin(self.attend(watcher.watch(connection), &has_asked)).await;
        } else {
            let connection = self.http.either.serve_connection(stream, service);
            Box::pin(self.attend(watcher.watch(connection), &has_asked)).await;
        }
    }

    /// Waits for the end of a connection.
    async fn attend<E: std::fmt::Display>(
        &self,
        connection: impl Future<Output = Result<(), E>>,
        has_asked: &AtomicBool,
    ) {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = tokio::time::sleep(self.serving.header_time) => {
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
}

/// Lets what is in hand end. What flows too long for that is broken off a little before the end, so
/// that its reader is told.
async fn drain(connections: GracefulShutdown, serving: &Serving) {
    let open = connections.count();
    info!(connections = open, "draining");
    serving.drain.begin();
    let mut finished = pin!(connections.shutdown());
    let before = serving.drain_time.saturating_sub(LAST_WORD_TIME);
    if tokio::time::timeout(before, &mut finished).await.is_err() {
        serving.drain.end_streams();
        if tokio::time::timeout(LAST_WORD_TIME, finished).await.is_err() {
            return warn!("connections that did not finish in time end with the process");
        }
    }
    info!("drained");
}
