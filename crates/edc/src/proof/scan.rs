//! All logs read once in the order in which they were written, which is how they lie in the store.
//!
//! That is several times quicker than log by log. A log that is found whole up to its recorded end
//! need not be read again; of every other the slower reader tells what is wrong with it.

use std::{collections::hash_map::Entry, hash::BuildHasher as _, sync::Arc};

use foldhash::{HashMap, HashMapExt as _, fast::RandomState};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use journal::{Chain, Head, LogName, LogRef, SealedRef};
use store::{Position, Store};

use super::Tally;
use crate::{Failure, failure::Result};

/// Positions that one piece of work goes over, and pieces under way.
const PIECE: u64 = 32_768;
const AT_A_TIME: usize = 4;
/// Logs that are remembered; more are left to the slower reader, so that memory has a bound.
const MOST_LOGS: usize = 500_000;

/// What is known of each log after all entries were seen.
#[derive(Debug)]
pub(super) struct Scanned {
    keys: RandomState,
    logs: HashMap<u64, Box<Seen>>,
}

/// A part of a log: what it follows, and how far it is whole.
#[derive(Debug)]
struct Seen {
    before: Head,
    chain: Chain,
    /// Nothing is wrong with it so far.
    whole: bool,
    entries: u64,
    bytes: u64,
}

impl Scanned {
    /// Sees all entries that are there when it begins.
    pub async fn all(store: &Arc<dyn Store>, tally: &Arc<Tally>) -> Result<Self> {
        let last = store.last_position().await?;
        let keys = RandomState::default();
        let starts = (0..last.0.div_ceil(PIECE)).map(|piece| piece * PIECE);
        let mut pieces = stream::iter(starts)
            .map(|start| {
                let end = Position((start + PIECE).min(last.0));
                let (store, keys) = (Arc::clone(store), keys.clone());
                let work = tokio::spawn(piece(store, keys, Position(start), end));
                async move { work.await.map_err(|error| Failure::Broke(error.to_string())) }
            })
            .buffered(AT_A_TIME);
        let mut logs = HashMap::new();
        let (mut entries, mut bytes) = (0, 0);
        while let Some(piece) = pieces.try_next().await? {
            for (key, next) in piece {
                entries += next.entries;
                bytes += next.bytes;
                join(&mut logs, key, next);
            }
            tally.foresee(entries, bytes);
        }
        drop(pieces);
        Ok(Self { keys, logs })
    }

    /// How many entries and bytes a log has, if all of it was found whole.
    pub fn whole(&self, log: &LogName, recorded: Head) -> Option<(u64, u64)> {
        let seen = self.logs.get(&self.keys.hash_one(log.as_ref()))?;
        let is_same = seen.whole && seen.chain.log() == log && seen.chain.head() == recorded;
        is_same.then_some((seen.entries, seen.bytes))
    }
}

/// Entries between two positions, log by log.
async fn piece(
    store: Arc<dyn Store>,
    keys: RandomState,
    after: Position,
    last: Position,
) -> HashMap<u64, Box<Seen>> {
    let mut logs: HashMap<u64, Box<Seen>> = HashMap::new();
    let mut each = |log: LogRef<'_>, sealed: SealedRef<'_>| {
        let seen = match logs.entry(keys.hash_one(log)) {
            Entry::Occupied(seen) => seen.into_mut(),
            Entry::Vacant(free) => free.insert(Box::new(Seen::from_here(log, sealed))),
        };
        seen.take(log, sealed);
    };
    // What cannot be read here is missing below, and read again log by log, which tells where.
    let _ = store.scan(after, last, &mut each).await;
    logs
}

/// Adds a part of a log to what was seen of it before.
fn join(logs: &mut HashMap<u64, Box<Seen>>, key: u64, mut next: Box<Seen>) {
    let is_full = logs.len() >= MOST_LOGS;
    match logs.entry(key) {
        Entry::Occupied(mut seen) => seen.get_mut().join(*next),
        Entry::Vacant(free) if !is_full => {
            next.whole &= next.before == Head::default();
            free.insert(next);
        }
        Entry::Vacant(_) => {}
    }
}

impl Seen {
    /// A part that is taken to follow what its first entry says it follows, until it is joined.
    fn from_here(log: LogRef<'_>, first: SealedRef<'_>) -> Self {
        let previous = first.view().map(|entry| entry.previous).unwrap_or_default();
        let before = Head { sequence: first.sequence.saturating_sub(1), hash: previous };
        let chain = Chain::resume(log.to_name(), before);
        Self { before, chain, whole: true, entries: 0, bytes: 0 }
    }

    fn take(&mut self, log: LogRef<'_>, sealed: SealedRef<'_>) {
        self.entries += 1;
        self.bytes += sealed.bytes.len() as u64;
        // Another log may have the same key, if rarely.
        self.whole &= self.chain.log().as_ref() == log && self.chain.accept(sealed).is_ok();
    }

    fn join(&mut self, next: Self) {
        self.whole &=
            next.whole && self.chain.head() == next.before && self.chain.log() == next.chain.log();
        self.chain = next.chain;
        self.entries += next.entries;
        self.bytes += next.bytes;
    }
}
