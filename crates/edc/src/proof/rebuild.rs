//! Drops the views of casebooks and fills them again from the logs.

use std::{collections::BTreeSet, sync::Arc};

use futures::{TryStreamExt, future::BoxFuture};
use journal::{Head, LogName};
use kernel::StudyOid;
use store::{Effect, Position, Store, StoreError};

use super::{
    Progress, Tally,
    designs::Designs,
    log,
    logs::{Reader, pieces},
    studies,
};
use crate::{
    book,
    failure::{Failure, Result},
    study::StudyShelf,
    views::ALL,
};

/// Rows that are staged at a time.
const ROWS_AT_A_TIME: usize = 1_000;
/// Entries that are followed at a time.
const FOLLOW_PAGE: u32 = 500;
/// How often somebody may write between the last look and the swap.
const MAX_SWAPS: u32 = 1_000;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    pub studies: u64,
    pub casebooks: u64,
}

/// Replaces all views of casebooks, of one study or of all, by what the logs tell. Readers see the
/// old rows until a study is done, then the new ones. Refuses a study with a broken log, and leaves
/// its views as they were.
pub fn rebuild_views<'a>(
    store: &'a Arc<dyn Store>,
    study: Option<&'a StudyOid>,
    progress: Progress,
) -> BoxFuture<'a, Result<Rebuilt>> {
    // Behind a pointer, so that it is compiled here and not again by every caller.
    Box::pin(rebuild(store, study, progress))
}

async fn rebuild(
    store: &Arc<dyn Store>,
    study: Option<&StudyOid>,
    progress: Progress,
) -> Result<Rebuilt> {
    let studies = match study {
        Some(study) => BTreeSet::from([study.to_string()]),
        None => studies(store).await?,
    };
    let reader =
        Reader { store: Arc::clone(store), tally: Arc::new(Tally::new(progress)), scanned: None };
    let mut rebuilt = Rebuilt::default();
    for study in studies.iter().filter(|study| !study.is_empty()) {
        store.unstage(study).await?;
        match one_study(&reader, study).await {
            Ok(casebooks) => rebuilt.casebooks += casebooks,
            Err(failure) => {
                store.unstage(study).await?;
                return Err(failure);
            }
        }
        rebuilt.studies += 1;
    }
    Ok(rebuilt)
}

async fn one_study(reader: &Reader, study: &str) -> Result<u64> {
    let mut seen = reader.store.last_position().await?;
    let mut stage = Stage { reader, study, designs: None, effects: Vec::new(), casebooks: 0 };
    let mut pieces = std::pin::pin!(pieces(Arc::clone(&reader.store), study.to_owned()));
    while let Some(piece) = pieces.try_next().await? {
        for (log, head) in piece.into_iter().filter(|(log, _)| log.kind == book::LOG_KIND) {
            stage.casebooks += 1;
            stage.casebook(&log, head).await?;
        }
    }
    for _ in 0..MAX_SWAPS {
        stage.flush().await?;
        match reader.store.swap(study, &ALL, seen).await {
            Err(StoreError::PositionMoved { .. }) => seen = stage.follow(seen).await?,
            swapped => return swapped.map(|()| stage.casebooks).map_err(Failure::from),
        }
    }
    Err(Failure::Broke(format!("the views of {study} were not rebuilt: too much is written now")))
}

/// Rows of a study on their way to the stage.
struct Stage<'a> {
    reader: &'a Reader,
    study: &'a str,
    /// Read when the first casebook comes.
    designs: Option<Arc<Designs>>,
    effects: Vec<Effect>,
    casebooks: u64,
}

impl Stage<'_> {
    async fn casebook(&mut self, log: &LogName, head: Head) -> Result<()> {
        let designs = self.designs().await?;
        let replay = log::replay(self.reader, log, head).await?;
        let replay = replay.ok_or_else(|| Failure::Broken(log.to_string()))?;
        self.effects.extend(replay.effects(&designs));
        if self.effects.len() >= ROWS_AT_A_TIME { self.flush().await } else { Ok(()) }
    }

    async fn designs(&mut self) -> Result<Arc<Designs>> {
        if let Some(designs) = &self.designs {
            return Ok(Arc::clone(designs));
        }
        let found = Designs::read(&self.reader.store, self.study).await?;
        let log = StudyShelf::log(&StudyOid::new(self.study));
        let designs = found.map_err(|why| Failure::Broke(format!("the log {log} {why}")))?;
        self.designs = Some(Arc::clone(&designs));
        Ok(designs)
    }

    async fn flush(&mut self) -> Result<()> {
        while !self.effects.is_empty() {
            let rest = self.effects.split_off(self.effects.len().min(ROWS_AT_A_TIME));
            let page = std::mem::replace(&mut self.effects, rest);
            self.reader.store.stage(self.study, page).await?;
        }
        Ok(())
    }

    /// Stages again the casebooks that were written behind `seen`. Returns how far that is.
    async fn follow(&mut self, mut seen: Position) -> Result<Position> {
        loop {
            let page = self.reader.store.follow(seen, FOLLOW_PAGE).await?;
            let mut moved = BTreeSet::new();
            for (position, log, _) in &page {
                seen = *position;
                if log.study == self.study && log.kind == book::LOG_KIND {
                    moved.insert(log.clone());
                }
                // A version that was published meanwhile is the one to use from here.
                if *log == StudyShelf::log(&StudyOid::new(self.study)) {
                    self.designs = None;
                }
            }
            for log in moved {
                if let Some(head) = self.reader.store.head(&log).await? {
                    self.casebook(&log, head).await?;
                }
            }
            if page.len() < FOLLOW_PAGE as usize {
                return Ok(seen);
            }
        }
    }
}
