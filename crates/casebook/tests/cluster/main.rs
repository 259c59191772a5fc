//! The program as several processes that find each other, lose each other, and go on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod doors;
mod drained_services;
mod finding;
mod gozero;
mod hostile_services;
mod killed_services;
mod left_out;
mod lost_etcd;
mod secured;
mod sender;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod support;
mod world;

use support::{chance, client, load, program, receiver, study, writer};
