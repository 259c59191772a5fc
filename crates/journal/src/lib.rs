//! Append-only, hash-chained logs: entries, chain verification, Merkle checkpoints.
//!
//! An entry is sealed once into canonical bytes; its hash is SHA-256 over exactly those bytes, so
//! nothing is ever encoded again to verify it. A chain shows that one log was not edited inside; a
//! signed checkpoint, kept elsewhere, shows that no log was rewritten as a whole or cut short.
//!
//! This crate does not know what a payload means, where logs are kept, what the time is, or where a
//! signing key lives. Start reading at [`Draft`], then [`Head::seal`], [`Chain`], [`Checkpoint`].

mod chain;
mod checkpoint;
mod entry;
mod hash;
mod log;
mod merkle;

pub use chain::{Broken, Chain, Why};
pub use checkpoint::{Checkpoint, CheckpointError, Summary};
pub use ed25519_dalek::{SigningKey, VerifyingKey};
pub use entry::{Draft, Entry, EntryRef, Malformed, Sealed, SealedRef};
pub use hash::{Hash, NotAHash};
pub use log::{Head, LogName, LogRef};
pub use merkle::{Leaf, Proof, Tree, Unsorted, prove};
