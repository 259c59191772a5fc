//! Whether the rows of dictionaries are what their logs tell, and how they are written anew.

use journal::LogName;
use store::{Effect, Position, Range, StoreError, View, ViewsReport};

use super::{
    load::{ENTRIES_PER_READ, read},
    log::{DictionaryEvent, INSTITUTION, LOG_KIND, parts},
    rows::{self, ALL, DICTIONARY, DictionaryRow, TERM},
};
use crate::{
    Edc,
    failure::{Failure, Result},
    views::BETWEEN,
};

const LOGS_AT_A_TIME: u32 = 100;
const ROWS_AT_A_TIME: usize = 2_000;
const ROWS_PER_READ: u32 = 1_000;
/// How often rows are staged again because something was written meanwhile.
const MAX_ATTEMPTS: u32 = 5;

impl Edc {
    /// Replays the logs of all dictionaries and compares their rows. None may be loaded meanwhile.
    pub async fn verify_dictionaries(&self) -> Result<ViewsReport> {
        let mut report = ViewsReport::default();
        let mut told = [0_u64; ALL.len()];
        for log in self.dictionary_logs().await? {
            report.logs += 1;
            let mut replay = Replay::default();
            while let Some(rows) = self.next_rows(&log, &mut replay).await? {
                for effect in rows {
                    let Effect::Put { view, key, bytes } = effect else { continue };
                    told[place(view)] += 1;
                    match self.store.view(view, INSTITUTION, &key).await? {
                        Some(stored) if stored == bytes => {}
                        Some(_) => report.fault(fault(view, &key, "is not what the log tells")),
                        None => report.fault(fault(view, &key, "is missing")),
                    }
                }
            }
        }
        for view in ALL {
            let stored = self.count_rows(view).await?;
            report.rows += stored;
            let surplus = stored.saturating_sub(told[place(view)]);
            if surplus > 0 {
                report.fault(format!("dictionaries: {surplus} {} are surplus", name(view)));
            }
        }
        Ok(report)
    }

    /// Writes the rows anew from the logs. Returns how many versions there are.
    pub async fn rebuild_dictionaries(&self) -> Result<u64> {
        for _ in 0..MAX_ATTEMPTS {
            self.store.unstage(INSTITUTION).await?;
            let seen = self.store.last_position().await?;
            let versions = self.stage_all().await?;
            if self.swapped(seen).await? {
                return Ok(versions);
            }
        }
        Err(Failure::Broke("dictionaries were not rebuilt: too much is written now".to_owned()))
    }

    async fn stage_all(&self) -> Result<u64> {
        let mut versions = 0;
        for log in self.dictionary_logs().await? {
            versions += 1;
            let mut replay = Replay::default();
            while let Some(mut rows) = self.next_rows(&log, &mut replay).await? {
                while !rows.is_empty() {
                    let rest = rows.split_off(rows.len().min(ROWS_AT_A_TIME));
                    self.store.stage(INSTITUTION, std::mem::replace(&mut rows, rest)).await?;
                }
            }
        }
        Ok(versions)
    }

    async fn swapped(&self, seen: Position) -> Result<bool> {
        match self.store.swap(INSTITUTION, &ALL, seen).await {
            Ok(()) => Ok(true),
            Err(StoreError::PositionMoved { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn dictionary_logs(&self) -> Result<Vec<LogName>> {
        let mut all = Vec::new();
        let mut after = LogName::new(INSTITUTION, LOG_KIND, "");
        loop {
            let page = self.store.logs(Some(INSTITUTION), Some(&after), LOGS_AT_A_TIME).await?;
            let own = page.iter().take_while(|(log, _)| log.kind == LOG_KIND);
            all.extend(own.map(|(log, _)| log.clone()));
            match page.last() {
                Some((last, _)) if last.kind == LOG_KIND => after = last.clone(),
                _ => return Ok(all),
            }
        }
    }

    /// The rows that follow from the next entries of a log; `None` at its end.
    async fn next_rows(&self, log: &LogName, replay: &mut Replay) -> Result<Option<Vec<Effect>>> {
        let from = replay.sequence + 1;
        let entries = self.store.read(log, from, ENTRIES_PER_READ).await?;
        let Some(last) = entries.last() else { return Ok(None) };
        replay.sequence = last.sequence;
        let mut effects = Vec::new();
        for sealed in &entries {
            let (completed_at_ms, event) = read(sealed)?;
            match event {
                DictionaryEvent::Begun { source_sha256, terms } => {
                    replay.row = Some(DictionaryRow { terms, source_sha256, completed_at_ms: 0 });
                }
                DictionaryEvent::TermsAdded { terms } => {
                    effects.extend(terms.iter().flat_map(|term| rows::of_term(&log.key, term)));
                }
                DictionaryEvent::Completed => {
                    let row = replay.row.take();
                    let row = row.map(|row| DictionaryRow { completed_at_ms, ..row });
                    effects.extend(row.map(|row| rows::of_version(&log.key, &row)));
                }
            }
        }
        Ok(Some(effects))
    }

    async fn count_rows(&self, view: View) -> Result<u64> {
        let mut range = Range::all(view, INSTITUTION, ROWS_PER_READ);
        let mut count = 0;
        loop {
            let page = self.store.list(range.clone()).await?;
            count += page.len() as u64;
            match page.last() {
                Some((last, _)) => range.after = Some(last.clone()),
                None => return Ok(count),
            }
        }
    }
}

/// How far a log was replayed.
#[derive(Debug, Default)]
struct Replay {
    sequence: u64,
    row: Option<DictionaryRow>,
}

fn place(view: View) -> usize {
    ALL.iter().position(|one| *one == view).unwrap_or_default()
}

fn fault(view: View, key: &str, what: &str) -> String {
    let (version, rest) = key.split_once(BETWEEN).unwrap_or((key, ""));
    let (dictionary, version) = parts(version).unwrap_or((version, ""));
    let place = rest.replace(BETWEEN, " / ");
    format!("dictionary {dictionary} {version}, {} {place}: {what}", name(view))
}

fn name(view: View) -> &'static str {
    match view {
        DICTIONARY => "row of the version",
        TERM => "rows of terms",
        _ => "rows of words",
    }
}
