use crate::process::cargo;
use anyhow::Result;

/// Builds and runs the benchmark program with the given arguments, or all benchmarks.
pub fn run(arguments: &[String]) -> Result<()> {
    let mut command = cargo(["run", "--release", "--package", "bench", "--"]);
    if arguments.is_empty() {
        command.arg("all");
    }
    crate::process::run(command.args(arguments))
}
