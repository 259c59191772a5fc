//! What the resources of a file come to, in the terms of a casebook.

use std::sync::Arc;

use kernel::{
    SiteOid, SubjectKey, UnitOid,
    casebook::{ItemKey, RecordKey},
};

use crate::mapping::Given;

/// Where something stands: its number among what is reported of the file, from 1, and the line on which
/// its resource begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub row: u64,
    pub line: u32,
}

/// The value of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenCell {
    /// The row that gives it: an answer, an observation or an adverse event.
    pub row: u64,
    /// The resource and its part, for messages.
    pub from: Arc<str>,
    pub item: ItemKey,
    /// Not yet checked against the type and code list of the item.
    pub given: Given,
    pub unit: Option<UnitOid>,
}

/// What is given of one form record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenRecord {
    pub subject: SubjectKey,
    pub record: RecordKey,
    pub rows: Vec<Place>,
    pub cells: Vec<TakenCell>,
    /// The record was entered in error.
    pub is_removed: bool,
    /// Whether it is complete, where the resource says so.
    pub complete: Option<bool>,
}

/// A subject with its dated facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenSubject {
    pub subject: SubjectKey,
    pub site: Option<SiteOid>,
    /// Name and ISO date of each milestone, in the words of an import mapping.
    pub milestones: Vec<(&'static str, String)>,
    pub row: Place,
}

/// Everything that is in a file ends in one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    Record(TakenRecord),
    Subject(TakenSubject),
    /// It is no data of a casebook, or data that another resource of the file gives.
    Skipped {
        row: Place,
        reason: String,
    },
    Refused {
        row: Place,
        reason: String,
    },
}
