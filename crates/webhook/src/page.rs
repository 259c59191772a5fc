//! A page of the journal, sorted into lanes.

use crate::{
    endpoints::Cause,
    lane::{Lane, Source},
    progress::{MOST_HELD, Progress},
    told,
};
use journal::LogName;
use std::collections::HashMap;
use store::{Position, Store};

/// How many entries are considered at a time.
const ENTRIES_PER_PAGE: u32 = 100;

/// What is to be sent now.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub lanes: Vec<Lane>,
    /// There are more entries behind it.
    pub is_full: bool,
}

impl Page {
    /// Takes the next entries of the journal into lanes, or into the logs that are held back; and
    /// those of the latter that are due. Moves the cursor, as if everything were sent.
    pub(crate) async fn take(
        store: &dyn Store,
        study: &str,
        progress: &mut Progress,
        now_ms: i64,
    ) -> Result<Self, Cause> {
        let mut page = Self::default();
        if progress.held.len() < MOST_HELD {
            page.follow(store, study, progress).await?;
        }
        let due = progress.held.iter().filter(|hold| hold.retry_at_ms <= now_ms);
        page.lanes.extend(due.map(|hold| Lane {
            log: hold.log(),
            source: Source::Held { next: hold.next, seen: hold.seen, failed: hold.failed.clone() },
        }));
        Ok(page)
    }

    async fn follow(
        &mut self,
        store: &dyn Store,
        study: &str,
        progress: &mut Progress,
    ) -> Result<(), Cause> {
        let entries = store.follow(Position(progress.cursor), ENTRIES_PER_PAGE).await?;
        self.is_full = entries.len() >= ENTRIES_PER_PAGE as usize;
        let mut of_log: HashMap<LogName, usize> = HashMap::new();
        for (position, log, entry) in entries {
            progress.cursor = position.0;
            if !told::concerns(&log, study) {
                continue;
            }
            if let Some(hold) = progress.hold(&log) {
                hold.take(entry.sequence);
                continue;
            }
            let index = *of_log.entry(log.clone()).or_insert_with(|| {
                self.lanes.push(Lane { log, source: Source::Page(Vec::new()) });
                self.lanes.len() - 1
            });
            if let Source::Page(entries) = &mut self.lanes[index].source {
                entries.push(entry);
            }
        }
        Ok(())
    }
}
