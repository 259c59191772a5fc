//! One log read from its beginning to its recorded end.

use std::{error::Error, sync::Arc};

use journal::{Broken, Chain, Head, LogName, Sealed, Why};
use store::StoreError;

use super::{
    Fault,
    designs::Designs,
    logs::Reader,
    replay::{Replay, Rows},
};
use crate::{failure::Result, study};

/// Entries that are read at a time.
const PAGE: u64 = 500;
/// Entries of a study's log that are read at a time; one may hold a whole study version.
const STUDY_PAGE: u64 = 16;

/// What reading one log has shown.
#[derive(Debug)]
pub(super) struct LogRead {
    pub log: LogName,
    /// The first thing in it that is wrong.
    pub fault: Option<Fault>,
    /// The view rows that it accounts for; `None` if it is faulty or no casebook, or nobody asked.
    pub rows: Option<Rows>,
}

/// Reads a log that is recorded to end at `recorded`, checks each entry, and computes the rows of
/// its casebook if designs are given. Entries that are appended meanwhile are read too.
pub(super) async fn read(
    reader: &Reader,
    log: LogName,
    recorded: Head,
    designs: Option<&Arc<Designs>>,
) -> Result<LogRead> {
    let mut walk =
        Walk { chain: Chain::new(log.clone()), replay: designs.map(|_| Replay::new(&log)) };
    let fault = walk.walk_to_end(reader, &log, recorded).await?;
    let rows = match (&fault, walk.replay, designs) {
        (None, Some(replay), Some(designs)) => Some(replay.into_rows(designs)),
        _ => None,
    };
    Ok(LogRead { log, fault, rows })
}

/// Reads a casebook for its replay; `None` if it is faulty, of which whoever verifies is told.
pub(super) async fn replay(
    reader: &Reader,
    log: &LogName,
    recorded: Head,
) -> Result<Option<Replay>> {
    let mut walk = Walk { chain: Chain::new(log.clone()), replay: Some(Replay::new(log)) };
    let fault = walk.walk_to_end(reader, log, recorded).await?;
    Ok(walk.replay.filter(|_| fault.is_none()))
}

struct Walk {
    chain: Chain,
    replay: Option<Replay>,
}

impl Walk {
    async fn walk_to_end(
        &mut self,
        reader: &Reader,
        log: &LogName,
        mut recorded: Head,
    ) -> Result<Option<Fault>> {
        let page = if log.kind == study::LOG_KIND { STUDY_PAGE } else { PAGE };
        loop {
            let done = self.chain.head().sequence;
            let left = recorded.sequence - done;
            // One more than there should be, to see whether the log goes on.
            let limit = page.min(left + 1);
            let read = reader.store.read(log, done + 1, u32::try_from(limit).unwrap_or(1)).await;
            let entries = match read {
                Ok(entries) => entries,
                Err(error) => return unreadable(reader, log, done + 1, error).await.map(Some),
            };
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(entries.len());
            let (within, beyond) = entries.split_at(count);
            if let Err(fault) = self.take(within) {
                return Ok(Some(fault));
            }
            reader
                .tally
                .add(within.len() as u64, within.iter().map(|one| one.bytes.len() as u64).sum());
            if let Some(next) = beyond.first() {
                match reader.store.head(log).await? {
                    Some(head) if head.sequence > recorded.sequence => recorded = head,
                    _ => return Ok(Some(self.unrecorded(log, next, recorded))),
                }
            } else if (entries.len() as u64) < limit {
                return Ok(self.chain.clone().finish(recorded).err().map(Fault::from));
            }
            tokio::task::yield_now().await;
        }
    }

    fn take(&mut self, entries: &[Sealed]) -> Result<(), Fault> {
        for sealed in entries {
            let entry = self.chain.accept(sealed)?;
            if let Some(replay) = &mut self.replay
                && let Err(error) = replay.take(&entry)
            {
                let log = entry.log.to_name();
                return Err(Fault::in_log(&log, Some(sealed.sequence), error.to_string()));
            }
        }
        Ok(())
    }

    /// What is wrong with an entry behind the recorded end of the log.
    fn unrecorded(&mut self, log: &LogName, next: &Sealed, recorded: Head) -> Fault {
        if let Err(broken) = self.chain.accept(next) {
            return broken.into();
        }
        let why = Why::Unrecorded { recorded: recorded.sequence };
        Broken { log: log.clone(), sequence: next.sequence, why }.into()
    }
}

/// Tells a log that cannot be read from a store that does not answer at all.
pub(super) async fn unreadable(
    reader: &Reader,
    log: &LogName,
    sequence: u64,
    error: StoreError,
) -> Result<Fault> {
    if !matches!(error, StoreError::Failed { .. }) || reader.store.head(log).await.is_err() {
        return Err(error.into());
    }
    let cause = error.source().map(|source| format!(" ({source})")).unwrap_or_default();
    Ok(Fault::in_log(log, Some(sequence), format!("it or one soon after it cannot be read{cause}")))
}
