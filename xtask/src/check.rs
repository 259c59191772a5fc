//! What must hold for every commit. Each part lists everything it finds, then fails.

mod arrows;
mod contracts;
mod exceptions;
mod licences;
mod metadata;
mod refusals;
mod tidy;

use crate::{
    phases::Phases,
    process::{self, cargo},
    tree::root,
};
use anyhow::{Result, bail};
use clap::ValueEnum;
use std::process::Command;

/// One part of the check.
#[derive(Clone, Copy, ValueEnum)]
pub enum Part {
    /// rustfmt has nothing to change.
    Format,
    /// Long files, forbidden words, unlisted refusals, fixtures without a source.
    Tidy,
    /// Crates depend on each other only as ARCHITECTURE.md allows.
    Arrows,
    /// Contracts still keep what was released of them, or the break is declared.
    Contracts,
    /// Licences, banned crates and sources, as deny.toml says.
    Licences,
    /// Generated files of the demonstration are what their generators write.
    Generated,
    /// clippy has nothing to say.
    Lints,
}

impl Part {
    pub fn run(self) -> Result<()> {
        match self {
            Self::Format => process::run(&mut cargo(["fmt", "--all", "--", "--check"])),
            Self::Tidy => conclude(&tidy::findings()?),
            Self::Arrows => conclude(&arrows::findings()?),
            Self::Contracts => conclude(&contracts::findings()?),
            Self::Licences => conclude(&licences::findings()?),
            Self::Generated => generated(),
            Self::Lints => lints(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Tidy => "tidy",
            Self::Arrows => "arrows",
            Self::Contracts => "contracts",
            Self::Licences => "licences",
            Self::Generated => "generated",
            Self::Lints => "lints",
        }
    }
}

/// Runs all parts, the quick ones first.
pub fn run(phases: &mut Phases) -> Result<()> {
    for part in Part::value_variants() {
        phases.time(part.name(), || part.run())?;
    }
    Ok(())
}

/// Makes the present contracts the released ones.
pub fn release_contracts() -> Result<()> {
    contracts::release()
}

/// The profile of the tests, so that build scripts and macros are compiled once for both.
fn lints() -> Result<()> {
    process::run(&mut cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn generated() -> Result<()> {
    let mut command = Command::new("python3");
    process::run(command.current_dir(root()).args(["demo/build_crf.py", "--check"]))
}

fn conclude(findings: &[String]) -> Result<()> {
    for finding in findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => bail!("one finding"),
        count => bail!("{count} findings"),
    }
}
