//! `demo`: the demonstration trial from its sources into an empty folder.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{
    place,
    process::{self, Used},
    table::{Table, against, count, median},
};

const ROUNDS: usize = 3;
const GOAL_SECONDS: f64 = 60.0;

pub fn run() -> Result<()> {
    let mut runs = Vec::new();
    for _ in 0..ROUNDS {
        let folder = place::data()?.join("demo");
        place::remove(&folder)?;
        let mut command = Command::new(place::casebook());
        command.args(["demo", "--no-serve", "--json", "--data"]).arg(&folder);
        runs.push(process::run(&mut command)?);
        place::remove(&folder)?;
    }
    let summary: serde_json::Value =
        serde_json::from_str(runs.last().map_or("", |run| run.output.trim()))?;
    let number = |name: &str| summary[name].as_f64().with_context(|| format!("no {name}"));
    let of = |value: fn(&Used) -> f64| median(runs.iter().map(value));
    let mut table = Table::new(
        "demo: CDISCPILOT01 from its sources into an empty folder",
        &[
            "rows read",
            "form records",
            "values",
            "entries",
            "seconds",
            "processor seconds",
            "most memory MB",
        ],
    );
    table.row(&[
        count(number("sourceRows")?),
        count(number("formRecords")?),
        count(number("values")?),
        count(number("entries")?),
        format!("{:.1}", of(|run| run.seconds)),
        format!("{:.1}", of(|run| run.cpu_seconds)),
        format!("{:.0}", of(|run| run.peak_mb)),
    ]);
    table.print();
    println!("{}", against(of(|run| run.seconds) < GOAL_SECONDS, "under 60 seconds"));
    Ok(())
}
