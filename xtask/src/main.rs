//! What developers and the continuous integration run: `cargo xtask setup | check | test | bench | release-contracts`.
//!
//! Each command is one file; the parts of `check` are files under `check/`. Nothing here knows what
//! the product does. Start reading at [`test::run`], which runs everything.

mod bench;
mod check;
mod phases;
mod process;
mod programs;
mod setup;
mod test;
mod tree;
mod web;

use anyhow::Result;
use clap::Parser;

/// Tasks of the Casebook workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Install what the tests need; does nothing, and needs no network, when all is there.
    Setup,
    /// Check format, layout, licences, arrows between crates, and lints.
    Check {
        /// Only this part.
        #[arg(value_enum)]
        part: Option<check::Part>,
    },
    /// Keep the present contracts as released: from now on they do not break silently.
    ReleaseContracts,
    /// Set up, check, and run all tests.
    Test,
    /// Build and run the benchmarks.
    Bench {
        /// Handed to the benchmark program; `all` when absent.
        arguments: Vec<String>,
    },
}

fn main() -> Result<()> {
    let mut phases = phases::Phases::default();
    match Task::parse() {
        Task::Setup => setup::run(),
        Task::Check { part: None } => check::run(&mut phases),
        Task::Check { part: Some(part) } => part.run(),
        Task::ReleaseContracts => check::release_contracts(),
        Task::Test => test::run(phases),
        Task::Bench { arguments } => bench::run(&arguments),
    }
}
