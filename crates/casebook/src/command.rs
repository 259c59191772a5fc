//! One file for each command.

mod backup;
mod checkpoint;
mod demo;
mod draft;
mod enter;
mod export;
mod import;
mod public_key;
mod record;
mod serve;
mod study;
mod user;
mod verify;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::{Cli, Command};

/// Runs a command. An error and a failing answer end the program with a code other than 0.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Demo(demo) => demo::run(demo).await,
        Command::Serve(serve) => serve::run(serve).await,
        Command::Study(study) => study::run(study).await,
        Command::Import(import) => import::run(import).await,
        Command::Export(export) => export::run(export).await,
        Command::Record(record) => record::run(record).await,
        Command::Verify(verify) => verify::run(verify).await,
        Command::Checkpoint(checkpoint) => checkpoint::run(checkpoint).await,
        Command::RebuildViews(rebuild) => verify::rebuild(rebuild).await,
        Command::Backup(backup) => backup::run(backup).await,
        Command::User(user) => user::run(user).await,
    }
}
