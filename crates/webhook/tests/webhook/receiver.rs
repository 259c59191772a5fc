//! A receiver: a real HTTP server that notes what it gets and answers as a test says.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::post,
};
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Bytes,
    pub answered: u16,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub delay: Duration,
    pub body: Vec<u8>,
}

type Behaviour = Arc<dyn Fn(&Value, usize) -> Answer + Send + Sync>;

#[derive(Clone)]
struct Shared {
    received: Arc<Mutex<Vec<Received>>>,
    behaviour: Arc<Mutex<Behaviour>>,
}

pub struct Receiver {
    pub address: SocketAddr,
    shared: Shared,
    server: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), delay: Duration::ZERO, body: Vec::new() }
    }
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// The log and the sequence.
    pub fn entry(&self) -> (String, u64) {
        let json = self.json();
        let key = json["data"]["log"]["key"].as_str().unwrap().to_owned();
        (key, json["data"]["sequence"].as_u64().unwrap())
    }

    pub fn event_type(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

impl Receiver {
    /// Accepts everything.
    pub async fn start() -> Self {
        let accept: Behaviour = Arc::new(|_, _| Answer::status(204));
        let shared = Shared { received: Arc::default(), behaviour: Arc::new(Mutex::new(accept)) };
        let router = Router::new().route("/hook", post(handle)).with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { address, shared, server }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// From now on, answers what `behaviour` says of a body and of how many came before.
    pub fn behave(&self, behaviour: impl Fn(&Value, usize) -> Answer + Send + Sync + 'static) {
        *self.shared.behaviour.lock().unwrap() = Arc::new(behaviour);
    }

    pub fn answer(&self, status: u16) {
        self.behave(move |_, _| Answer::status(status));
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Those that were accepted.
    pub fn accepted(&self) -> Vec<Received> {
        let is_accepted = |one: &Received| (200..300).contains(&one.answered);
        self.received().into_iter().filter(is_accepted).collect()
    }

    pub fn forget(&self) {
        self.shared.received.lock().unwrap().clear();
    }
}

async fn handle(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let behaviour = Arc::clone(&*shared.behaviour.lock().unwrap());
    let json = serde_json::from_slice(&body).unwrap();
    let answer = {
        let mut received = shared.received.lock().unwrap();
        let answer = behaviour(&json, received.len());
        received.push(Received { headers, body, answered: answer.status });
        answer
    };
    tokio::time::sleep(answer.delay).await;
    let mut response = (StatusCode::from_u16(answer.status).unwrap(), answer.body).into_response();
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
