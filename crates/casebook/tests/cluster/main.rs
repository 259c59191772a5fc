//! The program as several processes that find each other, lose each other, and go on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/chance.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod chance;
#[path = "../support/client.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod client;
mod doors;
mod drained_services;
mod finding;
mod gozero;
mod hostile_services;
mod killed_services;
mod left_out;
#[path = "../support/load.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod load;
mod lost_etcd;
#[path = "../support/program.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod program;
#[path = "../support/receiver.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod receiver;
mod secured;
mod sender;
#[path = "../support/study.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod study;
mod world;
#[path = "../support/writer.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod writer;
