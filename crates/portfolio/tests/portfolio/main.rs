//! The service through its contract, on every store.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

mod access;
mod counted;
mod index;
mod lists;
mod several;
mod sight;
mod sites;
mod staff;
mod studies;
mod views;
mod world;
