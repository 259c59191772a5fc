//! gRPC on the port of REST, over a real socket.

use std::{net::SocketAddr, sync::Arc};

use crate::world::{BASIC, OneCoordinator, echo::Echo, gateway};
use contract::{
    Caller, Code, Context, Error,
    edc::v1::{
        self, Edc, ExportStudyRequest, GetStudyRequest, SaveFormRequest, StaleRecord,
        export_study_request::Format, grpc::EdcRemote,
    },
    grpc::{Admission, Limits, Server},
};
use futures::{FutureExt as _, StreamExt as _, stream};
use testkit::wire::{Signed, channel_to};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// A gateway with both kinds of doors; `store` is ready or not.
    async fn start(is_ready: bool) -> Self {
        let service: Arc<dyn Edc> = Arc::new(Echo);
        let admission = Admission::default()
            .of_clients(Arc::new(OneCoordinator))
            .of_services(Arc::new(Signed::new(1)));
        let server = Server::new(admission, Limits::default(), || "made-2".to_owned());
        let readiness = move || {
            let state = if is_ready { Ok(()) } else { Err(Error::unavailable("no disk")) };
            async { state }.boxed()
        };
        let gateway = gateway()
            .with_grpc(server.mount(v1::grpc::doors(), &service))
            .ready_when("store", Arc::new(readiness));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { stopped.await.unwrap_or_default() };
        let server = tokio::spawn(gateway::serve(listener, gateway.into_router(), stopped));
        Self { address, stop, server }
    }

    fn remote(&self, key: u8) -> EdcRemote {
        EdcRemote::new(channel_to(self.address), Arc::new(Signed::new(key)))
    }
}

fn context() -> Context {
    Context::new(Caller::system("test"), "api", "call-1")
}

fn save(seen_version: i32) -> SaveFormRequest {
    SaveFormRequest { seen_version: Some(seen_version), ..SaveFormRequest::default() }
}

#[tokio::test]
async fn one_port_answers_grpc_and_rest() {
    let running = Running::start(true).await;
    assert_eq!(running.remote(1).save_form(&context(), save(1)).await.unwrap().version, 2);
    let mut rest = TcpStream::connect(running.address).await.unwrap();
    let head = format!(
        "GET /v1/studies/S HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {BASIC}\r\n\r\n"
    );
    rest.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    rest.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn refusals_come_with_their_details_and_a_forged_caller_does_not_come_in() {
    let running = Running::start(true).await;
    let stale = running.remote(1).save_form(&context(), save(99)).await.unwrap_err();
    let detail: StaleRecord = serde_json::from_value(stale.detail().unwrap().json.clone()).unwrap();
    assert_eq!((stale.reason(), detail.current_version), ("STALE_RECORD", 100));
    let forged = running.remote(2).save_form(&context(), save(1)).await.unwrap_err();
    assert_eq!(forged.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_stream_over_the_wire_ends_or_breaks_as_it_does_here() {
    let running = Running::start(true).await;
    let export = async |format: Format| {
        let request = ExportStudyRequest { format: format.into(), ..ExportStudyRequest::default() };
        let pieces = running.remote(1).export_study(&context(), request).await;
        match pieces {
            Ok(pieces) => pieces.map(|piece| piece.map(|body| body.data)).collect::<Vec<_>>().await,
            Err(error) => vec![Err(error)],
        }
    };
    assert_eq!(export(Format::Csv).await, [Ok(b"one\n".to_vec()), Ok(b"two\n".to_vec())]);
    let broken = export(Format::Ndjson).await;
    assert_eq!(broken[0], Ok(b"one\n".to_vec()));
    assert_eq!(broken[1].as_ref().unwrap_err().reason(), "INCIDENT");
}

#[tokio::test]
async fn health_says_what_readiness_says() {
    for (is_ready, expected) in [(true, ServingStatus::Serving), (false, ServingStatus::NotServing)]
    {
        let running = Running::start(is_ready).await;
        let mut health = HealthClient::new(channel_to(running.address));
        for service in ["", "casebook.edc.v1.Edc"] {
            let request = HealthCheckRequest { service: service.to_owned() };
            let answer = health.check(request.clone()).await.unwrap().into_inner();
            assert_eq!(answer.status(), expected);
            let mut watched = health.watch(request).await.unwrap().into_inner();
            assert_eq!(watched.message().await.unwrap().unwrap().status(), expected);
        }
        let unknown = HealthCheckRequest { service: "casebook.nobody.v1.Nobody".to_owned() };
        assert_eq!(health.check(unknown).await.unwrap_err().code(), tonic::Code::NotFound);
    }
}

#[tokio::test]
async fn reflection_names_the_services_and_gives_their_files() {
    let running = Running::start(true).await;
    let mut reflection = ServerReflectionClient::new(channel_to(running.address));
    let ask =
        |message| ServerReflectionRequest { host: String::new(), message_request: Some(message) };
    let symbol = MessageRequest::FileContainingSymbol("casebook.edc.v1.Edc.SaveForm".to_owned());
    let asked = stream::iter([ask(MessageRequest::ListServices(String::new())), ask(symbol)]);
    let mut answers = reflection.server_reflection_info(asked).await.unwrap().into_inner();
    let MessageResponse::ListServicesResponse(listed) =
        answers.message().await.unwrap().unwrap().message_response.unwrap()
    else {
        panic!("no list");
    };
    let names: Vec<&str> = listed.service.iter().map(|one| one.name.as_str()).collect();
    let all =
        ["casebook.edc.v1.Edc", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    assert!(all.iter().all(|name| names.contains(name)) && names.len() == 3, "{names:?}");
    let MessageResponse::FileDescriptorResponse(files) =
        answers.message().await.unwrap().unwrap().message_response.unwrap()
    else {
        panic!("no file");
    };
    assert!(!files.file_descriptor_proto.is_empty());
}

#[tokio::test]
async fn draining_lets_a_call_in_hand_finish_and_takes_no_other() {
    let Running { address, stop, server } = Running::start(true).await;
    let remote = EdcRemote::new(channel_to(address), Arc::new(Signed::new(1)));
    let request = ExportStudyRequest { format: Format::Csv.into(), ..Default::default() };
    let pieces = remote.export_study(&context(), request).await.unwrap();
    stop.send(()).unwrap();
    let pieces: Vec<_> = pieces.map(|piece| piece.unwrap().data).collect().await;
    assert_eq!(pieces.concat(), b"one\ntwo\n");
    server.await.unwrap().unwrap();
    let request = GetStudyRequest { study_oid: "S".to_owned(), ..Default::default() };
    let refused = remote.get_study(&context(), request).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
}
