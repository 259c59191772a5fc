//! An installation: PostgreSQL, etcd, and the parts of the program as processes.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;
use testkit::{
    etcd::{Etcd, free_address},
    postgres::Postgres,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    client::Client,
    load::Bounds,
    program::{Place, Server},
    study,
    writer::{Writer, subjects},
};

pub const WRITERS: usize = 6;
const START_TIME: Duration = Duration::from_mins(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A service may be away; nobody waits long to hear it.
pub const AWAY: Bounds = Bounds {
    answer_time: Duration::from_secs(15),
    refusals: &[(503, "UNAVAILABLE"), (504, "DEADLINE_EXCEEDED")],
    may_lose: false,
};
/// Everything works.
pub const NEVER: Bounds =
    Bounds { answer_time: Duration::from_secs(15), refusals: &[], may_lose: false };

#[derive(Debug)]
pub struct World {
    pub folder: TempDir,
    pub etcd: Etcd,
    pub database: String,
    config: PathBuf,
    _postgres: Arc<Postgres>,
}

impl World {
    /// With a study, a user and subjects; no process runs yet.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = Postgres::shared();
        let etcd = Etcd::start();
        let config = folder.path().join("casebook.toml");
        let key = folder.path().join("cluster.key");
        let text = format!(
            "[cluster]\ndiscovery = 'etcd'\netcd = ['{}']\nkey = '{}'\n",
            etcd.address,
            key.display()
        );
        std::fs::write(&config, text).unwrap();
        let database = postgres.database();
        let world = Self { folder, etcd, database, config, _postgres: postgres };
        study::fill(&world.place("setup"), subjects(WRITERS)).await;
        world.place("setup").succeed(&["cluster-key", "--config", world.config()]);
        world
    }

    /// The records, and a folder of its own.
    pub fn place(&self, name: &str) -> Place {
        Place { data: self.folder.path().join(name), database: Some(self.database.clone()) }
    }

    pub fn config(&self) -> &str {
        self.config.to_str().unwrap()
    }

    /// A process with some parts, on a port of its choice.
    pub fn start(&self, parts: &str) -> Server {
        self.start_at(parts, "127.0.0.1:0")
    }

    pub fn start_at(&self, parts: &str, address: &str) -> Server {
        self.start_with(parts, address, self.config())
    }

    /// With settings of its own.
    pub fn start_with(&self, parts: &str, address: &str, config: &str) -> Server {
        let place = self.place(parts);
        let words = ["serve", "--only", parts, "--listen", address, "--config", config];
        Server::start(&mut place.command(&words), &place.data.with_extension("log"))
    }

    /// Each part as a process, all of them ready.
    pub async fn start_all(&self) -> Parts {
        let [identity, portfolio, edc] =
            ["identity", "portfolio", "edc"].map(|part| self.start(part));
        let gateway = self.start_at("gateway", &free_address());
        await_ready(gateway.address).await;
        Parts { identity, portfolio, edc, gateway }
    }

    /// What processes of these parts have logged.
    pub fn log(&self, parts: &str) -> String {
        std::fs::read_to_string(self.place(parts).data.with_extension("log")).unwrap()
    }
}

/// The parts of a whole installation.
#[derive(Debug)]
pub struct Parts {
    pub identity: Server,
    pub portfolio: Server,
    pub edc: Server,
    pub gateway: Server,
}

/// What `/readyz` says.
pub async fn readyz(address: SocketAddr) -> (u16, String) {
    let (status, _, body) = fetch(address, "/readyz").await;
    (status, body)
}

/// Status, head and body of what is at a path, asked without credentials.
pub async fn fetch(address: SocketAddr, path: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: casebook\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}

pub async fn await_ready(address: SocketAddr) {
    let ready = async || {
        let (status, told) = readyz(address).await;
        if status != 200 {
            println!("{address}: {}", told.trim_end());
        }
        status == 200
    };
    until("everything is ready", ready).await;
}

/// Waits until something is so, for a minute at most.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    let done = tokio::time::timeout(START_TIME, waiting).await;
    assert!(done.is_ok(), "waited in vain until {what}");
}

/// What was acknowledged is there, once; what is open is sent again and then there, too.
pub async fn look_and_repeat(gateway: SocketAddr, writing: Vec<Writer>) {
    let mut client = Client::open(gateway).await.unwrap();
    for mut writer in writing {
        writer.check(&mut client, true).await;
        assert!(writer.send_open(&mut client).await.unwrap().is_none());
        writer.check(&mut client, false).await;
    }
}

/// A file of the installation.
pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
