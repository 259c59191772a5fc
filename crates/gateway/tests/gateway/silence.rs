//! Connections that ask nothing for a while keep their socket alone, and nobody notices.

use std::time::Duration;

use crate::world::{BASIC, FORM, gateway};
use gateway::{Serving, measures};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

const SILENCE: Duration = Duration::from_millis(50);
const ASK: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const OK: &str = "ok\n";

/// A connection to a server, and what the server counts.
struct World {
    client: TcpStream,
    stop: oneshot::Sender<()>,
    counted: Snapshotter,
    silent: f64,
}

impl World {
    async fn say(&mut self, text: &str) {
        self.client.write_all(text.as_bytes()).await.unwrap();
    }

    /// What comes up to a text, or to the end of the connection.
    async fn hear(&mut self, end: &str) -> String {
        let mut heard = Vec::new();
        while !heard.ends_with(end.as_bytes()) {
            match self.client.read_u8().await {
                Ok(byte) => heard.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8(heard).unwrap()
    }

    async fn ask(&mut self) {
        self.say(ASK).await;
        let answer = self.hear(OK).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Connections of which nothing is kept but the socket.
    fn silent(&mut self) -> f64 {
        let all = self.counted.snapshot().into_vec();
        let named = all.into_iter().find(|(key, ..)| key.key().name() == measures::SILENT);
        // Whoever looks takes what there was, and counting begins anew.
        if let Some((.., DebugValue::Gauge(more))) = named {
            self.silent += more.into_inner();
        }
        self.silent
    }

    async fn becomes(&mut self, silent: f64) {
        while (self.silent() - silent).abs() > 0.5 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Runs a test with a server on a thread that counts for itself.
fn with_server<T: Future<Output = ()>>(serving: Serving, test: impl FnOnce(World) -> T) {
    let recorder = DebuggingRecorder::new();
    let counted = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (stop, stopped) = oneshot::channel::<()>();
            let stopped = async { stopped.await.unwrap_or_default() };
            let router = gateway().into_router();
            let server = tokio::spawn(gateway::serve_with(listener, router, stopped, serving));
            let client = TcpStream::connect(address).await.unwrap();
            test(World { client, stop, counted, silent: 0.0 }).await;
            server.await.unwrap().unwrap();
        });
    });
}

fn short() -> Serving {
    Serving { silence: SILENCE, ..Serving::default() }
}

#[test]
fn a_silent_connection_keeps_its_socket_alone_and_is_answered_again() {
    with_server(short(), |mut world| async move {
        for _ in 0..3 {
            world.ask().await;
            world.becomes(1.0).await;
        }
        world.ask().await;
        world.becomes(0.0).await;
        world.stop.send(()).unwrap();
    });
}

#[test]
fn a_body_is_no_reason_to_keep_buffers_and_comes_whole_after_a_silence() {
    with_server(short(), |mut world| async move {
        let body = r#"{"seenVersion": 7}"#;
        for _ in 0..2 {
            let head = format!(
                "PUT {FORM} HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            world.say(&head).await;
            tokio::time::sleep(4 * SILENCE).await;
            assert!(world.silent() < 0.5, "a call whose body is awaited is no silence");
            world.say(body).await;
            let answer = world.hear("}").await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            world.becomes(1.0).await;
        }
        world.stop.send(()).unwrap();
    });
}

#[test]
fn half_of_a_head_is_no_silence_and_is_not_lost() {
    with_server(short(), |mut world| async move {
        let (first, second) = ASK.split_at(ASK.len() / 2);
        // With the answer before it, and alone.
        for before in [ASK, ""] {
            world.say(&format!("{before}{first}")).await;
            if !before.is_empty() {
                world.hear(OK).await;
            }
            tokio::time::sleep(4 * SILENCE).await;
            world.say(second).await;
            let answer = world.hear(OK).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        world.stop.send(()).unwrap();
    });
}

#[test]
fn a_silent_connection_ends_with_its_time_and_with_the_server() {
    let header_time = Duration::from_millis(300);
    with_server(Serving { header_time, ..short() }, |mut world| async move {
        world.ask().await;
        world.becomes(1.0).await;
        assert_eq!(world.hear("never").await, "", "closed without a word");
        world.becomes(0.0).await;
        world.stop.send(()).unwrap();
    });
    with_server(short(), |mut world| async move {
        world.ask().await;
        world.becomes(1.0).await;
        let World { stop, ref mut client, .. } = world;
        stop.send(()).unwrap();
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    });
}
