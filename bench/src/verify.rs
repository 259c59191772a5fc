//! `verify`: chains of a large store, and views held against a replay.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{
    fill, place,
    process::{self, Used},
    table::{Table, against, count, median},
};

const SUBJECTS: u32 = 33_334;
const ROUNDS: usize = 3;
const ENTRIES_GOAL: f64 = 500_000.0;
const MEGABYTES_GOAL: f64 = 500.0;

struct Run {
    used: Used,
    entries: f64,
    megabytes: f64,
}

pub async fn run() -> Result<()> {
    let folder = fill::folder("records-1m", SUBJECTS, true).await?;
    let (mut chains, mut views) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        chains.push(verify(&folder, true)?);
        views.push(verify(&folder, false)?);
    }
    let mut table = Table::new(
        "verify: 1,000,020 form records; process start to end",
        &[
            "what",
            "entries",
            "entries/s",
            "MB/s",
            "entries/s per core",
            "MB/s per core",
            "most memory MB",
        ],
    );
    row(&mut table, "chains", &chains);
    row(&mut table, "chains and views", &views);
    table.print();
    let per_core =
        |value: fn(&Run) -> f64| median(chains.iter().map(|run| value(run) / run.used.cpu_seconds));
    let met = per_core(|run| run.entries) >= ENTRIES_GOAL
        || per_core(|run| run.megabytes) >= MEGABYTES_GOAL;
    println!("{}", against(met, "chains at 500,000 entries or 500 MB per second and core"));
    Ok(())
}

fn row(table: &mut Table, what: &str, runs: &[Run]) {
    let of = |value: fn(&Run) -> f64| median(runs.iter().map(value));
    table.row(&[
        what.to_owned(),
        count(of(|run| run.entries)),
        count(of(|run| run.entries / run.used.seconds)),
        count(of(|run| run.megabytes / run.used.seconds)),
        count(of(|run| run.entries / run.used.cpu_seconds)),
        count(of(|run| run.megabytes / run.used.cpu_seconds)),
        count(of(|run| run.used.peak_mb)),
    ]);
}

fn verify(folder: &std::path::Path, chains_only: bool) -> Result<Run> {
    let mut command = Command::new(place::casebook());
    command.args(["verify", "--json", "--data"]).arg(folder);
    if chains_only {
        command.arg("--chains-only");
    }
    let used = process::run(&mut command)?;
    let report: serde_json::Value = serde_json::from_str(&used.output)?;
    let number = |name: &str| report[name].as_f64().with_context(|| format!("no {name}"));
    let (entries, bytes) = (number("entries")?, number("bytes")?);
    Ok(Run { entries, megabytes: bytes / 1e6, used })
}
