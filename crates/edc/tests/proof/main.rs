//! What was changed behind the program's back is found, with the place; what was not is not.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

mod chains;
mod checkpoints;
mod views;
mod world;
