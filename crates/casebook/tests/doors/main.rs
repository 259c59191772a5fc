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
mod traces;

#[cfg(test)]
#[path = "../support/chance.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod chance;
#[cfg(test)]
#[path = "../support/program.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod program;
#[cfg(test)]
#[path = "../support/study.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod study;
