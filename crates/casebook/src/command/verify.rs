//! `casebook verify` and `casebook rebuild-views`.

use std::{fs, process::ExitCode, sync::Arc, time::Instant};

use anyhow::{Context as _, Result};
use edc::proof::{Progress, VerifyOptions, VerifyReport, read_checkpoint, rebuild_views, verify};
use indicatif::ProgressBar;

use crate::{
    assembly::Assembly,
    cli::{RebuildViews, Verify},
    config::Config,
    progress::counter,
};

pub async fn run(args: Verify) -> Result<ExitCode> {
    let assembly = Assembly::open_to_scan(&Config::new(&args.place, None)?).await?;
    let checkpoint = match &args.checkpoint {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Some(read_checkpoint(&text).with_context(|| format!("in {}", path.display()))?)
        }
    };
    let trusted_key = assembly.signing_key()?.verifying_key().to_bytes();
    let options = VerifyOptions {
        study: None,
        checkpoint,
        trusted_key: Some(trusted_key),
        views: !args.chains_only,
    };
    let bar = counter("verifying", "entries");
    let started = Instant::now();
    let report = verify(&assembly.store, options, shown(&bar)).await?;
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    if args.json {
        println!("{}", json(&report, seconds));
    } else {
        print(&report, seconds, args.checkpoint.is_some());
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub async fn rebuild(args: RebuildViews) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(&args.place, None)?).await?;
    let bar = counter("replaying", "entries");
    let study = args.study.as_deref().map(Into::into);
    let rebuilt = rebuild_views(&assembly.store, study.as_ref(), shown(&bar)).await?;
    bar.finish_and_clear();
    println!("rebuilt the views of {} casebooks in {} studies", rebuilt.casebooks, rebuilt.studies);
    Ok(ExitCode::SUCCESS)
}

fn shown(bar: &ProgressBar) -> Progress {
    let bar = bar.clone();
    Arc::new(move |entries, _bytes| bar.set_position(entries))
}

fn print(report: &VerifyReport, seconds: f64, checkpoint: bool) {
    for fault in &report.faults {
        println!("{fault}");
    }
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let megabytes = report.bytes as f64 / 1e6;
    println!(
        "{} logs, {} entries, {megabytes:.1} MB, {} view rows in {seconds:.2} s",
        report.logs, report.entries, report.view_rows
    );
    if checkpoint {
        println!("{} logs held against the checkpoint", report.checkpoint_logs);
    }
    if report.is_clean() {
        println!("the journal is whole");
    } else {
        println!("{} faults", report.faults_total);
    }
}

fn json(report: &VerifyReport, seconds: f64) -> serde_json::Value {
    let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    serde_json::json!({
        "logs": report.logs, "entries": report.entries, "bytes": report.bytes,
        "viewRows": report.view_rows, "checkpointLogs": report.checkpoint_logs,
        "seconds": seconds, "faults": faults, "faultsTotal": report.faults_total,
    })
}
