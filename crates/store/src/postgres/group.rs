//! What a group of appends writes, decided in memory before anything is written.

use super::read::signed;
use crate::{Batch, Effect, Head, LogName, LogPart, Result, StoreError, View};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;

/// Study, view and key of a row.
pub(super) type RowKey<'a> = (&'a str, View, &'a str);

/// What has to be asked of the database before a group can be decided.
#[derive(Debug, Default)]
pub(super) struct Questions<'a> {
    pub(super) logs: Vec<&'a LogName>,
    pub(super) new_rows: Vec<RowKey<'a>>,
    pub(super) entry_count: usize,
}

impl<'a> Questions<'a> {
    pub(super) fn about(batches: &'a [Batch]) -> Self {
        let parts = || batches.iter().flat_map(|batch| &batch.parts);
        let logs: HashSet<&LogName> = parts().map(|part| &part.log).collect();
        let new_rows: HashSet<RowKey<'a>> = parts()
            .flat_map(|part| part.effects.iter().map(|effect| (part.log.study.as_str(), effect)))
            .filter_map(|(study, effect)| match effect {
                Effect::PutNew { view, key, .. } => Some((study, *view, key.as_str())),
                _ => None,
            })
            .collect();
        Self {
            logs: logs.into_iter().collect(),
            new_rows: new_rows.into_iter().collect(),
            entry_count: batches.iter().map(Batch::entry_count).sum(),
        }
    }
}

/// A log as it will be at the end of the group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) head: Head,
    pub(super) is_new: bool,
    pub(super) has_moved: bool,
}

/// One entry with its place in the tables.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) study: &'a str,
    pub(super) log: i64,
    pub(super) position: i64,
    pub(super) entry: &'a crate::Sealed,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Enqueued<'a> {
    pub(super) payload: &'a [u8],
    pub(super) run_at_ms: i64,
    pub(super) token: i64,
}

/// The state of everything the group touches, batch after batch; what is left at the end is written.
/// Rows and jobs are kept sorted, so that two groups lock them in the same order.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) logs: HashMap<&'a LogName, Known>,
    /// Rows that were asked for as new and exist in the database.
    pub(super) taken: HashSet<RowKey<'a>>,
    /// The last position in use.
    pub(super) position: u64,
    pub(super) entries: Vec<Placed<'a>>,
    pub(super) rows: BTreeMap<RowKey<'a>, Option<&'a [u8]>>,
    /// By study, queue and key.
    pub(super) jobs: BTreeMap<(&'a str, &'a str, &'a str), Enqueued<'a>>,
}

impl<'a> Plan<'a> {
    /// Adds a batch to what will be written, or refuses it and leaves the plan as it was.
    pub(super) fn add(&mut self, batch: &'a Batch) -> Result<()> {
        if let Some(refusal) = self.refusal(batch) {
            return Err(refusal);
        }
        let token = signed(self.position + 1);
        for part in &batch.parts {
            self.add_entries(part);
            for effect in &part.effects {
                self.add_effect(&part.log.study, effect, token);
            }
        }
        Ok(())
    }

    fn refusal(&self, batch: &Batch) -> Option<StoreError> {
        for part in &batch.parts {
            let actual = self.logs.get(&part.log).map(|known| known.head).unwrap_or_default();
            if actual != part.expected {
                return Some(StoreError::HeadMoved { log: part.log.clone(), actual });
            }
        }
        let taken = batch.first_taken(|study, view, key| {
            let written = self.rows.get(&(study, view, key)).map(Option::is_some);
            Ok::<_, Infallible>(written.unwrap_or_else(|| self.taken.contains(&(study, view, key))))
        });
        taken.unwrap_or_else(|never| match never {})
    }

    fn add_entries(&mut self, part: &'a LogPart) {
        if part.entries.is_empty() {
            return;
        }
        let id = signed(self.position + 1);
        let fresh = Known { id, head: part.head(), is_new: true, has_moved: false };
        let known = self.logs.entry(&part.log).or_insert(fresh);
        (known.head, known.has_moved) = (part.head(), true);
        for entry in &part.entries {
            self.position += 1;
            let (log, position) = (known.id, signed(self.position));
            self.entries.push(Placed { study: &part.log.study, log, position, entry });
        }
    }

    fn add_effect(&mut self, study: &'a str, effect: &'a Effect, token: i64) {
        match effect {
            Effect::Put { view, key, bytes } | Effect::PutNew { view, key, bytes } => {
                self.rows.insert((study, *view, key), Some(bytes));
            }
            Effect::Drop { view, key } => _ = self.rows.insert((study, *view, key), None),
            Effect::Enqueue { queue, key, payload, run_at_ms } => {
                let job = Enqueued { payload, run_at_ms: *run_at_ms, token };
                self.jobs.insert((study, queue, key), job);
            }
        }
    }
}
