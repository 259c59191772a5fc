//! The web workspace: its types, lints and rules, then the journeys of its users in a browser.

use crate::{process, tree::root};
use anyhow::Result;
use std::process::Command;

/// Runs what `web/package.json` offers, the journeys against the program that the tests built.
/// Its packages were installed when the program was built.
pub fn run() -> Result<()> {
    for script in ["check", "test", "build", "budget"] {
        process::run(&mut npm(script))?;
    }
    process::run(npm("e2e").env("CASEBOOK_BIN", root().join("target/debug/casebook")))
}

fn npm(script: &str) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(root().join("web")).args(["run", "--silent", script]);
    command
}
