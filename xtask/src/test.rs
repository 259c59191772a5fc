use crate::{
    check,
    phases::Phases,
    process::{cargo, line},
    setup,
};
use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

/// All tests; examples, and documentation without examples to run, are not built.
const TESTS: [&str; 5] = ["test", "--workspace", "--lib", "--bins", "--tests"];

/// How many tests ran, in how many test programs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    programs: u32,
    passed: u32,
    failed: u32,
    ignored: u32,
}

/// Sets up, checks, runs all tests, and ends with one line that counts them.
///
/// Everything is built with the dev profile: on a fresh machine that takes a quarter of the time, and
/// what overflows or breaks a debug assertion stops a test.
pub fn run(mut phases: Phases) -> Result<()> {
    phases.time("setup", setup::run)?;
    check::run(&mut phases)?;
    phases.time("build", || crate::process::run(cargo(TESTS).arg("--no-run")))?;
    let count = phases.time("tests", || count(cargo(TESTS).arg("--no-fail-fast")))?;
    phases.time("web", crate::web::run)?;
    println!("{}", phases.summary());
    println!("{} tests passed in {} programs", count.passed, count.programs);
    Ok(())
}

/// Runs cargo test, shows what it prints, and counts; fails if a test failed or was left out.
fn count(command: &mut Command) -> Result<Count> {
    let line = line(command);
    println!("$ {line}");
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut count = Count::default();
    for text in BufReader::new(output).lines() {
        let text = text.context("cannot read what cargo prints")?;
        println!("{text}");
        count.add(&text);
    }
    let status = child.wait()?;
    if !status.success() || count.failed > 0 {
        bail!("`{line}`: {} tests failed, {} passed ({status})", count.failed, count.passed);
    }
    if count.ignored > 0 {
        bail!("`{line}`: {} tests were left out", count.ignored);
    }
    if count.passed == 0 {
        bail!("`{line}` ran no test");
    }
    Ok(count)
}

impl Count {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 0 ignored; …`; others add nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        self.programs += 1;
        let words: Vec<&str> = result.split([' ', ';', '.']).filter(|w| !w.is_empty()).collect();
        for pair in words.windows(2) {
            let number: u32 = pair[0].parse().unwrap_or(0);
            match pair[1] {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_programs_are_added_up() {
        let mut count = Count::default();
        count.add("running 3 tests");
        count.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out");
        count.add("test result: FAILED. 40 passed; 2 failed; 0 ignored; 0 measured; 7 filtered");
        assert_eq!(count, Count { programs: 2, passed: 43, failed: 2, ignored: 1 });
    }
}
