//! `casebook checkpoint`: a signed summary of all logs, to be kept elsewhere.

use std::{fs, process::ExitCode};

use anyhow::{Context as _, Result};
use edc::proof::{checkpoint, read_checkpoint};

use crate::{
    assembly::{Assembly, LAST_CHECKPOINT, now},
    cli::Checkpoint,
    command::public_key,
    config::Config,
};

pub async fn run(args: Checkpoint) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(&args.place, None)?).await?;
    let last = assembly.data.join(LAST_CHECKPOINT);
    let previous = match fs::read_to_string(&last) {
        Ok(text) => Some(read_checkpoint(&text)?.checkpoint),
        Err(_) => None,
    };
    let key = assembly.signing_key()?;
    let now_ms = now().as_millisecond();
    let taken = checkpoint(&assembly.store, &key, now_ms, previous.as_ref()).await?;
    fs::write(&args.out, taken.to_text())
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    fs::write(last, taken.to_text())?;
    println!("{} logs signed, root in {}", taken.leaves.len(), args.out.display());
    println!("public key {}", public_key::text(&key.verifying_key().to_bytes()));
    Ok(ExitCode::SUCCESS)
}
