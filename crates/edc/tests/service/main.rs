//! The service through its contract, on every store.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

mod access;
mod blinding;
mod clock;
mod export;
mod history;
mod jobs;
mod lists;
mod queries;
mod replay;
mod review;
mod saves;
mod several;
#[cfg(test)]
mod signing;
mod subjects;
mod visits;
mod world;
