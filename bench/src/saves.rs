//! `saves`: durable form saves over HTTP, against item rows with one transaction per save.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    disk, fill,
    load::Measured,
    place,
    process::Server,
    table::{Table, against, count, median},
};

const CONNECTIONS: u32 = 64;
const SUBJECTS: u32 = 2_000;
const ROUNDS: usize = 5;
const SECONDS: f64 = 4.0;
const WARM_UP: usize = 30;
const RATIO_GOAL: f64 = 8.0;
const P99_GOAL_MS: f64 = 50.0;
/// What a disk takes that waits until a write is durable: 1 to 5 ms without a battery behind it.
const SLOWER: Duration = Duration::from_millis(2);

const COLUMNS: [&str; 7] =
    ["server", "load", "saves/s", "processor us/save", "p50 ms", "p99 ms", "longest ms"];

/// One run against one server.
struct Run {
    measured: Measured,
    cpu_us_per_save: f64,
}

impl Run {
    fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of saves is small")]
        let saves = self.measured.saves as f64;
        saves / self.measured.seconds
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Casebook,
    ItemRows,
    /// Nothing is kept: what HTTP and the load leave room for.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Disk {
    AsItIs,
    Slower,
}

pub async fn run() -> Result<()> {
    let prepared = fill::folder("saves", SUBJECTS, false).await?;
    let (mut ours, mut theirs, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    let mut nothing = Vec::new();
    for _ in 0..ROUNDS {
        syncs.push(disk::syncs_per_second()?);
        ours.push(measure(Kind::Casebook, &prepared, None, Disk::AsItIs)?);
        theirs.push(measure(Kind::ItemRows, &prepared, None, Disk::AsItIs)?);
        nothing.push(measure(Kind::Nothing, &prepared, None, Disk::AsItIs)?);
    }
    let peak = median(ours.iter().map(Run::rate));
    let peer_peak = median(theirs.iter().map(Run::rate));
    let (mut ours_open, mut theirs_open) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours_open.push(measure(Kind::Casebook, &prepared, Some(peak / 2.0), Disk::AsItIs)?);
        theirs_open.push(measure(Kind::ItemRows, &prepared, Some(peer_peak / 2.0), Disk::AsItIs)?);
    }
    let title = format!(
        "saves: 20 items, 6 checks, {CONNECTIONS} connections, four first saves to one edit \
         ({} write + fsync per second alone)",
        count(median(syncs))
    );
    let mut table = Table::new(&title, &COLUMNS);
    row(&mut table, "casebook", "as many as go", &ours);
    row(&mut table, "item rows", "as many as go", &theirs);
    row(&mut table, "nothing is kept", "as many as go", &nothing);
    row(&mut table, "casebook", "half of its peak, by the clock", &ours_open);
    row(&mut table, "item rows", "half of its peak, by the clock", &theirs_open);
    table.print();
    let (ratio, p99) = (peak / peer_peak, median(ours_open.iter().map(|run| run.measured.p99)));
    println!("ratio {ratio:.1}; {}", against(ratio >= RATIO_GOAL, "at least 8"));
    let most = median(nothing.iter().map(Run::rate)) / peer_peak;
    println!("ratio if nothing were kept {most:.1}: no server behind this HTTP reaches more here");
    println!("p99 at half load {p99:.1} ms; {}", against(p99 < P99_GOAL_MS, "under 50 ms"));
    on_a_slower_disk(&prepared)
}

/// The same where the disk takes its time, on which the ratio depends most.
fn on_a_slower_disk(prepared: &Path) -> Result<()> {
    if disk::slowed(&Command::new("true"), SLOWER).is_none() {
        println!("saves: strace is not there, so no slower disk was tried");
        return Ok(());
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(measure(Kind::Casebook, prepared, None, Disk::Slower)?);
        theirs.push(measure(Kind::ItemRows, prepared, None, Disk::Slower)?);
    }
    let by = SLOWER.as_millis();
    let title = format!("saves, each write that is made durable takes {by} ms longer");
    let mut table = Table::new(&title, &COLUMNS);
    row(&mut table, "casebook", "as many as go", &ours);
    row(&mut table, "item rows", "as many as go", &theirs);
    table.print();
    let peak = |runs: &[Run]| median(runs.iter().map(Run::rate));
    let ratio = peak(&ours) / peak(&theirs);
    println!("ratio {ratio:.1}; {}", against(ratio >= RATIO_GOAL, "at least 8"));
    Ok(())
}

fn row(table: &mut Table, server: &str, load: &str, runs: &[Run]) {
    let of = |value: fn(&Run) -> f64| median(runs.iter().map(value));
    table.row(&[
        server.to_owned(),
        load.to_owned(),
        count(of(Run::rate)),
        format!("{:.0}", of(|run| run.cpu_us_per_save)),
        format!("{:.2}", of(|run| run.measured.p50)),
        format!("{:.2}", of(|run| run.measured.p99)),
        format!("{:.1}", of(|run| run.measured.longest)),
    ]);
}

fn measure(kind: Kind, prepared: &Path, rate: Option<f64>, disk: Disk) -> Result<Run> {
    let folder = place::data()?.join("saves-run");
    let mut command = match kind {
        Kind::Casebook => {
            place::copy(prepared, &folder)?;
            serve(&folder)
        }
        Kind::ItemRows => {
            place::remove(&folder)?;
            std::fs::create_dir_all(&folder)?;
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("peer").arg(folder.join("rows.db"));
            command
        }
        Kind::Nothing => {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("peer");
            command
        }
    };
    if disk == Disk::Slower {
        command = disk::slowed(&command, SLOWER).context("strace was there before")?;
    }
    let server = Server::start(&mut command)?;
    let mut load = Command::new(std::env::current_exe()?);
    load.arg("load").arg("--address").arg(server.address.to_string());
    load.args(["--connections", &CONNECTIONS.to_string(), "--subjects", &SUBJECTS.to_string()]);
    load.args(["--warm-up", &WARM_UP.to_string(), "--seconds", &SECONDS.to_string()]);
    if let Some(rate) = rate {
        load.args(["--rate", &rate.to_string()]);
    }
    let mut child = load.stdout(Stdio::piped()).spawn().context("cannot start the load")?;
    let pipe = child.stdout.take().context("the output is piped")?;
    let (mut before, mut measured) = (0.0, None);
    for line in BufReader::new(pipe).lines() {
        let line = line?;
        if line == "warm" {
            before = server.cpu_seconds()?;
        } else {
            measured = Some(serde_json::from_str::<Measured>(&line)?);
        }
    }
    let used = server.cpu_seconds()? - before;
    ensure!(child.wait()?.success(), "the load generator failed");
    let measured = measured.context("the load generator says what it measured")?;
    #[expect(clippy::cast_precision_loss, reason = "a count of saves is small")]
    let cpu_us_per_save = used * 1e6 / measured.saves.max(1) as f64;
    drop(server);
    place::remove(&folder)?;
    Ok(Run { measured, cpu_us_per_save })
}

/// `casebook serve` on a data folder, on a port of its choice. One user sends everything, which the
/// usual limits of a caller are against.
pub fn serve(folder: &PathBuf) -> Command {
    let mut command = Command::new(place::casebook());
    command.env("CASEBOOK_LIMITS_CALLER_PER_SECOND", "0");
    command.env("CASEBOOK_LIMITS_STUDY_PER_SECOND", "0");
    command.arg("serve").arg("--data").arg(folder).args(["--listen", "127.0.0.1:0"]);
    command
}
