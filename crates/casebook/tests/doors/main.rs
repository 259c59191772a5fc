//! The doors of the program from outside: what those see who watch it, what is in its log and what is
//! not, and what it answers to requests that nobody would think of.

#[cfg(test)]
mod client;
#[cfg(test)]
mod fuzzed;
#[cfg(test)]
mod log;
#[cfg(test)]
mod seen;
#[cfg(test)]
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod support;
#[cfg(test)]
mod traces;

#[cfg(test)]
use support::{program, study};
