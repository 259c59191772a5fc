//! Servers of gRPC's test service in this process.

use super::pb::{
    Payload, SimpleRequest, SimpleResponse,
    test_service_client::TestServiceClient,
    test_service_server::{TestService, TestServiceServer},
};
use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot, task::JoinHandle};
use tonic::{
    Code, Request, Response, Status,
    transport::{Server, ServerTlsConfig, server::TcpIncoming},
};

/// How a server answers.
#[derive(Clone, Debug)]
pub enum Manner {
    At(Duration),
    Refusing(Code),
    /// Sends two messages of a stream and then nothing.
    StuckStream,
}

#[derive(Clone, Debug)]
pub struct Echo {
    pub name: String,
    pub manner: Manner,
    pub calls: Arc<AtomicUsize>,
}

impl Echo {
    pub fn new(name: &str, manner: Manner) -> Self {
        Self { name: name.to_owned(), manner, calls: Arc::default() }
    }

    pub fn prompt(name: &str) -> Self {
        Self::new(name, Manner::At(Duration::ZERO))
    }

    pub fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }
}

type Answers = Pin<Box<dyn futures::Stream<Item = Result<SimpleResponse, Status>> + Send>>;

#[tonic::async_trait]
impl TestService for Echo {
    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        self.calls.fetch_add(1, SeqCst);
        match self.manner {
            Manner::At(delay) if delay.is_zero() => {}
            Manner::At(delay) => tokio::time::sleep(delay).await,
            Manner::Refusing(code) => return Err(Status::new(code, "no")),
            Manner::StuckStream => {}
        }
        let timeout = request.metadata().get("grpc-timeout");
        Ok(Response::new(SimpleResponse {
            username: self.name.clone(),
            hostname: timeout.map_or("none", |timeout| timeout.to_str().unwrap()).to_owned(),
            payload: request.into_inner().payload,
            ..SimpleResponse::default()
        }))
    }

    type StreamingOutputCallStream = Answers;

    async fn streaming_output_call(
        &self,
        _: Request<SimpleRequest>,
    ) -> Result<Response<Answers>, Status> {
        use futures::{StreamExt, stream};
        self.calls.fetch_add(1, SeqCst);
        let two = stream::iter([Ok(SimpleResponse::default()), Ok(SimpleResponse::default())]);
        let stuck = matches!(self.manner, Manner::StuckStream);
        Ok(Response::new(if stuck { two.chain(stream::pending()).boxed() } else { two.boxed() }))
    }
}

/// A server that can be killed like a process: all its connections are cut at once.
#[derive(Debug)]
pub struct Running {
    pub address: String,
    runtime: Option<Runtime>,
    drain: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Running {
    /// On a free port.
    pub fn start(echo: Echo) -> Self {
        Self::start_at("127.0.0.1:0", echo, None)
    }

    pub fn start_at(address: &str, echo: Echo, tls: Option<ServerTlsConfig>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let (drain, drained) = oneshot::channel::<()>();
        let serving = runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            let mut server = Server::builder();
            if let Some(tls) = tls {
                server = server.tls_config(tls).unwrap();
            }
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            server
                .add_service(TestServiceServer::new(echo))
                .serve_with_incoming_shutdown(incoming, async {
                    if drained.await.is_err() {
                        std::future::pending::<()>().await;
                    }
                })
                .await
                .unwrap();
        });
        Self { address: address.to_string(), runtime: Some(runtime), drain: Some(drain), serving }
    }

    /// Takes no new calls, and ends when those under way have ended.
    pub async fn drain(mut self) {
        self.drain.take().unwrap().send(()).unwrap();
        (&mut self.serving).await.unwrap();
    }

    pub fn kill(mut self) {
        self.shut();
    }

    fn shut(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shut();
    }
}

/// Who answered, and what.
pub async fn call(channel: &mesh::Channel, text: &str) -> Result<(String, String), Status> {
    let answer = call_whole(channel, text).await?;
    let text = String::from_utf8(answer.payload.unwrap().body).unwrap();
    Ok((answer.username, text))
}

pub async fn call_whole(channel: &mesh::Channel, text: &str) -> Result<SimpleResponse, Status> {
    let request = SimpleRequest { payload: Some(Payload { body: text.into() }) };
    Ok(TestServiceClient::new(channel.clone()).unary_call(request).await?.into_inner())
}
