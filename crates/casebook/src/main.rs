//! The one program: commands, configuration, assembly.
//!
//! This is the only place that knows addresses, files, the real clock and real randomness. Start
//! reading at `cli` for the commands and at `assembly` for what they are put together from.

mod assembly;
mod cli;
mod cluster;
mod command;
mod config;
mod outbox;
mod progress;
mod services;
mod sink;
mod webhooks;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// A save makes and drops many small strings on several threads, on which the usual allocator spends
/// a third of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let log = cli.log.clone().unwrap_or_else(|| "info".to_owned());
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(log))
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("casebook: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(command::run(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("casebook: {error:#}");
            ExitCode::FAILURE
        }
    }
}
