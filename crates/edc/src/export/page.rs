//! What goes from the readers to the exporter.

use formats::export::SignedPart;
use journal::Head;
use kernel::{
    Datum, RepeatKey, SiteOid, StudyEventOid, SubjectKey,
    casebook::{Casebook, Event, Query, RecordKey, RecordSignature},
};

/// What one read gave, to the exporter.
pub(super) type Pages = Vec<Page>;

/// A part of an export.
#[derive(Debug)]
pub(super) enum Page {
    /// Stored records of one subject, in the order of their keys.
    Subject(Box<SubjectPage>),
    /// A whole casebook with its journal.
    Casebook(Box<CasebookPage>),
    /// The export cannot go on.
    Broken(String),
}

#[derive(Debug)]
pub(super) struct SubjectPage {
    /// The first page of the subject; others only bring more of its records.
    pub first: bool,
    pub subject: SubjectKey,
    pub site: String,
    pub status: String,
    pub screening_number: String,
    pub enrolment_number: Option<String>,
    pub consented_on: Option<String>,
    pub enrolled_on: Option<String>,
    /// When it failed screening, was completed or discontinued.
    pub ended_on: Option<String>,
    /// The signatures of the casebook and of its visits that still hold.
    pub signature: Option<RecordSignature>,
    pub visit_signatures: Vec<(StudyEventOid, RepeatKey, RecordSignature)>,
    pub records: Vec<RecordPage>,
}

#[derive(Debug)]
pub(super) struct RecordPage {
    pub key: RecordKey,
    pub bytes: Vec<u8>,
    pub trail: Vec<Step>,
    pub queries: Vec<Query>,
}

/// One change of one value, with who, when and why.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub kind: StepKind,
    pub group: String,
    pub group_repeat: String,
    pub item: String,
    pub datum: Option<Datum>,
    pub at: String,
    pub user: String,
    pub reason: Option<String>,
    pub origin: String,
    pub entry: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StepKind {
    Recorded,
    Changed,
    Cleared,
    Removed,
    Restored,
}

#[derive(Debug)]
pub(super) struct CasebookPage {
    pub subject: SubjectKey,
    pub site: SiteOid,
    pub casebook: Casebook,
    /// What each is on, and whether it holds.
    pub signatures: Vec<(SignedPart, RecordSignature, bool)>,
    pub entries: Vec<EntryPage>,
    pub head: Head,
}

/// One entry of a journal.
#[derive(Debug)]
pub(super) struct EntryPage {
    pub sequence: u64,
    pub at_ms: i64,
    pub user: String,
    pub role: String,
    pub on_behalf_of: Option<String>,
    pub reason: Option<String>,
    pub is_reason_withheld: bool,
    pub origin: String,
    /// In hexadecimal digits; empty where none is named.
    pub version: String,
    pub event: Event,
}
