//! One casebook replayed from its log, and the view rows that follow from it.

use std::{collections::BTreeMap, sync::Arc};

use journal::{EntryRef, LogName};
use kernel::{
    RequestId, SubjectKey,
    casebook::{Casebook, Event, MalformedEvent, Stamp},
};
use store::{Effect, View};

use super::designs::Designs;
use crate::compiled::Compiled;
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
    pub fn effects(&self, designs: &Designs) -> Vec<Effect> {
        let row = self.row(designs.of_casebook(&self.casebook));
        effects(&self.subject, &self.casebook, &row, &self.touched)
    }

    /// The rows that the casebook must have.
    pub fn into_rows(self, designs: &Arc<Designs>) -> Rows {
        let mut rows = BTreeMap::new();
        for effect in self.effects(designs) {
            if let Effect::Put { view, key, bytes } | Effect::PutNew { view, key, bytes } = effect {
                rows.insert((view, key), bytes);
            }
        }
        let earlier = designs.are_several().then(|| (self, Arc::clone(designs)));
        Rows { rows, earlier }
    }

    fn row(&self, compiled: &Compiled) -> SubjectRow {
        let mut row = SubjectRow::default();
        refresh(&mut row, compiled, &self.casebook, &self.touched);
        row
    }
}

/// The view rows of one casebook, by view and key.
#[derive(Debug)]
pub(super) struct Rows {
    pub rows: BTreeMap<(View, String), Vec<u8>>,
    /// What the row of the subject is made from, if it may be of other versions of the study.
    earlier: Option<(Replay, Arc<Designs>)>,
}

impl Rows {
    /// Whether a stored row is what the log tells.
    pub fn allow(&self, view: View, expected: &[u8], stored: &[u8]) -> bool {
        if expected == stored {
            return true;
        }
        let Some((replay, designs)) = self.earlier.as_ref().filter(|_| view == SUBJECT) else {
            return false;
        };
        match (decode_subject(expected), decode_subject(stored)) {
            (Ok(expected), Ok(stored)) => of_earlier_versions(replay, designs, &expected, &stored),
            _ => false,
        }
    }
}

/// Whether the rows differ only in visits, and in what is not collected, as an earlier version makes them.
fn of_earlier_versions(
    replay: &Replay,
    designs: &Designs,
    expected: &SubjectRow,
    stored: &SubjectRow,
) -> bool {
    let (visits, not_collected) = (stored.visits.clone(), stored.not_collected.clone());
    let like_stored = SubjectRow { not_collected, visits, ..expected.clone() };
    if like_stored != *stored || stored.visits.len() != expected.visits.len() {
        return false;
    }
    let mut open: Vec<&String> = stored.visits.keys().collect();
    let close = |open: &mut Vec<&String>, row: &SubjectRow| {
        open.retain(|visit| row.visits.get(*visit) != stored.visits.get(*visit));
    };
    close(&mut open, expected);
    let mut is_told = expected.not_collected == stored.not_collected;
    for version in designs.all() {
        if open.is_empty() && is_told {
            break;
        }
        let row = replay.row(version);
        is_told |= row.not_collected == stored.not_collected;
        close(&mut open, &row);
    }
    open.is_empty() && is_told
}
