use crate::metrics::StoreMetrics;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a store has written since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Transactions committed for waiting writes.
    pub groups: u64,
    /// Writes acknowledged: appends and changes of jobs and views.
    pub writes: u64,
    /// Writes refused or failed.
    pub refused: u64,
    /// Entries appended.
    pub entries: u64,
    /// The most writes that one transaction held.
    pub largest_group: u64,
}

#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) metrics: StoreMetrics,
    groups: AtomicU64,
    writes: AtomicU64,
    refused: AtomicU64,
    entries: AtomicU64,
    largest_group: AtomicU64,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            metrics: StoreMetrics::new(),
            groups: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            entries: AtomicU64::new(0),
            largest_group: AtomicU64::new(0),
        }
    }

    pub(crate) fn count_group(&self, writes: usize, refused: usize, entries: usize) {
        let [writes, refused, entries] = [writes, refused, entries].map(|count| count as u64);
        self.metrics.count(writes, refused, entries);
        self.groups.fetch_add(1, Relaxed);
        self.writes.fetch_add(writes, Relaxed);
        self.refused.fetch_add(refused, Relaxed);
        self.entries.fetch_add(entries, Relaxed);
        self.largest_group.fetch_max(writes, Relaxed);
    }

    pub(crate) fn read(&self) -> Stats {
        Stats {
            groups: self.groups.load(Relaxed),
            writes: self.writes.load(Relaxed),
            refused: self.refused.load(Relaxed),
            entries: self.entries.load(Relaxed),
            largest_group: self.largest_group.load(Relaxed),
        }
    }
}
