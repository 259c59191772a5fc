//! What an exporter is handed: borrowed views of a study, its subjects and their records.

use kernel::{
    casebook::{DatumRef, RecordRef},
    study::Design,
};

/// The study and the cut-off of an export. All times are ISO 8601 in UTC.
#[derive(Clone, Copy, Debug)]
pub struct StudyOut<'a> {
    /// The version whose items are written; its study OID names the study.
    pub design: &'a Design,
    /// The same with what the caller may not see: for expressions, which name items whose values he
    /// does not get. Nothing of it is written.
    pub published: &'a Design,
    /// The hash that names the version, also where `design` shows only what a caller may see of it.
    pub version_hash: &'a str,
    /// The instant whose state is written; none for the present state.
    pub as_of: Option<&'a str>,
    pub created_at: &'a str,
    /// The version of the program that writes.
    pub source_version: &'a str,
    /// Sites and their names, for formats that list them.
    pub sites: &'a [(&'a str, &'a str)],
    /// Users and, of those who signed, the printed names, for formats that list them.
    pub users: &'a [(&'a str, Option<&'a str>)],
    /// What the signatures of the export mean, each text once, for formats that list them.
    pub meanings: &'a [&'a str],
    /// Whether the data were locked at the time whose state is written.
    pub is_locked: bool,
}

impl StudyOut<'_> {
    /// The time that files name as their own: that of the cut-off, so that an export of the same
    /// state is the same bytes; without one the present time.
    pub fn stamp(&self) -> &str {
        self.as_of.unwrap_or(self.created_at)
    }
}

/// One subject.
#[derive(Clone, Copy, Debug, Default)]
pub struct SubjectOut<'a> {
    pub key: &'a str,
    pub site: &'a str,
    pub status: &'a str,
    pub screening_number: Option<&'a str>,
    pub enrolment_number: Option<&'a str>,
    /// Dates, `YYYY-MM-DD`: of consent, of enrolment, and on which it failed screening, was completed
    /// or discontinued. Only for exporters that want an order.
    pub consented_on: Option<&'a str>,
    pub enrolled_on: Option<&'a str>,
    pub ended_on: Option<&'a str>,
    /// The signature of the whole casebook that still holds.
    pub signature: Option<SignatureOut<'a>>,
    /// Those of its visits: event, repeat of the event, signature.
    pub visit_signatures: &'a [(&'a str, &'a str, SignatureOut<'a>)],
}

/// One form record with what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct RecordOut<'a> {
    pub subject: &'a SubjectOut<'a>,
    pub event: &'a str,
    pub event_repeat: &'a str,
    pub form: &'a str,
    pub form_repeat: &'a str,
    pub record: &'a RecordRef<'a>,
    /// The changes of the record, oldest first; empty unless the exporter needs them.
    pub trail: &'a [TrailOut<'a>],
    pub queries: &'a [QueryOut<'a>],
    /// The signature that still holds; none when the content changed since.
    pub signature: Option<SignatureOut<'a>>,
}

/// An electronic signature on a record (21 CFR 11.50: printed name, time and meaning).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureOut<'a> {
    pub signer: &'a str,
    pub printed_name: &'a str,
    /// One of the meanings of the study.
    pub meaning: &'a str,
    pub signed_at: &'a str,
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailKind {
    /// A value, where there was none.
    Recorded,
    /// Another value, or a reason why it is missing.
    Changed,
    /// The value is blank again.
    Cleared,
    /// The row, or without a group the whole record, was removed.
    Removed,
    /// The row or the record was taken back.
    Restored,
}

/// One change, and who made it when and why.
#[derive(Clone, Copy, Debug)]
pub struct TrailOut<'a> {
    pub kind: TrailKind,
    /// Empty for a change of the whole record.
    pub group: &'a str,
    pub group_repeat: &'a str,
    /// Empty for a change of a whole row.
    pub item: &'a str,
    /// What the item holds since.
    pub datum: DatumRef<'a>,
    pub at: &'a str,
    pub user: &'a str,
    /// The site or place of the user.
    pub location: &'a str,
    pub reason: Option<&'a str>,
    /// Web, import, epro, imaging or api.
    pub origin: &'a str,
    /// The entry of the casebook that holds the change.
    pub entry: u64,
}

/// One query about a record or an item.
#[derive(Clone, Copy, Debug)]
pub struct QueryOut<'a> {
    pub id: &'a str,
    /// Empty for a query about the whole record.
    pub group: &'a str,
    pub group_repeat: &'a str,
    pub item: &'a str,
    pub state: &'a str,
    /// The check that opened it; none for a person's query.
    pub check: Option<&'a str>,
    pub text: &'a str,
    pub opened_at: &'a str,
    pub opened_by: &'a str,
}
