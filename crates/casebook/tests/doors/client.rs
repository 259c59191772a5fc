//! A caller over REST and over gRPC, and a server whose log can be read.

use std::{
    fs::{self, OpenOptions},
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use prost::Message;
use serde_json::Value;
use tempfile::TempDir;
use testkit::wire::channel_to;
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use crate::{
    program::Place,
    study::{self, PASSWORD},
};

/// The name under which an administrator logs in.
pub const ADMIN: &str = "ada";
pub const ADMIN_FULL_NAME: &str = "Plantagenet Nameson";

/// A data folder with a small study, and where its server logs.
pub struct House {
    pub place: Place,
    folder: TempDir,
}

impl House {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::folder(folder.path().join("data"));
        study::fill(&place, 1).await;
        let words = ["user", "add", ADMIN, "--full-name", ADMIN_FULL_NAME];
        let mut add = place.command(&words);
        let added = add
            .args(["--role", "administrator", "--role", "data_manager"])
            .env("CASEBOOK_PASSWORD", PASSWORD);
        assert!(added.output().unwrap().status.success());
        Self { place, folder }
    }

    /// Starts the server; `settings` are variables of its environment.
    pub fn serve(&self, level: &str, settings: &[(&str, &str)]) -> Server {
        let log = OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.place.command(&["serve", "--listen", "127.0.0.1:0", "--log", level]);
        command.envs(settings.iter().copied()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            let _ = child.kill();
            panic!("it does not serve: {}", self.log());
        };
        Server { address: address.parse().unwrap(), child, _said: said }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap()
    }

    fn log_file(&self) -> PathBuf {
        self.place.data.with_extension("log")
    }
}

/// A server that listens. It is killed when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
    _said: BufReader<ChildStdout>,
}

/// Asks the server to end (SIGTERM), and waits until it has.
pub fn stop(mut server: Server) {
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(server.child.wait().unwrap().success());
}

impl Drop for Server {
    fn drop(&mut self) {
        // There is nobody to tell if it had ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A whole answer.
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// Sends one request, with more headers.
pub async fn send(
    address: SocketAddr,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "casebook");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let answer = sender.send_request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() }
}

pub fn basic(user: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{PASSWORD}")))
}

/// Calls a method over gRPC with a token; the headers and trailers of the answer.
pub async fn call(
    address: SocketAddr,
    path: &str,
    token: &str,
    message: &impl Message,
) -> (HeaderMap, HeaderMap) {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let frame = Bytes::from([&[0], &length[..], &message].concat());
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(tonic::body::Body::new(Full::new(frame)))
        .unwrap();
    let answer = channel_to(address).oneshot(request).await.unwrap();
    let headers = answer.headers().clone();
    let whole = answer.into_body().collect().await.unwrap();
    (headers, whole.trailers().cloned().unwrap_or_default())
}
