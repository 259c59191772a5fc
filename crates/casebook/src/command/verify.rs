//! `casebook verify` and `casebook rebuild-views`.

use std::{fs, process::ExitCode, sync::Arc, time::Instant};

use anyhow::{Context as _, Result};
use edc::proof::{
    self, Fault, Progress, VerifyOptions, VerifyReport, read_checkpoint, rebuild_views, verify,
};
use indicatif::ProgressBar;

use crate::{
    assembly::{Assembly, LAST_CHECKPOINT},
    cli::{RebuildViews, Verify},
    command::public_key,
    config::Config,
    layout,
    progress::counter,
    webhooks,
};

pub async fn run(args: Verify) -> Result<ExitCode> {
    let given_key = args.key.as_deref().map(public_key::read).transpose()?;
    let assembly =
        Assembly::open_to_scan(&Config::new(&args.place, None)?, !args.chains_only).await?;
    let checkpoint = match &args.checkpoint {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Some(read_checkpoint(&text).with_context(|| format!("in {}", path.display()))?)
        }
    };
    let own_key = assembly.present_signing_key()?.map(|key| key.verifying_key().to_bytes());
    let options = VerifyOptions {
        study: None,
        checkpoint,
        trusted_key: given_key.or(own_key),
        views: !args.chains_only,
    };
    let bar = counter("verifying", "entries");
    let started = Instant::now();
    let mut report = verify(&assembly.store, options, shown(&bar)).await?;
    let mut told: Vec<String> = Vec::new();
    if !args.chains_only {
        let compared = [
            assembly.portfolio.verify_views().await?,
            assembly.identity.verify_views().await?,
            webhooks::rows(&assembly.store).verify().await?,
            assembly.edc.verify_dictionaries().await?,
            assembly.edc.verify_files().await?,
        ];
        for views in compared {
            report.view_rows += views.rows;
            report.faults_total += views.faults_total;
            told.extend(views.faults);
        }
    }
    bar.finish_and_clear();
    if let Some(given) = &given_key {
        let faults = own_faults(&assembly, own_key.as_ref(), given);
        report.faults_total += faults.len() as u64;
        report.faults.extend(faults);
    }
    told.extend(report.faults.iter().map(ToString::to_string));
    let seconds = started.elapsed().as_secs_f64();
    if args.json {
        println!("{}", json(&report, &told, seconds, given_key.is_some()));
    } else {
        let given_key = args.checkpoint.is_some().then_some(given_key.is_some());
        print(&report, &told, seconds, given_key);
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What in the data folder itself is not of the given key: its own key, its last checkpoint.
fn own_faults(assembly: &Assembly, own_key: Option<&[u8; 32]>, given: &[u8; 32]) -> Vec<Fault> {
    let fault = |what: String| Fault { place: proof::Place::Checkpoint, what };
    let mut faults = Vec::new();
    if own_key.is_some_and(|own| own != given) {
        faults.push(fault("the key in the data folder is not the given one".to_owned()));
    }
    if let Ok(text) = fs::read_to_string(assembly.data.join(LAST_CHECKPOINT)) {
        let signed = read_checkpoint(&text)
            .map_err(|error| error.to_string())
            .and_then(|last| last.checkpoint.verify(given).map_err(|error| error.to_string()));
        let said = signed.err().map(|error| format!("the last one in the data folder: {error}"));
        faults.extend(said.map(fault));
    }
    faults
}

pub async fn rebuild(args: RebuildViews) -> Result<ExitCode> {
    let assembly = Assembly::open_to_rebuild(&Config::new(&args.place, None)?).await?;
    let bar = counter("replaying", "entries");
    let study = args.study.as_deref().map(Into::into);
    let rebuilt = rebuild_views(&assembly.store, study.as_ref(), shown(&bar)).await?;
    bar.finish_and_clear();
    println!("rebuilt the views of {} casebooks in {} studies", rebuilt.casebooks, rebuilt.studies);
    if study.is_none() {
        let entered = assembly.portfolio.rebuild_views().await?;
        println!("rebuilt the views of {entered} studies in the portfolio");
        println!("rebuilt the views of {} users", assembly.identity.rebuild_views().await?);
        let rebuilt = webhooks::rows(&assembly.store).rebuild().await?;
        println!("rebuilt the views of {rebuilt} webhook endpoints");
        let rebuilt = assembly.edc.rebuild_dictionaries().await?;
        println!("rebuilt the views of {rebuilt} dictionaries");
        layout::record(&assembly.store).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(bar: &ProgressBar) -> Progress {
    let bar = bar.clone();
    Arc::new(move |entries, _bytes| bar.set_position(entries))
}

/// With a checkpoint, `given_key` says whether it was held against a key from outside.
fn print(report: &VerifyReport, faults: &[String], seconds: f64, given_key: Option<bool>) {
    for fault in faults {
        println!("{fault}");
    }
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let megabytes = report.bytes as f64 / 1e6;
    println!(
        "{} logs, {} entries, {megabytes:.1} MB, {} view rows in {seconds:.2} s",
        report.logs, report.entries, report.view_rows
    );
    if let Some(given_key) = given_key {
        let key = match (report.signature_trusted, given_key) {
            (true, true) => "signed with the given key",
            (true, false) => "signed with the key in this data folder; --key asks for another one",
            (false, _) => "not shown to be signed with a key that is known here",
        };
        println!("{} logs held against the checkpoint, {key}", report.checkpoint_logs);
    }
    if report.is_clean() {
        println!("the journal is whole");
    } else {
        println!("{} faults", report.faults_total);
    }
}

fn json(
    report: &VerifyReport,
    faults: &[String],
    seconds: f64,
    given_key: bool,
) -> serde_json::Value {
    serde_json::json!({
        "logs": report.logs, "entries": report.entries, "bytes": report.bytes,
        "viewRows": report.view_rows, "checkpointLogs": report.checkpoint_logs,
        "signatureTrusted": report.signature_trusted, "keyGiven": given_key,
        "seconds": seconds, "faults": faults, "faultsTotal": report.faults_total,
    })
}
