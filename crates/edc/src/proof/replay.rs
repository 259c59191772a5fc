//! One casebook replayed from its log, and the view rows that follow from it.

use std::collections::BTreeMap;

use journal::{EntryRef, LogName};
use kernel::{
    RequestId, SubjectKey,
    casebook::{Casebook, Event, MalformedEvent, Stamp},
    study::Design,
};
use store::{Effect, View};

use super::designs::Designs;
use crate::views::{SUBJECT, SubjectRow, Touched, decode_subject, effects, refresh};

/// A casebook on the way through its log.
#[derive(Debug)]
pub(super) struct Replay {
    subject: SubjectKey,
    casebook: Casebook,
    touched: Touched,
}

impl Replay {
    pub fn new(log: &LogName) -> Self {
        let subject = SubjectKey::new(&log.key);
        Self { subject, casebook: Casebook::default(), touched: Touched::default() }
    }

    /// Takes the next entry in.
    pub fn take(&mut self, entry: &EntryRef<'_>) -> Result<(), MalformedEvent> {
        let event = Event::from_payload(entry.payload)?;
        self.touched.note(&self.casebook, &event);
        let stamp = Stamp {
            sequence: entry.sequence,
            recorded_at_ms: entry.recorded_at_ms,
            request: &RequestId::new(entry.request_id),
            actor: entry.actor,
            role: entry.role,
        };
        self.casebook.apply(&stamp, event);
        Ok(())
    }

    /// What writing all of the casebook now would do to the views.
    pub fn effects(&self, design: &Design) -> Vec<Effect> {
        effects(&self.subject, &self.casebook, &self.row(design), &self.touched)
    }

    /// The rows that the casebook must have.
    pub fn rows(&self, designs: &Designs) -> Rows {
        let mut rows = BTreeMap::new();
        for effect in self.effects(&designs.latest) {
            if let Effect::Put { view, key, bytes } | Effect::PutNew { view, key, bytes } = effect {
                rows.insert((view, key), bytes);
            }
        }
        let earlier = designs.earlier.iter().map(|design| self.row(design)).collect();
        Rows { rows, earlier }
    }

    fn row(&self, design: &Design) -> SubjectRow {
        let mut row = SubjectRow::default();
        refresh(&mut row, design, &self.casebook, &self.touched);
        row
    }
}

/// The view rows of one casebook, by view and key.
#[derive(Debug)]
pub(super) struct Rows {
    pub rows: BTreeMap<(View, String), Vec<u8>>,
    /// The row of the subject under versions of the study that find dates of visits elsewhere.
    earlier: Vec<SubjectRow>,
}

impl Rows {
    /// Whether a stored row is what the log tells.
    pub fn allow(&self, view: View, expected: &[u8], stored: &[u8]) -> bool {
        if expected == stored {
            return true;
        }
        if view != SUBJECT || self.earlier.is_empty() {
            return false;
        }
        match (decode_subject(expected), decode_subject(stored)) {
            (Ok(expected), Ok(stored)) => self.is_of_earlier_versions(&expected, &stored),
            _ => false,
        }
    }

    /// Whether the rows differ only in visits that were written under an earlier version.
    fn is_of_earlier_versions(&self, expected: &SubjectRow, stored: &SubjectRow) -> bool {
        let known = |visit: &String, cell| {
            let mut rows = self.earlier.iter().chain([expected]);
            rows.any(|row| row.visits.get(visit) == Some(cell))
        };
        let visits = stored.visits.len() == expected.visits.len()
            && stored.visits.iter().all(|(visit, cell)| known(visit, cell));
        let like_stored = SubjectRow { visits: stored.visits.clone(), ..expected.clone() };
        visits && like_stored == *stored
    }
}
