//! What an exporter of whole casebooks is handed: one casebook with everything that happened to it,
//! without what the caller may not see.

use kernel::{
    FormOid, RepeatKey, StudyEventOid,
    casebook::{Casebook, Event, RecordKey, RecordSignature},
};

use super::StudyOut;

/// One casebook, its signatures and its journal.
#[derive(Clone, Copy, Debug)]
pub struct CasebookOut<'a> {
    pub subject: &'a str,
    pub site: SiteOut<'a>,
    /// Values, queries and verifications; a signature in it says nothing of whether it still holds,
    /// for it is bound to what is left out here as well: see `signatures`.
    pub casebook: &'a Casebook,
    /// The last signature of each record, of each visit and of the casebook.
    pub signatures: &'a [SignedOut<'a>],
    /// The entries of the journal, oldest first, as far as the cut-off.
    pub entries: &'a [EntryOut<'a>],
    pub chain: ChainOut<'a>,
    /// Every version of the study that an entry names, by the first entry that does.
    pub versions: &'a [VersionOut<'a>],
}

/// A site, as its study has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SiteOut<'a> {
    pub oid: &'a str,
    pub name: &'a str,
    /// The IANA name of its time zone; empty for a site that has none.
    pub time_zone: &'a str,
}

/// Where a journal stands, so that a copy of it can be held against the original.
#[derive(Clone, Copy, Debug)]
pub struct ChainOut<'a> {
    /// The SHA-256 of the last entry, in hexadecimal digits. Each entry holds that of the one before.
    pub head: &'a str,
    /// How many entries there are; none for a caller who does not see all of them.
    pub count: Option<u64>,
}

/// A version of the study by its hash in hexadecimal digits.
#[derive(Clone, Copy, Debug)]
pub struct VersionOut<'a> {
    pub hash: &'a str,
    /// Both empty for a version that the log of the study does not have.
    pub oid: &'a str,
    pub name: &'a str,
}

/// What a signature is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedPart {
    Record(RecordKey),
    Visit(StudyEventOid, RepeatKey),
    Casebook,
}

/// A signature, and whether what it is on is still what was signed (21 CFR 11.70).
#[derive(Clone, Copy, Debug)]
pub struct SignedOut<'a> {
    pub on: &'a SignedPart,
    pub signature: &'a RecordSignature,
    pub is_valid: bool,
}

/// One entry of a journal.
#[derive(Clone, Copy, Debug)]
pub struct EntryOut<'a> {
    /// Its place in the journal: not to be written where [`ChainOut::count`] is not told, for a gap
    /// would tell that there is more.
    pub sequence: u64,
    /// UTC, in milliseconds since 1970.
    pub at_ms: i64,
    pub user: &'a str,
    pub role: &'a str,
    pub on_behalf_of: Option<&'a str>,
    pub reason: Option<&'a str>,
    /// There is a reason, but it may speak of what is left out.
    pub is_reason_withheld: bool,
    /// Web, import, epro, imaging, api or system.
    pub origin: &'a str,
    /// The hash of the version of the study under which it was decided; empty where none is named.
    pub version: &'a str,
    pub event: &'a Event,
}

impl CasebookOut<'_> {
    /// The record that an entry is about: also that of the query it opens, answers or closes.
    pub fn record_of<'e>(&'e self, event: &'e Event) -> Option<&'e RecordKey> {
        let id = match event {
            Event::QueryOpened(opened) => return Some(&opened.record),
            Event::QueryAnswered { id, .. }
            | Event::QueryClosed { id, .. }
            | Event::QueryReopened { id, .. }
            | Event::QueryCancelled { id, .. } => id,
            other => return other.record(),
        };
        self.casebook.queries.get(id).map(|query| &query.opened.record)
    }

    /// The visits that have a date or a record, in the order of the schedule, then of repeats.
    pub fn visits(&self, study: &StudyOut<'_>) -> Vec<(StudyEventOid, RepeatKey)> {
        let dated = self.casebook.dates.keys().cloned();
        let recorded = self.keys().map(|key| (key.event.clone(), key.event_repeat.clone()));
        let mut visits: Vec<_> = dated.chain(recorded).collect();
        visits.sort_by(|left, right| {
            let place = |event| study.design.event_position(event).unwrap_or(usize::MAX);
            place(&left.0).cmp(&place(&right.0)).then_with(|| left.cmp(right))
        });
        visits.dedup();
        visits
    }

    /// The records of a visit in the order in which the visit has its forms, then of repeats.
    pub fn records_of(
        &self,
        study: &StudyOut<'_>,
        (event, repeat): &(StudyEventOid, RepeatKey),
    ) -> Vec<&RecordKey> {
        let forms = study.design.event(event).map_or(&[][..], |event| &event.forms);
        let place =
            |form: &FormOid| forms.iter().position(|one| one.form == *form).unwrap_or(usize::MAX);
        let is_here = |key: &&RecordKey| key.event == *event && key.event_repeat == *repeat;
        let mut keys: Vec<&RecordKey> = self.keys().filter(is_here).collect();
        keys.sort_by(|left, right| {
            place(&left.form).cmp(&place(&right.form)).then_with(|| left.cmp(right))
        });
        keys.dedup();
        keys
    }

    /// The forms that hold values, and those that only a query is about.
    fn keys(&self) -> impl Iterator<Item = &RecordKey> {
        self.casebook.records.keys().chain(self.casebook.asked.keys())
    }
}
