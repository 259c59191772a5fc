//! `export`: a form as CSV, against pandas from the same stored documents.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result};

use crate::{
    fill, place,
    process::{self, Used},
    study::{EVENTS, FORM, STUDY},
    table::{Table, against, count, median},
};

/// Subjects with 30 visits each: 100,020 and 1,000,020 records.
pub const SMALL: u32 = 3_334;
pub const LARGE: u32 = 33_334;
const ROUNDS: usize = 3;
const RATIO_GOAL: f64 = 10.0;
const PEAK_GOAL_MB: f64 = 200.0;
/// How much more memory ten times the records may take before it is not flat.
pub const FLAT: f64 = 1.25;

/// An export and how many values it wrote.
pub struct Run {
    pub used: Used,
    pub values: f64,
}

impl Run {
    pub fn rate(&self) -> f64 {
        self.values / self.used.seconds
    }
}

pub async fn run() -> Result<()> {
    let small = fill::folder("records-100k", SMALL, true).await?;
    let large = fill::folder("records-1m", LARGE, true).await?;
    let python = place::python()?;
    let (mut ours, mut ours_small, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(casebook(&large, "csv")?);
        theirs.push(pandas(&python, &large)?);
        ours_small.push(casebook(&small, "csv")?);
    }
    let mut table = Table::new(
        "export: one form of 20 items as CSV; real vital signs, replicated",
        &["program", "records", "seconds", "values/s", "processor seconds", "most memory MB"],
    );
    row(&mut table, "casebook export", SMALL, &ours_small);
    row(&mut table, "casebook export", LARGE, &ours);
    row(&mut table, "pandas", LARGE, &theirs);
    table.print();
    let of = |runs: &[Run]| median(runs.iter().map(Run::rate));
    let peak = |runs: &[Run]| median(runs.iter().map(|run| run.used.peak_mb));
    let ratio = of(&ours) / of(&theirs);
    println!("ratio {ratio:.1}; {}", against(ratio >= RATIO_GOAL, "at least 10"));
    let (at_small, at_large) = (peak(&ours_small), peak(&ours));
    let flat = at_large < PEAK_GOAL_MB && at_large < at_small * FLAT;
    println!("{}", against(flat, "memory under 200 MB and flat"));
    Ok(())
}

fn row(table: &mut Table, program: &str, subjects: u32, runs: &[Run]) {
    let of = |value: fn(&Run) -> f64| median(runs.iter().map(value));
    table.row(&[
        program.to_owned(),
        count(f64::from(subjects * EVENTS)),
        format!("{:.2}", of(|run| run.used.seconds)),
        count(of(Run::rate)),
        format!("{:.2}", of(|run| run.used.cpu_seconds)),
        format!("{:.0}", of(|run| run.used.peak_mb)),
    ]);
}

/// Exports the form in a format, and removes what was written.
pub fn casebook(folder: &Path, format: &str) -> Result<Run> {
    let out = place::data()?.join("export");
    let run = casebook_into(folder, format, &out)?;
    place::remove(&out)?;
    Ok(run)
}

/// Exports the form in a format.
pub fn casebook_into(folder: &Path, format: &str, out: &Path) -> Result<Run> {
    place::remove(out)?;
    let mut command = Command::new(place::casebook());
    command.args(["export", "--json", "--study", STUDY, "--form", FORM, "--format", format]);
    let used = process::run(command.arg("--data").arg(folder).arg("--out").arg(out))?;
    let manifest: serde_json::Value = serde_json::from_str(&used.output)?;
    let files = manifest["files"].as_array().context("a manifest lists its files")?;
    let most = files.iter().filter_map(|file| file["values"].as_f64()).reduce(f64::max);
    Ok(Run { used, values: most.context("a manifest counts values")? })
}

fn pandas(python: &Path, folder: &Path) -> Result<Run> {
    let out = place::data()?.join("pandas.csv");
    let mut command = Command::new(python);
    command.arg(place::root().join("bench/peers/pandas_export.py"));
    let used = process::run(command.arg(folder.join("casebook.db")).arg(&out))?;
    let values: f64 = used.output.trim().parse()?;
    place::remove(&out)?;
    Ok(Run { used, values })
}
