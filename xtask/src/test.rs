use crate::{
    check,
    phases::Phases,
    process::{cargo, line},
    programs::{self, Program},
    setup,
};
use anyhow::{Result, bail};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    thread,
};

/// All tests; examples, and documentation without examples to run, are not built.
const TESTS: [&str; 5] = ["test", "--workspace", "--lib", "--bins", "--tests"];

/// Test programs that run at the same time. Many wait for servers, clocks and disks most of the time.
const AT_ONCE: usize = 2;

/// The package whose tests kill processes under load: beside others they would not be in time.
const ALONE: &str = "casebook";

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
    let programs = phases.time("build", || programs::build(&mut cargo(TESTS)))?;
    let count = phases.time("tests", || all(programs))?;
    phases.time("web", crate::web::run)?;
    println!("{}", phases.summary());
    println!("{} tests passed in {} programs", count.passed, count.programs);
    Ok(())
}

/// Runs all test programs, a few at a time; fails if a test failed, was left out, or did not run.
fn all(programs: Vec<Program>) -> Result<Count> {
    let done = Mutex::new((Count::default(), Vec::new()));
    let (alone, beside): (Vec<_>, Vec<_>) =
        programs.into_iter().partition(|program| program.package == ALONE);
    side_by_side(1, alone, &done);
    side_by_side(AT_ONCE, beside, &done);
    let (count, bad) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    conclude(count, &bad, &line(&cargo(TESTS)))
}

/// Runs test programs, so many at a time.
fn side_by_side(at_once: usize, programs: Vec<Program>, done: &Mutex<(Count, Vec<String>)>) {
    let waiting = Mutex::new(VecDeque::from(programs));
    let worker = || {
        loop {
            let next = lock(&waiting).pop_front();
            let Some(program) = next else { break };
            let ended = program.run();
            let (count, bad) = &mut *lock(done);
            ended.shown.lines().for_each(|line| count.add(line));
            println!("{}", ended.shown);
            bad.extend(ended.failure);
        }
    };
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(worker);
        }
    });
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn conclude(count: Count, bad: &[String], by_hand: &str) -> Result<Count> {
    if !bad.is_empty() || count.failed > 0 {
        let (failed, passed) = (count.failed, count.passed);
        bail!("`{by_hand}`: {failed} tests failed, {passed} passed\n{}", bad.join("\n"));
    }
    if count.ignored > 0 {
        bail!("`{by_hand}`: {} tests were left out", count.ignored);
    }
    if count.passed == 0 {
        bail!("`{by_hand}` ran no test");
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

    #[test]
    fn a_failed_a_forgotten_and_a_missing_test_fail_the_run() {
        let passed = |failed, ignored| Count { programs: 1, passed: 5, failed, ignored };
        assert!(conclude(passed(0, 0), &[], "x").is_ok());
        assert!(conclude(passed(1, 0), &[], "x").is_err());
        assert!(conclude(passed(0, 1), &[], "x").is_err());
        assert!(conclude(passed(0, 0), &["it crashed".to_owned()], "x").is_err());
        assert!(conclude(Count::default(), &[], "x").is_err());
    }
}
