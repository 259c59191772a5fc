//! One file for each command.

mod backup;
mod checkpoint;
mod cluster_key;
mod demo;
mod dictionary;
mod draft;
mod enter;
mod export;
mod import;
pub mod public_key;
mod ranges;
mod record;
pub mod serve;
mod study;
mod user;
mod verify;

use std::{pin::Pin, process::ExitCode};

use anyhow::Result;

use crate::cli::{Cli, Command};

/// Runs a command. An error and a failing answer end the program with a code other than 0.
pub fn run(cli: Cli) -> Pin<Box<dyn Future<Output = Result<ExitCode>>>> {
    match cli.command {
        Command::Demo(demo) => Box::pin(demo::run(demo)),
        Command::Serve(serve) => Box::pin(serve::run(serve)),
        Command::Study(study) => Box::pin(study::run(study)),
        Command::Import(import) => Box::pin(import::run(import)),
        Command::Export(export) => Box::pin(export::run(export)),
        Command::Record(record) => Box::pin(record::run(record)),
        Command::Dictionary(dictionary) => Box::pin(dictionary::run(dictionary)),
        Command::Ranges(ranges) => Box::pin(ranges::run(ranges)),
        Command::Verify(verify) => Box::pin(verify::run(verify)),
        Command::Checkpoint(checkpoint) => Box::pin(checkpoint::run(checkpoint)),
        Command::ClusterKey(key) => Box::pin(async move { cluster_key::run(&key) }),
        Command::RebuildViews(rebuild) => Box::pin(verify::rebuild(rebuild)),
        Command::Backup(backup) => Box::pin(backup::run(backup)),
        Command::User(user) => Box::pin(user::run(user)),
    }
}
