//! The stored view rows of a study beside those that its casebooks account for.
//!
//! Both come in the same order within each first part of a key (a form, a site), because casebooks
//! are read in the order of their subjects: one pass over each view, and no row is sought by itself.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use kernel::StudyOid;
use store::{Range, Store, View};

use super::{Fault, confirm, designs::Designs, fault::Faults, log::LogRead};
use crate::{
    failure::Result,
    study::StudyShelf,
    views::{ALL, BETWEEN},
};

/// Rows that are read ahead for each first part of a key.
const PAGE: u32 = 100;
/// The longest key that a store keeps, in bytes.
const MAX_KEY_BYTES: usize = 1024;

/// A comparison under way.
pub(super) struct Comparison {
    store: Arc<dyn Store>,
    study: String,
    designs: Result<Arc<Designs>, String>,
    cursors: HashMap<(View, String), Cursor>,
    /// Subjects of whose rows nothing can be said, because their logs are faulty.
    unknown: HashSet<String>,
    rows: u64,
}

impl Comparison {
    /// Begins for a study whose designs were read, or could not be and why.
    pub fn new(store: Arc<dyn Store>, study: &str, designs: Result<Arc<Designs>, String>) -> Self {
        let (study, unknown) = (study.to_owned(), HashSet::new());
        Self { store, study, designs, cursors: HashMap::new(), unknown, rows: 0 }
    }

    /// Compares the rows of the next casebook; casebooks come in the order of their subjects.
    pub async fn casebook(&mut self, read: &LogRead, faults: &mut Faults) -> Result<()> {
        let Some(rows) = &read.rows else {
            if let (Err(why), true) = (&self.designs, self.unknown.is_empty()) {
                let log = StudyShelf::log(&StudyOid::new(&self.study));
                let what = format!("{why}, so the views of its casebooks were not compared");
                faults.push(Fault::in_log(&log, None, what));
            }
            self.unknown.insert(read.log.key.clone());
            return Ok(());
        };
        for ((view, key), expected) in &rows.rows {
            loop {
                let cursor = self.cursor(*view, first_part(key));
                match cursor.next_up_to(key).await? {
                    Some((found, stored)) if found == *key => {
                        self.rows += 1;
                        if !rows.allow(*view, expected, &stored) {
                            self.suspect(*view, key, faults).await?;
                        }
                        break;
                    }
                    Some((found, _)) => {
                        self.rows += 1;
                        self.suspect(*view, &found, faults).await?;
                    }
                    None => {
                        self.suspect(*view, key, faults).await?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks at the rows that no casebook has accounted for. Returns how many rows are stored.
    pub async fn finish(mut self, faults: &mut Faults) -> Result<u64> {
        for view in ALL {
            let mut last: Option<String> = None;
            let mut after = String::new();
            loop {
                let next = Range::all(view, self.study.as_str(), 1).after(after.as_str());
                let Some((key, _)) = self.store.list(next).await?.pop() else { break };
                let first = first_part(&key).to_owned();
                if first == key || last.as_ref() == Some(&first) {
                    self.rows += 1;
                    self.suspect(view, &key, faults).await?;
                    after = key;
                    continue;
                }
                while let Some((found, _)) = self.cursor(view, &first).next().await? {
                    self.rows += 1;
                    self.suspect(view, &found, faults).await?;
                }
                after = behind(&first);
                last = Some(first);
            }
        }
        Ok(self.rows)
    }

    /// Calls a row a fault if it still is one when it is looked at by itself.
    async fn suspect(&mut self, view: View, key: &str, faults: &mut Faults) -> Result<()> {
        if key.split(BETWEEN).nth(1).is_some_and(|subject| self.unknown.contains(subject)) {
            return Ok(());
        }
        if faults.is_full() {
            faults.count();
            return Ok(());
        }
        if let Ok(designs) = &self.designs
            && !designs.are_current(&self.store, &self.study).await?
        {
            self.designs = Designs::read(&self.store, &self.study).await?;
        }
        let designs = self.designs.as_ref().ok();
        faults.extend(confirm::row(&self.store, &self.study, designs, view, key).await?);
        Ok(())
    }

    fn cursor(&mut self, view: View, first: &str) -> &mut Cursor {
        let place = (view, first.to_owned());
        self.cursors.entry(place).or_insert_with(|| {
            let range = Range::all(view, self.study.as_str(), PAGE);
            Cursor {
                store: Arc::clone(&self.store),
                range: range.prefix(format!("{first}{BETWEEN}")),
                rows: VecDeque::new(),
                ended: false,
            }
        })
    }
}

/// Rows of one view whose keys have the same first part, a page at a time.
struct Cursor {
    store: Arc<dyn Store>,
    range: Range,
    rows: VecDeque<(String, Vec<u8>)>,
    ended: bool,
}

impl Cursor {
    async fn next(&mut self) -> Result<Option<(String, Vec<u8>)>> {
        self.fill().await?;
        Ok(self.rows.pop_front())
    }

    /// The next row, unless it is behind `key`.
    async fn next_up_to(&mut self, key: &str) -> Result<Option<(String, Vec<u8>)>> {
        self.fill().await?;
        Ok(self.rows.pop_front_if(|(found, _)| found.as_str() <= key))
    }

    async fn fill(&mut self) -> Result<()> {
        if self.rows.is_empty() && !self.ended {
            let page = self.store.list(self.range.clone()).await?;
            self.ended = page.len() < self.range.limit as usize;
            self.range.after = page.last().map(|(key, _)| key.clone());
            self.rows = page.into();
        }
        Ok(())
    }
}

fn first_part(key: &str) -> &str {
    key.split(BETWEEN).next().unwrap_or_default()
}

/// A text behind every key that begins with this first part.
fn behind(first: &str) -> String {
    let last = char::MAX.to_string().repeat(MAX_KEY_BYTES / char::MAX.len_utf8());
    format!("{first}{BETWEEN}{last}")
}
