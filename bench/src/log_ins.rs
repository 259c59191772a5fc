//! `log-ins`: five hundred people log in at once while others save.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tokio::{runtime::Handle, task::JoinSet};

use crate::{
    fill,
    load::Measured,
    place,
    process::Server,
    saves::serve,
    table::{Table, against, count, median},
    wire::Connection,
};

const PEOPLE: u32 = 500;
const SUBJECTS: u32 = 2_000;
const SAVING: u32 = 16;
const SAVES_PER_SECOND: f64 = 200.0;
const SECONDS: f64 = 12.0;
const ROUNDS: usize = 3;
const PASSWORD: &str = "benchmarks-only-7391";
const BEFORE_ANOTHER: Duration = Duration::from_millis(500);
const P99_GOAL_MS: f64 = 100.0;
/// Two hashes of 19 MiB, and what five hundred connections and their answers take.
const MEMORY_GOAL_MB: f64 = 100.0;

struct Run {
    measured: Measured,
    /// Until the last of them was in; none when there were no log-ins.
    all_in: Option<f64>,
    told_to_wait: f64,
    before_mb: f64,
    most_mb: f64,
}

pub async fn run() -> Result<()> {
    let prepared = prepare().await?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(measure(&prepared, 0).await?);
        beside.push(measure(&prepared, PEOPLE).await?);
    }
    let title = format!("log-ins: {SAVES_PER_SECOND:.0} saves per second by the clock");
    let columns = [
        "log-ins",
        "all in after s",
        "told to wait",
        "saves",
        "p50 ms",
        "p99 ms",
        "longest ms",
        "MB",
    ];
    let mut table = Table::new(&title, &columns);
    for (name, runs) in [("none", &alone), ("500 at once", &beside)] {
        let of = |value: fn(&Run) -> f64| median(runs.iter().map(value));
        table.row(&[
            name.to_owned(),
            format!("{:.1}", of(|run| run.all_in.unwrap_or_default())),
            count(of(|run| run.told_to_wait)),
            #[expect(clippy::cast_precision_loss, reason = "a count of saves is small")]
            count(of(|run| run.measured.saves as f64)),
            format!("{:.2}", of(|run| run.measured.p50)),
            format!("{:.2}", of(|run| run.measured.p99)),
            format!("{:.1}", of(|run| run.measured.longest)),
            format!("{:.0}", of(|run| run.most_mb)),
        ]);
    }
    table.print();
    let p99 = median(beside.iter().map(|run| run.measured.p99));
    println!("p99 of saves meanwhile {p99:.1} ms; {}", against(p99 < P99_GOAL_MS, "under 100 ms"));
    let more = median(beside.iter().map(|run| run.most_mb - run.before_mb))
        - median(alone.iter().map(|run| run.most_mb - run.before_mb));
    println!("memory for them {more:.0} MB; {}", against(more < MEMORY_GOAL_MB, "under 100 MB"));
    Ok(())
}

fn name(number: u32) -> String {
    format!("person.{number:03}")
}

/// A folder with subjects, and with as many users.
async fn prepare() -> Result<PathBuf> {
    let folder = fill::folder("log-ins", SUBJECTS, false).await?;
    let complete = folder.join("with-people");
    if !complete.exists() {
        eprintln!("adding {PEOPLE} users");
        fill::add_users(&folder, (0..PEOPLE).map(name), PASSWORD, None).await?;
        fs::write(complete, b"")?;
    }
    Ok(folder)
}

async fn measure(prepared: &Path, people: u32) -> Result<Run> {
    let folder = place::data()?.join("log-ins-run");
    place::copy(prepared, &folder)?;
    let mut command = serve(&folder);
    command.env("CASEBOOK_LIMITS_ADDRESS_PER_MINUTE", "0");
    let server = Server::start(&mut command)?;
    let (address, before_mb) = (server.address, server.memory_mb());
    let mut load = Command::new(std::env::current_exe()?);
    load.arg("load").arg("--address").arg(address.to_string());
    load.args(["--connections", &SAVING.to_string(), "--subjects", &SUBJECTS.to_string()]);
    load.args(["--warm-up", "10", "--seconds", &SECONDS.to_string()]);
    load.args(["--rate", &SAVES_PER_SECOND.to_string()]);
    let mut child = load.stdout(Stdio::piped()).spawn().context("cannot start the load")?;
    let pipe = child.stdout.take().context("the output is piped")?;
    let runtime = Handle::current();
    let (mut logging_in, mut measured) = (None, None);
    for line in BufReader::new(pipe).lines() {
        let line = line?;
        if line == "warm" {
            logging_in = Some(runtime.spawn(all_log_in(address, people)));
        } else {
            measured = Some(serde_json::from_str::<Measured>(&line)?);
        }
    }
    ensure!(child.wait()?.success(), "the load generator failed");
    let (all_in, told_to_wait) = logging_in.context("the load began")?.await??;
    let measured = measured.context("the load generator says what it measured")?;
    let run = Run {
        measured,
        all_in: (people > 0).then_some(all_in),
        told_to_wait: f64::from(told_to_wait),
        before_mb,
        most_mb: server.peak_mb(),
    };
    drop(server);
    place::remove(&folder)?;
    Ok(run)
}

/// How long it takes until all are in, in seconds, and how often somebody was told to come again.
async fn all_log_in(address: SocketAddr, people: u32) -> Result<(f64, u32)> {
    let started = Instant::now();
    let mut attempts = JoinSet::new();
    for number in 0..people {
        attempts.spawn(log_in(address, name(number)));
    }
    let mut told_to_wait = 0;
    while let Some(attempt) = attempts.join_next().await {
        told_to_wait += attempt??;
    }
    Ok((started.elapsed().as_secs_f64(), told_to_wait))
}

async fn log_in(address: SocketAddr, user: String) -> Result<u32> {
    let body = json!({ "username": user, "password": PASSWORD }).to_string();
    let request = format!(
        "POST /api/user/login HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = Connection::open(address).await?;
    let mut told_to_wait = 0;
    loop {
        match connection.call(request.as_bytes()).await {
            Ok(_) => return Ok(told_to_wait),
            Err(error) if error.to_string().contains("retry-after") => told_to_wait += 1,
            Err(error) => return Err(error),
        }
        tokio::time::sleep(BEFORE_ANOTHER).await;
    }
}
