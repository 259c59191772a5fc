//! `peers`: what a request costs, beside gin in one process and beside go-zero in two.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{
    calls::{self, Sent},
    peers_data::{
        Prepared, log_in, pages_of_studies, pages_of_terms, path_of_terms, prepare, quiet, serve,
    },
    place,
    process::Server,
    table::{Table, against, count, median},
    wire::{Connection, get},
};

const CONNECTIONS: usize = 32;
const ROUNDS: usize = 5;
const WARM_UP: Duration = Duration::from_secs(1);
const TIME: Duration = Duration::from_secs(3);
const RATIO_GOAL: f64 = 3.0;
const JWT_SECRET: &str = "a secret of the benchmark, of forty bytes";

/// What is measured, of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Casebook,
    /// What the kernel takes of any program.
    Bare,
    Gin,
    GinWithSessions,
    CasebookInTwo,
    GoZero,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    List,
    Cached,
}

struct Run {
    sent: Sent,
    cpu_us: f64,
    memory_mb: f64,
}

pub async fn run() -> Result<()> {
    let Some(programs) = build()? else { return Ok(()) };
    let prepared = prepare().await?;
    keep_pages(&prepared).await?;
    let one = [Whose::Casebook, Whose::Bare, Whose::Gin, Whose::GinWithSessions];
    let two = [Whose::CasebookInTwo, Whose::GoZero];
    let cases = [(What::List, &one[..]), (What::Cached, &one), (What::List, &two)];
    for (what, all) in cases {
        let mut runs: Vec<Vec<Run>> = all.iter().map(|_| Vec::new()).collect();
        for _ in 0..ROUNDS {
            for (whose, runs) in all.iter().zip(&mut runs) {
                runs.push(measure(*whose, what, &prepared, &programs).await?);
            }
        }
        report(what, all, &runs);
    }
    Ok(())
}

fn report(what: What, all: &[Whose], runs: &[Vec<Run>]) {
    let asked = match what {
        What::List => "a page of 20 of 1,000 studies, from SQLite",
        What::Cached => "a page of 20 terms of a dictionary, from memory",
    };
    let title = format!("peers: {asked}; {CONNECTIONS} connections");
    let columns = ["server", "processor us/request", "requests/s", "p50 ms", "p99 ms", "MB"];
    let mut table = Table::new(&title, &columns);
    for (whose, runs) in all.iter().zip(runs) {
        let of = |value: fn(&Run) -> f64| median(runs.iter().map(value));
        table.row(&[
            whose.name().to_owned(),
            format!("{:.1}", of(|run| run.cpu_us)),
            count(of(|run| run.sent.calls / run.sent.seconds)),
            format!("{:.2}", of(|run| run.sent.p50)),
            format!("{:.2}", of(|run| run.sent.p99)),
            format!("{:.0}", of(|run| run.memory_mb)),
        ]);
    }
    table.print();
    let cpu = |at: usize| median(runs[at].iter().map(|run| run.cpu_us));
    let bare = all.iter().position(|whose| *whose == Whose::Bare);
    let peers = all.iter().enumerate().skip(1).filter(|(at, _)| Some(*at) != bare);
    for (at, whose) in peers {
        let ratio = cpu(at) / cpu(0);
        let met = against(ratio >= RATIO_GOAL, "at least 3");
        println!("{} costs {ratio:.1} times as much; {met}", whose.name());
        if let Some(bare) = bare {
            let most = cpu(at) / cpu(bare);
            println!("  and {most:.1} times what the kernel alone takes for such an answer");
        }
    }
}

impl Whose {
    fn name(self) -> &'static str {
        match self {
            Self::Casebook => "casebook: session and roles, read once a second",
            Self::Bare => "no server: reads, and writes the same bytes",
            Self::Gin => "gin: nobody is asked who he is",
            Self::GinWithSessions => "gin: session and roles, read for each call",
            Self::CasebookInTwo => {
                "casebook, gateway and services: session and roles, asked every two seconds"
            }
            Self::GoZero => "go-zero, api and rpc: JWT",
        }
    }
}

async fn measure(whose: Whose, what: What, prepared: &Prepared, programs: &Path) -> Result<Run> {
    let servers = start(whose, what, prepared, programs)?;
    let address = servers.last().context("a server was started")?.address;
    let authorization = match whose {
        Whose::Casebook | Whose::CasebookInTwo => Some(log_in(address).await?),
        Whose::Gin | Whose::Bare => None,
        Whose::GinWithSessions => Some(Prepared::peer_token()),
        Whose::GoZero => Some(format!("Bearer {}", jwt())),
    };
    let authorization = authorization.as_deref();
    let requests = match (what, whose) {
        (_, Whose::Bare) => vec![get("/", Some(&Prepared::peer_token()))],
        (What::List, _) => pages_of_studies(address, authorization).await?,
        (What::Cached, Whose::Casebook) => pages_of_terms(&path_of_terms(), authorization),
        (What::Cached, _) => pages_of_terms("/api/term/list", authorization),
    };
    let requests = Arc::new(requests);
    calls::send(address, Arc::clone(&requests), CONNECTIONS, WARM_UP)?;
    let used = || servers.iter().map(Server::cpu_seconds).sum::<Result<f64>>();
    let before = used()?;
    let sent = calls::send(address, requests, CONNECTIONS, TIME)?;
    let cpu_us = (used()? - before) * 1e6 / sent.calls.max(1.0);
    let memory_mb = servers.iter().map(Server::peak_mb).sum();
    Ok(Run { sent, cpu_us, memory_mb })
}

/// Where an answer is kept that the bare server gives.
fn page_of(what: What) -> Result<PathBuf> {
    let name = if what == What::List { "page-of-studies.json" } else { "page-of-terms.json" };
    Ok(place::data()?.join(name))
}

/// Keeps one answer of each kind.
async fn keep_pages(prepared: &Prepared) -> Result<()> {
    let server = Server::start(&mut serve(&prepared.folder))?;
    let authorization = log_in(server.address).await?;
    let studies = pages_of_studies(server.address, Some(&authorization)).await?;
    let terms = pages_of_terms(&path_of_terms(), Some(&authorization));
    let mut connection = Connection::open(server.address).await?;
    for (what, requests) in [(What::List, studies), (What::Cached, terms)] {
        let request = requests.first().context("there is a page")?;
        std::fs::write(page_of(what)?, connection.fetch(request).await?)?;
    }
    Ok(())
}

/// The servers, last the one that answers clients.
fn start(whose: Whose, what: What, prepared: &Prepared, programs: &Path) -> Result<Vec<Server>> {
    let gin = || {
        let mut command = Command::new(programs.join("gin"));
        command.arg(&prepared.peers);
        command
    };
    match whose {
        Whose::Casebook => Ok(vec![Server::start(&mut serve(&prepared.folder))?]),
        Whose::Bare => {
            let mut bare = Command::new(std::env::current_exe()?);
            Ok(vec![Server::start(bare.arg("bare").arg(page_of(what)?))?])
        }
        Whose::Gin => Ok(vec![Server::start(&mut gin())?]),
        Whose::GinWithSessions => Ok(vec![Server::start(gin().arg("auth"))?]),
        Whose::CasebookInTwo => in_two(&prepared.folder),
        Whose::GoZero => {
            let (rpc, api) = (free_address()?, free_address()?);
            let mut command = Command::new(programs.join("rpc"));
            let rpc = Server::start_at(command.arg(&prepared.peers).arg(rpc.to_string()), rpc)?;
            let mut command = Command::new(programs.join("api"));
            command.arg(api.port().to_string()).arg(rpc.address.to_string()).arg(JWT_SECRET);
            let api = Server::start_at(&mut command, api)?;
            Ok(vec![rpc, api])
        }
    }
}

/// The services in one process, and the gateway in another.
fn in_two(folder: &Path) -> Result<Vec<Server>> {
    let settings = place::data()?.join("peers.toml");
    let key = place::data()?.join("peers-cluster.key");
    let head = format!("[cluster]\nkey = '{}'\n", key.display());
    std::fs::write(&settings, &head)?;
    let part = |parts: &str, data: &Path| {
        let mut command = Command::new(place::casebook());
        quiet(&mut command);
        command.args(["serve", "--only", parts, "--listen", "127.0.0.1:0", "--config"]);
        command.arg(&settings).arg("--data").arg(data);
        command
    };
    let services = Server::start(&mut part("identity,portfolio,edc,webhook", folder))?;
    let at = services.address;
    let parts =
        ["identity", "portfolio", "edc", "webhook"].map(|part| format!("{part} = ['{at}']"));
    std::fs::write(&settings, format!("{head}[cluster.services]\n{}\n", parts.join("\n")))?;
    let own: PathBuf = place::data()?.join("peers-gateway");
    let gateway = Server::start(&mut part("gateway", &own))?;
    Ok(vec![services, gateway])
}

/// Builds the peers; `None`, after it was said, where that cannot be done.
fn build() -> Result<Option<PathBuf>> {
    let is_there = |program: &str, arg: &str| Command::new(program).arg(arg).output().is_ok();
    let needs = [("go", "version", "Go 1.25 or newer"), ("cc", "--version", "a compiler of C")];
    for (program, arg, what) in needs {
        if !is_there(program, arg) {
            println!("peers: {what} is not installed, so nothing was measured beside Go");
            return Ok(None);
        }
    }
    let folder = place::target().join("bench-peers");
    std::fs::create_dir_all(&folder)?;
    eprintln!("building the peers in Go");
    let built = Command::new("go")
        .args(["build", "-buildvcs=false", "-trimpath", "-tags", "no_k8s", "-o"])
        .arg(&folder)
        .args(["./gin", "./zero/api", "./zero/rpc"])
        .current_dir(place::root().join("bench/peers/go"))
        .status()
        .context("cannot run go")?;
    ensure!(built.success(), "the peers do not build");
    Ok(Some(folder))
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// What go-zero's check of JWT lets in (RFC 7515, HS256).
fn jwt() -> String {
    const LATE: u64 = 4_102_444_800;
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims = format!(r#"{{"user":"reader","exp":{LATE}}}"#);
    let signed = format!("{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(&claims));
    let hmac = Hmac::<Sha256>::new_from_slice(JWT_SECRET.as_bytes());
    let mut hmac = hmac.expect("HMAC takes a key of any length");
    hmac.update(signed.as_bytes());
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes()))
}
