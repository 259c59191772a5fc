//! Side-by-side benchmarks: `cargo run --release -p bench -- all`, or one of them by name.
//!
//! Each benchmark is one file and prints one table of medians. What is measured is the program
//! itself, in processes of its own, beside peers that do the same; runs of both alternate, so that
//! noise of the machine meets both. Start reading at `saves`.

mod bare;
mod bulk;
mod calls;
mod demo;
mod disk;
mod export;
mod fill;
mod formats_out;
mod idle;
mod load;
mod log_ins;
mod matrix;
mod odm;
mod peer;
mod peer_rows;
mod peers;
mod peers_data;
mod place;
mod process;
mod saves;
mod saves_plan;
mod study;
mod table;
mod values;
mod verify;
mod wire;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use tokio::runtime::Runtime;

#[derive(Debug, PartialEq, Parser)]
enum Bench {
    /// Everything below, one after the other.
    All,
    /// Form saves over HTTP against item rows.
    Saves,
    /// CSV against pandas, and memory.
    Export,
    /// Every format against pandas and pyreadstat, and memory.
    Formats,
    /// Clinical data in ODM, read against lxml.
    Odm,
    /// A table over HTTP, with the report of every row.
    Import,
    /// A page of the matrix, and a form.
    Matrix,
    /// Chains and views.
    Verify,
    /// The demonstration trial.
    Demo,
    /// Requests beside gin and go-zero.
    Peers,
    /// Connections that have nothing to say.
    Idle,
    /// Five hundred log-ins while others save.
    LogIns,
    /// Ten thousand connections, by a process that may open as many.
    #[command(hide = true)]
    Hold,
    /// A server that keeps item rows.
    #[command(hide = true)]
    Peer { file: Option<PathBuf> },
    /// A server that answers everything with the bytes of a file.
    #[command(hide = true)]
    Bare { file: PathBuf },
    /// Reads a file in ODM to its end.
    #[command(hide = true)]
    ReadOdm { file: PathBuf },
    /// A load generator.
    #[command(hide = true)]
    Load(load::Load),
}

fn main() -> Result<()> {
    let bench = match Bench::parse() {
        Bench::Load(load) => return load::run(&load),
        Bench::Peer { file } => return Runtime::new()?.block_on(peer::serve(file.as_deref())),
        Bench::Bare { file } => return Runtime::new()?.block_on(bare::serve(&file)),
        Bench::ReadOdm { file } => return odm::read(&file),
        Bench::Hold => return Runtime::new()?.block_on(idle::hold()),
        bench => bench,
    };
    place::build()?;
    Runtime::new()?.block_on(run(&bench))
}

async fn run(bench: &Bench) -> Result<()> {
    let wanted = |one: &Bench| matches!(bench, Bench::All) || bench == one;
    if wanted(&Bench::Demo) {
        demo::run()?;
    }
    if wanted(&Bench::Saves) {
        saves::run().await?;
    }
    if wanted(&Bench::Matrix) {
        matrix::run().await?;
    }
    if wanted(&Bench::Peers) {
        peers::run().await?;
    }
    if wanted(&Bench::Idle) {
        idle::run()?;
    }
    if wanted(&Bench::LogIns) {
        log_ins::run().await?;
    }
    if wanted(&Bench::Export) {
        export::run().await?;
    }
    if wanted(&Bench::Formats) {
        formats_out::run().await?;
    }
    if wanted(&Bench::Odm) {
        odm::run().await?;
    }
    if wanted(&Bench::Import) {
        bulk::run().await?;
    }
    if wanted(&Bench::Verify) {
        verify::run().await?;
    }
    Ok(())
}
