//! A caller over HTTP, on one connection that is kept alive.

use std::net::SocketAddr;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::study::{PASSWORD, USER};

/// The connection ended before the whole answer was there: nobody knows whether the call was done.
#[derive(Debug)]
pub struct Lost;

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: String,
    /// What the header says that it lacks.
    pub left_out: Option<String>,
    /// What the header says of its length.
    pub size: Option<String>,
    pub body: Value,
}

impl Answer {
    /// Why the call was refused, after it was shown to be a well-formed problem.
    pub fn problem(&self) -> &str {
        assert_eq!(self.kind, "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status, "{self:?}");
        self.body["reason"].as_str().unwrap()
    }

    pub fn expect_success(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }
}

#[derive(Debug)]
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    credentials: String,
}

impl Client {
    pub async fn open(address: SocketAddr) -> Result<Self, Lost> {
        Self::open_as(address, USER).await
    }

    /// All users have the same password.
    pub async fn open_as(address: SocketAddr, user: &str) -> Result<Self, Lost> {
        let stream = TcpStream::connect(address).await.map_err(|_| Lost)?;
        stream.set_nodelay(true).map_err(|_| Lost)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|_| Lost)?;
        tokio::spawn(connection);
        let credentials = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{PASSWORD}")));
        Ok(Self { sender, credentials })
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer, Lost> {
        self.call(Method::GET, path, Bytes::new()).await
    }

    pub async fn put(&mut self, path: &str, body: &Value) -> Result<Answer, Lost> {
        self.call(Method::PUT, path, Bytes::from(body.to_string())).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Lost> {
        self.call(Method::POST, path, Bytes::from(body.to_string())).await
    }

    async fn call(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer, Lost> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "casebook")
            .header(header::AUTHORIZATION, &self.credentials)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .unwrap();
        self.sender.ready().await.map_err(|_| Lost)?;
        let answer = self.sender.send_request(request).await.map_err(|_| Lost)?;
        let status = answer.status().as_u16();
        let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let left_out = answer.headers().get("x-casebook-left-out");
        let left_out = left_out.map(|value| value.to_str().unwrap().to_owned());
        let size = answer.headers().get(header::CONTENT_LENGTH);
        let size = size.map(|value| value.to_str().unwrap().to_owned());
        let body = answer.into_body().collect().await.map_err(|_| Lost)?.to_bytes();
        Ok(Answer { status, kind, left_out, size, body: serde_json::from_slice(&body).unwrap() })
    }
}
