//! What happened to one record, newest first: from entry to entry, without reading the whole log.

use std::ops::ControlFlow;

use journal::{Entry, LogName, Sealed};
use kernel::casebook::{Event, RecordKey};

use crate::{
    Edc,
    failure::{Failure, Result},
};

/// Entries that are read at a time behind an entry that does not name the one before it.
const PAGE: u64 = 200;

/// One entry with its event.
#[derive(Debug)]
pub(crate) struct Step {
    pub entry: Entry,
    pub event: Event,
}

/// The entries of one record in the log of its casebook.
#[derive(Debug)]
pub(crate) struct Trail<'a> {
    pub edc: &'a Edc,
    pub log: LogName,
    pub record: &'a RecordKey,
}

impl Trail<'_> {
    /// Hands the entries from `last` backwards to `take` until it breaks.
    ///
    /// A save names the entry of the record before it; behind an entry of review the log is
    /// searched.
    pub async fn back(
        &self,
        last: u64,
        mut take: impl FnMut(Step) -> ControlFlow<()> + Send,
    ) -> Result<()> {
        let mut at = last;
        while at > 0 {
            let step = self.step(at).await?;
            let before = match &step.event {
                Event::FormSaved(saved) => Some(saved.previous_entry),
                _ => None,
            };
            if take(step).is_break() {
                return Ok(());
            }
            at = match before {
                Some(before) => before.min(at - 1),
                None => self.search(at).await?,
            };
        }
        Ok(())
    }

    /// One entry of the log.
    pub async fn step(&self, sequence: u64) -> Result<Step> {
        let sealed = self.edc.store.entry(&self.log, sequence).await?;
        self.open(&sealed.ok_or_else(|| Failure::Broken(self.log.to_string()))?)
    }

    /// The last entry of the record before `below`; 0 if there is none.
    async fn search(&self, mut below: u64) -> Result<u64> {
        while below > 1 {
            let from = below.saturating_sub(PAGE).max(1);
            let limit = u32::try_from(below - from).unwrap_or(u32::MAX);
            let page = self.edc.store.read(&self.log, from, limit).await?;
            for sealed in page.iter().rev() {
                if self.open(sealed)?.event.record() == Some(self.record) {
                    return Ok(sealed.sequence);
                }
            }
            below = from;
        }
        Ok(0)
    }

    fn open(&self, sealed: &Sealed) -> Result<Step> {
        let entry = sealed.open().map_err(|_| Failure::Broken(self.log.to_string()))?;
        let event = Event::from_payload(&entry.draft.payload).map_err(|source| Failure::Entry {
            log: self.log.to_string(),
            sequence: sealed.sequence,
            source,
        })?;
        Ok(Step { entry, event })
    }
}
