//! What the program does when it, its disk or its database is taken away in the middle of work.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chance;
mod client;
mod forged_folder;
mod full_disk;
mod killed_database;
mod killed_import;
mod killed_server;
mod program;
mod study;
mod two_writers;
mod writer;
