//! `formats`: a form in every format, against pandas and pyreadstat from the same stored documents.

use std::{collections::BTreeMap, path::Path, process::Command};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{
    export::{FLAT, LARGE, Run, SMALL, casebook},
    fill, place, process,
    study::EVENTS,
    table::{Table, against, count, median},
};

/// Each run takes minutes, and the sides differ by more than its noise.
const ROUNDS: usize = 1;
const PEAK_GOAL_MB: f64 = 250.0;

/// Ours, and what the peer calls the same.
const FORMATS: [(&str, Option<&str>); 14] = [
    ("csv", Some("csv")),
    ("csv-scripts", None),
    ("xpt", Some("xpt")),
    ("dataset-json", None),
    ("dataset-ndjson", None),
    ("dsjc", None),
    ("parquet", Some("parquet")),
    ("sqlite", Some("sqlite")),
    ("json", Some("json")),
    ("ndjson", Some("ndjson")),
    ("odm", None),
    ("odm-transactional", None),
    ("odm2", None),
    ("fhir-ndjson", None),
];

/// What the peer used.
#[derive(Deserialize)]
struct Peer {
    values: f64,
    /// From the database to a frame.
    read_seconds: f64,
    /// From the frame to a file, format by format.
    write_seconds: BTreeMap<String, f64>,
}

pub async fn run() -> Result<()> {
    let small = fill::folder("records-100k", SMALL, true).await?;
    let large = fill::folder("records-1m", LARGE, true).await?;
    let python = place::python()?;
    let mut runs: BTreeMap<&str, (Vec<Run>, Vec<Run>)> = BTreeMap::new();
    let (mut peers, mut peer_peaks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (format, _) in FORMATS {
            let (of_small, of_large) = runs.entry(format).or_default();
            of_small.push(casebook(&small, format)?);
            of_large.push(casebook(&large, format)?);
        }
        let (peer, peak_mb) = pandas(&python, &large)?;
        peers.push(peer);
        peer_peaks.push(peak_mb);
    }
    let records = count(f64::from(LARGE * EVENTS));
    let mut table = Table::new(
        &format!("formats: one form of 20 items, {records} records"),
        &[
            "format",
            "values/s",
            "most memory MB",
            "of a tenth of the records MB",
            "pandas: values/s with reading",
            "ratio",
            "pandas: values/s of writing alone",
            "ratio",
        ],
    );
    let mut flat = true;
    for (format, peer_name) in FORMATS {
        let (of_small, of_large) = &runs[format];
        let peak = |runs: &[Run]| median(runs.iter().map(|run| run.used.peak_mb));
        let (at_small, at_large) = (peak(of_small), peak(of_large));
        flat &= at_large < PEAK_GOAL_MB && at_large < at_small * FLAT;
        let ours = median(of_large.iter().map(Run::rate));
        let mut cells = vec![
            format.to_owned(),
            count(ours),
            format!("{at_large:.0}"),
            format!("{at_small:.0}"),
        ];
        cells.extend(beside(ours, peer_name, &peers)?);
        table.row(&cells);
    }
    table.print();
    println!("pandas and pyreadstat took {:.0} MB at most", median(peer_peaks));
    println!("{}", against(flat, "memory under 250 MB and flat in every format"));
    Ok(())
}

/// What the peer writes in a second, with reading and without, and our ratio to both.
fn beside(ours: f64, peer_name: Option<&str>, peers: &[Peer]) -> Result<[String; 4]> {
    let Some(name) = peer_name else { return Ok(["", "", "", ""].map(str::to_owned)) };
    let mut rates = (Vec::new(), Vec::new());
    for peer in peers {
        let write = peer.write_seconds.get(name).context("the peer wrote every format")?;
        rates.0.push(peer.values / (peer.read_seconds + write));
        rates.1.push(peer.values / write);
    }
    let (whole, alone) = (median(rates.0), median(rates.1));
    let ratio = |theirs: f64| format!("{:.1}", ours / theirs);
    Ok([count(whole), ratio(whole), count(alone), ratio(alone)])
}

/// Also answers the most memory, in MB.
fn pandas(python: &Path, folder: &Path) -> Result<(Peer, f64)> {
    let out = place::data()?.join("pandas");
    place::remove(&out)?;
    let mut command = Command::new(python);
    command.arg(place::root().join("bench/peers/pandas_formats.py"));
    let used = process::run(command.arg(folder.join("casebook.db")).arg(&out))?;
    place::remove(&out)?;
    let peer = serde_json::from_str(&used.output).context("the peer says what it did")?;
    Ok((peer, used.peak_mb))
}
