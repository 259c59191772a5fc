//! `import`: a table brought in over HTTP as a job, with its report row by row.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use contract::Role;
use serde_json::{Value, json};

use crate::{
    fill, place,
    process::Server,
    saves::serve,
    study::{EVENTS, STUDY},
    table::{Table, against, count, median},
    values,
    wire::{Connection, request_of},
};

/// With 30 visits each: 100,020 rows.
const SUBJECTS: u32 = 3_334;
const ROUNDS: usize = 3;
const USER: &str = "bench.manager";
const PIECE_BYTES: usize = 512 * 1024;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
const GOAL: f64 = 50_000.0;
/// Records of REDCap's kind sent to ODK Central on a machine of this size, measured before.
const ODK_CENTRAL: f64 = 2_007.0;

struct Run {
    seconds: f64,
    cpu_seconds: f64,
    peak_mb: f64,
}

pub async fn run() -> Result<()> {
    let prepared = prepare().await?;
    let (table, mapping) = (place::data()?.join("visits.csv"), fill::mapping_text());
    fill::write_table(&table, SUBJECTS)?;
    let data = fs::read(&table)?;
    let mut runs = Vec::new();
    for _ in 0..ROUNDS {
        runs.push(measure(&prepared, &data, mapping.as_bytes()).await?);
    }
    place::remove(&table)?;
    let rows = f64::from(SUBJECTS * EVENTS);
    #[expect(clippy::cast_precision_loss, reason = "a handful of columns")]
    let values = rows * values::entered().count() as f64;
    let of = |value: fn(&Run) -> f64| median(runs.iter().map(value));
    let rate = values / of(|run| run.seconds);
    let columns = ["rows", "values", "seconds", "values/s", "processor s", "most memory MB"];
    let mut table = Table::new(
        "import: a table over HTTP: sent, checked, applied, its report of every row fetched",
        &columns,
    );
    table.row(&[
        count(rows),
        count(values),
        format!("{:.1}", of(|run| run.seconds)),
        count(rate),
        format!("{:.1}", of(|run| run.cpu_seconds)),
        format!("{:.0}", of(|run| run.peak_mb)),
    ]);
    table.print();
    println!("{}", against(rate >= GOAL, "at least 50,000 values/s"));
    println!("ratio to ODK Central's {} values/s: {:.0}", count(ODK_CENTRAL), rate / ODK_CENTRAL);
    Ok(())
}

/// Enrolled subjects without data, and one who may import.
async fn prepare() -> Result<std::path::PathBuf> {
    let folder = fill::folder("import", SUBJECTS, false).await?;
    let (marker, users) = (folder.join("manager"), [USER.to_owned()]);
    if !marker.exists() {
        fill::add_users(&folder, users, fill::PASSWORD, Some(Role::DataManager)).await?;
        fs::write(&marker, b"")?;
    }
    Ok(folder)
}

async fn measure(prepared: &Path, data: &[u8], mapping: &[u8]) -> Result<Run> {
    let folder = place::data()?.join("import-run");
    place::copy(prepared, &folder)?;
    let server = Server::start(&mut serve(&folder))?;
    let cpu_before = server.cpu_seconds()?;
    let started = Instant::now();
    let mut job = Job::start(server.address).await?;
    job.send("visits.csv", data).await?;
    job.send("visits.toml", mapping).await?;
    job.call(":check", &json!({ "mappingFile": "visits.toml", "complete": true })).await?;
    let checked = job.until("CHECKED").await?;
    ensure!(checked["faults"].as_array().is_none_or(Vec::is_empty), "{checked}");
    job.call(":apply", &json!({})).await?;
    let done = job.until("DONE").await?;
    let accepted = done["report"]["accepted"].as_str().unwrap_or_default();
    ensure!(accepted == (SUBJECTS * EVENTS).to_string(), "{done}");
    let report = job.connection.fetch(&job.request("GET", "/report", "")).await?;
    let lines = report.split(|byte| *byte == b'\n').count();
    ensure!(lines > (SUBJECTS * EVENTS) as usize, "the report has {lines} lines");
    let seconds = started.elapsed().as_secs_f64();
    let run =
        Run { seconds, cpu_seconds: server.cpu_seconds()? - cpu_before, peak_mb: server.peak_mb() };
    drop(server);
    place::remove(&folder)?;
    Ok(run)
}

/// An import under way.
struct Job {
    connection: Connection,
    path: String,
}

impl Job {
    async fn start(address: SocketAddr) -> Result<Self> {
        let mut connection = Connection::open(address).await?;
        let path = format!("/v1/studies/{STUDY}/imports");
        let body = json!({ "dataFile": "visits.csv" }).to_string();
        let started = connection.fetch(&request_of(USER, "POST", &path, &body)).await?;
        let started: Value = serde_json::from_slice(&started)?;
        let id = started["importId"].as_str().context("an import has an id")?;
        Ok(Self { connection, path: format!("{path}/{id}") })
    }

    fn request(&self, method: &str, what: &str, body: &str) -> Vec<u8> {
        request_of(USER, method, &format!("{}{what}", self.path), body)
    }

    async fn call(&mut self, what: &str, body: &Value) -> Result<Value> {
        let request = self.request("POST", what, &body.to_string());
        Ok(serde_json::from_slice(&self.connection.fetch(&request).await?)?)
    }

    async fn send(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        for (number, piece) in bytes.chunks(PIECE_BYTES).enumerate() {
            let body = json!({
                "fileName": name,
                "sizeBytes": bytes.len().to_string(),
                "offsetBytes": (number * PIECE_BYTES).to_string(),
                "content": BASE64_STANDARD.encode(piece),
            });
            self.call(":upload", &body).await?;
        }
        Ok(())
    }

    async fn until(&mut self, wanted: &str) -> Result<Value> {
        loop {
            let request = self.request("GET", "", "");
            let job: Value = serde_json::from_slice(&self.connection.fetch(&request).await?)?;
            match job["state"].as_str() {
                Some(state) if state == wanted => return Ok(job),
                Some("WAITING" | "RUNNING" | "RECEIVING" | "CHECKED") => {
                    tokio::time::sleep(BETWEEN_LOOKS).await;
                }
                _ => bail!("{job}"),
            }
        }
    }
}
