//! How fast the disk is at this moment, and a slower one.

use std::{
    fs::OpenOptions,
    os::unix::fs::FileExt as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::place;

/// The same command on a disk on which whatever is made durable takes so much longer: `strace` lets
/// the call wait, and stays out of all others. `None` where it is not installed, or may not.
pub fn slowed(command: &Command, by: Duration) -> Option<Command> {
    let waiting = |program: &std::ffi::OsStr| {
        let delay = format!("inject=fdatasync,fsync:delay_exit={}", by.as_micros());
        let mut strace = Command::new("strace");
        // As a grandchild (-D), so that the process that is started is the one that is measured.
        strace.args(["-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "signal=none"]);
        strace.args(["-e", "trace=fdatasync,fsync", "-e", &delay]).arg(program);
        strace
    };
    let tried = waiting("true".as_ref()).stderr(Stdio::null()).status();
    tried.ok().filter(std::process::ExitStatus::success)?;
    let mut slowed = waiting(command.get_program());
    slowed.args(command.get_args());
    let given = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    slowed.envs(given);
    Some(slowed)
}

/// Writes of 4 KiB, each made durable, in one second.
pub fn syncs_per_second() -> Result<f64> {
    const BLOCK: [u8; 4096] = [7; 4096];
    let path = place::data()?.join("sync");
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
    let (started, mut count) = (Instant::now(), 0.0);
    let mut at = 0;
    while started.elapsed() < Duration::from_secs(1) {
        file.write_all_at(&BLOCK, at % 4_096_000)?;
        file.sync_data()?;
        at += 4_096;
        count += 1.0;
    }
    let rate = count / started.elapsed().as_secs_f64();
    drop(file);
    place::remove(&path)?;
    Ok(rate)
}
