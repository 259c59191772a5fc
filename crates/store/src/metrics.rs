//! What is counted, through the `metrics` facade: whoever runs the program chooses where it goes.
//! Install a recorder before a store is opened; what was opened earlier counts into nothing.

use metrics::{Counter, Gauge, Histogram, Unit};
use std::time::Duration;

/// Writes that one transaction held.
pub const GROUP_WRITES: &str = "store_group_writes";
/// Seconds from the first write of a group to its commit.
pub const GROUP_SECONDS: &str = "store_group_seconds";
/// Writes that were handed over and not answered yet.
pub const WAITING: &str = "store_waiting_writes";
/// Writes that were answered, by `result`: `done` or `refused`.
pub const WRITES: &str = "store_writes_total";
/// Entries appended.
pub const ENTRIES: &str = "store_entries_total";

/// Tells the recorder what the names mean.
pub fn describe() {
    metrics::describe_histogram!(GROUP_WRITES, "writes that one transaction held");
    metrics::describe_histogram!(GROUP_SECONDS, Unit::Seconds, "time that a group of writes took");
    metrics::describe_gauge!(WAITING, "writes that were handed over and not answered yet");
    metrics::describe_counter!(WRITES, "writes that were answered, by result");
    metrics::describe_counter!(ENTRIES, "entries appended");
}

/// The metrics of one store, looked up once.
pub(crate) struct StoreMetrics {
    group_writes: Histogram,
    group_seconds: Histogram,
    pub(crate) waiting: Gauge,
    done: Counter,
    refused: Counter,
    entries: Counter,
}

impl StoreMetrics {
    pub(crate) fn new() -> Self {
        Self {
            group_writes: metrics::histogram!(GROUP_WRITES),
            group_seconds: metrics::histogram!(GROUP_SECONDS),
            waiting: metrics::gauge!(WAITING),
            done: metrics::counter!(WRITES, "result" => "done"),
            refused: metrics::counter!(WRITES, "result" => "refused"),
            entries: metrics::counter!(ENTRIES),
        }
    }

    pub(crate) fn count(&self, writes: u64, refused: u64, entries: u64) {
        self.done.increment(writes);
        self.refused.increment(refused);
        self.entries.increment(entries);
    }

    /// A group of so many writes was answered.
    pub(crate) fn answered(&self, writes: usize, after: Duration) {
        let writes = u32::try_from(writes).unwrap_or(u32::MAX);
        self.waiting.decrement(writes);
        self.group_writes.record(writes);
        self.group_seconds.record(after);
    }
}

impl std::fmt::Debug for StoreMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreMetrics")
    }
}
