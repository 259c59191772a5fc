//! Programs that were written for REDCap, on this program: PyCap's own integration suite.

#[cfg(test)]
mod suite;
#[cfg(test)]
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod support;
