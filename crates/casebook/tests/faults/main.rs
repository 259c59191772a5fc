//! What the program does when it, its disk or its database is taken away in the middle of work.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/chance.rs"]
mod chance;
#[path = "../support/client.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod client;
mod forged_folder;
mod full_disk;
mod hooks;
mod killed_database;
mod killed_import;
mod killed_server;
#[path = "../support/load.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod load;
#[path = "../support/program.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod program;
#[path = "../support/receiver.rs"]
mod receiver;
#[path = "../support/study.rs"]
mod study;
mod two_writers;
#[path = "../support/writer.rs"]
mod writer;
