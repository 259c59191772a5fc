//! The one program: commands, configuration, assembly.
//!
//! This is the only place that knows addresses, files, the real clock and real randomness. Start
//! reading at `cli` for the commands and at `assembly` for what they are put together from.

mod api_use;
mod assembly;
mod cli;
mod cluster;
mod command;
mod config;
mod layout;
mod outbox;
mod progress;
mod protection;
mod services;
mod sink;
mod watch;
mod webhooks;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use crate::{
    cli::{Cli, Command},
    config::Config,
    watch::Traced,
};

/// A save makes and drops many small strings on several threads, on which the usual allocator spends
/// a third of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = cli.log.clone().unwrap_or_else(|| "info".to_owned());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("casebook: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(async {
        let traces = watch::start_log(&log, traced(&cli).as_ref())?;
        let ended = command::run(cli).await;
        // Sending the last of them takes this thread, and no other is left to the program.
        drop(tokio::task::spawn_blocking(move || drop(traces)).await);
        ended
    });
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("casebook: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Where traces of a command are sent. What is wrong with its settings it says itself.
fn traced(cli: &Cli) -> Option<Traced> {
    let (config, parts) = match &cli.command {
        Command::Serve(serve) => (Config::new(&serve.place, serve.listen), serve.only.as_slice()),
        Command::Demo(demo) => (Config::new(&demo.place, demo.listen), &[][..]),
        _ => return None,
    };
    let config = config.ok()?;
    let installation = config.cluster.installation.as_deref();
    Some(Traced::new(config.watch.otlp_endpoint?, installation, parts))
}
