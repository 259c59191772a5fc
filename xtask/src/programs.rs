//! The test programs that cargo builds, and how each is run.

use crate::process::line;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

/// One test program.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    executable: PathBuf,
    /// The folder of its package, in which cargo would run it.
    folder: PathBuf,
    /// The folder's name: that of the crate.
    pub package: String,
    name: String,
}

/// What came of one.
pub struct Ended {
    /// All that it printed, below its name and how long it took.
    pub shown: String,
    /// Why it does not count as passed.
    pub failure: Option<String>,
}

/// What cargo says of each thing that it built.
#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// Builds what a command `cargo test …` would run, and lists it.
pub fn build(command: &mut Command) -> Result<Vec<Program>> {
    command.args(["--no-run", "--message-format", "json-render-diagnostics"]);
    let line = line(command);
    println!("$ {line}");
    let output = command.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!("`{line}` failed: {}", output.status);
    }
    let messages = String::from_utf8(output.stdout).context("cargo prints no text")?;
    let built = messages.lines().filter_map(|line| program(line).transpose());
    built.collect()
}

/// The test program of a message; most messages tell of something else.
fn program(line: &str) -> Result<Option<Program>> {
    let message: Message = serde_json::from_str(line).context("cargo speaks another JSON")?;
    let is_test = message.profile.is_some_and(|profile| profile.test);
    if message.reason != "compiler-artifact" || !is_test {
        return Ok(None);
    }
    let place = message.manifest_path.and_then(|path| path.parent().map(PathBuf::from));
    let (Some(executable), Some(folder), Some(target)) =
        (message.executable, place, message.target)
    else {
        return Ok(None);
    };
    let package = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = format!("{package}: {}", target.name);
    Ok(Some(Program { executable, folder, package, name }))
}

impl Program {
    /// Runs it to its end, as cargo would.
    pub fn run(&self) -> Ended {
        let begun = Instant::now();
        let mut command = Command::new(&self.executable);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        let output = match command.stdin(Stdio::null()).output() {
            Ok(output) => output,
            Err(error) => {
                let failure = Some(format!("{} cannot be started: {error}", self.name));
                return Ended { shown: String::new(), failure };
            }
        };
        let failed = !output.status.success();
        let seconds = begun.elapsed().as_secs();
        let shown = format!(
            "== {} ({seconds} s)\n{}{}",
            self.name,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Ended { shown, failure: failed.then(|| format!("{} failed: {}", self.name, output.status)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_programs_are_told_from_everything_else_that_is_built() {
        let test = r#"{"reason":"compiler-artifact","manifest_path":"/w/crates/edc/Cargo.toml",
            "target":{"name":"service"},"profile":{"test":true},"executable":"/w/t/service-1"}"#;
        let found = program(test).unwrap().unwrap();
        assert_eq!(found.name, "edc: service");
        assert_eq!(found.folder, PathBuf::from("/w/crates/edc"));
        assert_eq!(program(&test.replace("true", "false")).unwrap(), None);
        assert_eq!(program(r#"{"reason":"build-finished","success":true}"#).unwrap(), None);
        assert!(program("no JSON").is_err());
    }

    #[test]
    fn a_program_that_fails_or_is_not_there_is_told_by_its_name() {
        let program = |executable: &str| Program {
            executable: executable.into(),
            folder: "/".into(),
            package: "edc".to_owned(),
            name: "edc: service".to_owned(),
        };
        assert!(program("true").run().failure.is_none());
        assert!(program("false").run().failure.unwrap().starts_with("edc: service failed"));
        let missing = program("/no/such/program").run();
        assert!(missing.failure.unwrap().contains("cannot be started"));
    }
}
