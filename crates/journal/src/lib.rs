//! Append-only, hash-chained logs: entries, checkpoints, verification. Pure.
