//! The webhook service against real receivers, on both stores.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic like the test")]

mod blinded;
mod calls;
mod delivering;
mod failing;
mod hostile;
mod receiver;
mod restarting;
mod signed;
mod world;
