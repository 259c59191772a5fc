//! A receiver of webhooks: a real HTTP server that keeps what it gets.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// So long it waits for something that must come.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it looks.
const LOOKS_EVERY: Duration = Duration::from_millis(5);

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

#[derive(Clone)]
struct Shared {
    received: Arc<Mutex<Vec<Received>>>,
    works_for: Duration,
}

#[derive(Debug)]
pub struct Receiver {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    server: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Received {
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Which entry of the journal it tells: the casebook, the number and the hash.
    pub fn entry(&self) -> (String, u64, String) {
        let data = &self.json()["data"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&data["log"]["key"]), data["sequence"].as_u64().unwrap(), text(&data["hash"]))
    }

    /// As a program that verifies reads it.
    pub fn to_json(&self) -> Value {
        json!({ "headers": self.headers, "body": self.body })
    }
}

impl Receiver {
    /// Accepts everything, after it has worked for so long.
    pub async fn start(works_for: Duration) -> Self {
        let shared = Shared { received: Arc::default(), works_for };
        let received = Arc::clone(&shared.received);
        let router = Router::new().route("/hook", post(handle)).with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { address, received, server }
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until what was received is enough.
    pub async fn wait_until(&self, is_enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let began = Instant::now();
        loop {
            let received = self.received();
            if is_enough(&received) {
                return received;
            }
            assert!(began.elapsed() < PATIENCE, "only {} events came", received.len());
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    }
}

async fn handle(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()));
    let body = String::from_utf8(body.to_vec()).unwrap();
    shared.received.lock().unwrap().push(Received { headers: headers.collect(), body });
    tokio::time::sleep(shared.works_for).await;
    StatusCode::NO_CONTENT
}
