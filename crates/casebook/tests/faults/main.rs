//! What the program does when it, its disk or its database is taken away in the middle of work.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closed_output;
mod forged_folder;
mod full_disk;
mod hooks;
mod killed_database;
mod killed_import;
mod killed_jobs;
mod killed_server;
mod other_layout;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod support;
mod two_writers;

use support::{chance, client, load, program, receiver, study, writer};
