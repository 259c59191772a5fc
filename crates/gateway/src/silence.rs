//! A connection of HTTP/1.1 that keeps no buffers while nobody says anything: after a while of silence
//! all that is left of it is the socket, and it is taken up again when the next request comes. That
//! is what lets a server hold many thousands of connections.

use std::{
    convert::Infallible,
    future::poll_fn,
    io::{self, IoSlice},
    net::IpAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body, routing::future::RouteFuture};
use bytes::{Buf as _, Bytes};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use hyper::{
    body::Incoming,
    server::conn::http1::{Builder, Connection, Parts},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};
use tokio_io_timeout::TimeoutStream;
use tower::Service as _;
use tracing::debug;

use crate::{Drain, measures, passage::Peer};

/// A socket whose other end must take what it is sent.
pub(crate) type Socket = Pin<Box<TimeoutStream<TcpStream>>>;
type Spoken = Connection<TokioIo<Heard>, Answering>;

/// How connections are carried.
pub(crate) struct Carrying<'a> {
    pub http: &'a Builder,
    pub router: &'a Router,
    pub peer: IpAddr,
    /// Nobody says anything for so long before the buffers are given back.
    pub silence: Duration,
    /// How long a connection is kept that asks nothing.
    pub idle_time: Duration,
    pub drain: &'a Drain,
}

impl Carrying<'_> {
    /// Carries the requests of one connection to its end.
    pub(crate) async fn all(&self, mut socket: Socket) {
        let mut early = Bytes::new();
        loop {
            let Some(silent) = Box::pin(self.until_silent(socket, early)).await else { return };
            (socket, early) = silent;
            if early.is_empty() {
                let silent = metrics::gauge!(measures::SILENT);
                silent.increment(1);
                let is_spoken_to = self.is_spoken_to_again(&socket).await;
                silent.decrement(1);
                if !is_spoken_to {
                    return;
                }
            }
        }
    }

    /// Carries requests until there is silence; nothing when the connection has ended. The bytes were
    /// read, and are no request yet.
    async fn until_silent(&self, socket: Socket, early: Bytes) -> Option<(Socket, Bytes)> {
        let state = Arc::new(State::default());
        let io = TokioIo::new(Heard { socket, early, state: Arc::clone(&state) });
        let service =
            Answering { router: self.router.clone(), peer: self.peer, state: Arc::clone(&state) };
        let mut connection = self.http.serve_connection(io, service);
        let mut draining = pin!(self.drain.begun());
        let mut pause = pin!(tokio::time::sleep(self.silence));
        let (mut is_closing, mut calls) = (false, 0);
        loop {
            tokio::select! {
                ended = &mut connection => {
                    if let Err(error) = ended {
                        debug!(error = %error, "a connection ended early");
                    }
                    return None;
                }
                () = &mut draining, if !is_closing => {
                    is_closing = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
                () = &mut pause, if !is_closing => {
                    pause.as_mut().reset(Instant::now() + self.silence);
                    if !state.is_silent_since(&mut calls) {
                        continue;
                    }
                    // Whoever is idle ends at once, and says nothing about it.
                    is_closing = true;
                    Pin::new(&mut connection).graceful_shutdown();
                    if let Poll::Ready(ended) = at_once(&mut connection).await {
                        return ended.then(|| taken_back(connection));
                    }
                }
            }
        }
    }

    /// Waits for the next request; not when none comes in time, or the server is being stopped.
    async fn is_spoken_to_again(&self, socket: &Socket) -> bool {
        let mut first = [0];
        let in_time = self.idle_time.saturating_sub(self.silence);
        tokio::select! {
            biased;
            seen = tokio::time::timeout(in_time, socket.get_ref().peek(&mut first)) => {
                matches!(seen, Ok(Ok(1..)))
            }
            () = self.drain.begun() => false,
        }
    }
}

/// Whether the connection ends without waiting for anything, and well.
async fn at_once(connection: &mut Spoken) -> Poll<bool> {
    poll_fn(|context| {
        let ended = connection.poll_without_shutdown(context);
        Poll::Ready(ended.map(|ended| ended.is_ok()))
    })
    .await
}

fn taken_back(connection: Spoken) -> (Socket, Bytes) {
    let Parts { io, read_buf, .. } = connection.into_parts();
    // An empty buffer holds on to the room that it had.
    let early = if read_buf.is_empty() { Bytes::new() } else { read_buf };
    (io.into_inner().socket, early)
}

/// What is known of a connection from outside of its protocol.
#[derive(Debug, Default)]
struct State {
    calls: AtomicUsize,
    /// Calls of which the answer is not read to its end.
    in_hand: AtomicUsize,
    /// Something was read that belongs to no call yet.
    is_heard: AtomicBool,
    /// The other end does not take what it is sent.
    is_stuck: AtomicBool,
}

impl State {
    /// Whether nothing was begun since this was last asked, and all that was is done. A connection
    /// that has never brought a request is left to its own time.
    fn is_silent_since(&self, calls: &mut usize) -> bool {
        let so_far = self.calls.load(Ordering::Relaxed);
        let is_new = std::mem::replace(calls, so_far) != so_far;
        !is_new
            && so_far > 0
            && self.in_hand.load(Ordering::Relaxed) == 0
            && !self.is_heard.load(Ordering::Relaxed)
            && !self.is_stuck.load(Ordering::Relaxed)
    }
}

/// The socket, and what was read from it before.
struct Heard {
    socket: Socket,
    early: Bytes,
    state: Arc<State>,
}

impl Heard {
    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.state.is_stuck.store(written.is_pending(), Ordering::Relaxed);
        written
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.early.is_empty() {
            ready!(self.socket.as_mut().poll_read(context, buffer))?;
        } else {
            let fits = self.early.len().min(buffer.remaining());
            buffer.put_slice(&self.early[..fits]);
            self.early.advance(fits);
        }
        if buffer.filled().len() > before {
            self.state.is_heard.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Heard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.socket.as_mut().poll_write(context, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.socket.as_mut().poll_write_vectored(context, pieces);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.as_mut().poll_shutdown(context)
    }
}

/// Hands requests on, and knows which are in hand.
struct Answering {
    router: Router,
    peer: IpAddr,
    state: Arc<State>,
}

impl hyper::service::Service<Request<Incoming>> for Answering {
    type Response = Response<InHandBody>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, mut request: Request<Incoming>) -> Answer {
        let in_hand = InHand::new(&self.state);
        request.extensions_mut().insert(Peer(self.peer));
        Answer { answer: self.router.clone().call(request), in_hand: Some(in_hand) }
    }
}

/// A call is in hand as long as this is there.
struct InHand(Arc<State>);

impl InHand {
    fn new(state: &Arc<State>) -> Self {
        state.calls.fetch_add(1, Ordering::Relaxed);
        state.in_hand.fetch_add(1, Ordering::Relaxed);
        state.is_heard.store(false, Ordering::Relaxed);
        Self(Arc::clone(state))
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        // What came after the head was its body.
        self.0.is_heard.store(false, Ordering::Relaxed);
        self.0.in_hand.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer that is being made.
struct Answer {
    answer: RouteFuture<Infallible>,
    in_hand: Option<InHand>,
}

impl Future for Answer {
    type Output = Result<Response<InHandBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(Pin::new(&mut self.answer).poll(context))?;
        let in_hand = self.in_hand.take();
        Poll::Ready(Ok(response.map(|body| InHandBody { body, _in_hand: in_hand })))
    }
}

/// The body of an answer that is in hand until it is read, or given up.
struct InHandBody {
    body: Body,
    _in_hand: Option<InHand>,
}

impl http_body::Body for InHandBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
