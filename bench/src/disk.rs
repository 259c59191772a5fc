//! How fast the disk is at this moment.

use std::{
    fs::OpenOptions,
    os::unix::fs::FileExt as _,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::place;

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
