//! What can happen to a casebook. Each event is the payload of one entry of its log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    query::QueryOpened,
    record::{ItemKey, RecordKey, RecordSignature, RowKey},
    status::SubjectStatus,
};
use crate::study::Participant;
use crate::{ArmOid, CriterionOid, Datum, ItemOid, QueryId, RepeatKey, SiteOid, StudyEventOid};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    SubjectScreened(SubjectScreened),
    EligibilityAssessed(EligibilityAssessed),
    SubjectEnrolled(SubjectEnrolled),
    /// The casebook works under this study version from now on, not under the one that is in force
    /// for all: hexadecimal hashes.
    VersionTaken {
        old: Option<String>,
        new: String,
    },
    SubjectStatusChanged {
        from: SubjectStatus,
        to: SubjectStatus,
        on: String,
    },
    /// One dated event noted for the subject.
    EventNoted {
        on: String,
        text: String,
    },
    StudyEventDated {
        event: StudyEventOid,
        event_repeat: RepeatKey,
        old: Option<String>,
        new: Option<String>,
    },
    FormSaved(FormSaved),
    Removed(RecordPart),
    Restored(RecordPart),
    ItemsVerified {
        record: RecordKey,
        items: Vec<ItemKey>,
    },
    ItemsUnverified {
        record: RecordKey,
        items: Vec<ItemKey>,
    },
    RecordMarked {
        record: RecordKey,
        mark: Mark,
        on: bool,
    },
    RecordSigned {
        record: RecordKey,
        signature: RecordSignature,
    },
    /// All form records of one visit are signed together.
    VisitSigned {
        event: StudyEventOid,
        event_repeat: RepeatKey,
        signature: RecordSignature,
    },
    /// The whole casebook is signed.
    CasebookSigned {
        signature: RecordSignature,
    },
    QueryOpened(QueryOpened),
    QueryAnswered {
        id: QueryId,
        text: String,
    },
    QueryClosed {
        id: QueryId,
        text: String,
        automatic: bool,
    },
    QueryReopened {
        id: QueryId,
        text: String,
    },
    QueryCancelled {
        id: QueryId,
        text: String,
    },
}

/// Freeze and lock are two marks: one keeps hands off while reviewing, one ends data entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    Frozen,
    Locked,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectScreened {
    pub site: SiteOid,
    pub screening_number: String,
    /// The day the consent was signed, as a local date of the site.
    pub consented_on: Option<String>,
    pub screened_on: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EligibilityAssessed {
    /// What the investigator said of each criterion that is not computed.
    pub attested: BTreeMap<CriterionOid, bool>,
    /// Inclusion criteria not met and exclusion criteria met.
    pub failed: Vec<CriterionOid>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectEnrolled {
    pub enrolment_number: String,
    pub enrolled_on: String,
    pub arm: Option<ArmOid>,
    /// How the plan of source data verification sees the subject from now on.
    #[serde(default)]
    pub participant: Participant,
}

/// A record, or one row of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPart {
    pub record: RecordKey,
    pub row: Option<RowKey>,
}

/// Values of one form record changed together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormSaved {
    pub record: RecordKey,
    /// The version of the record after this save.
    pub version: u64,
    /// The entry before this one that concerns the record; 0 if none does.
    pub previous_entry: u64,
    /// Whether the form became complete or incomplete by this save.
    pub complete: Option<bool>,
    pub rows: Vec<RowChanges>,
}

/// The changes of one row: group, repeat, items. Written as an array to keep entries small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChanges(pub RowKey, pub Vec<ItemChange>);

/// One value before and after: item, old, new, cause. `None` is blank; blank to value and value to
/// blank are changes like any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemChange(pub ItemOid, pub Option<Datum>, pub Option<Datum>, pub Option<Cause>);

/// Why a value changed that nobody entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// Computed by the item's method.
    Derived,
    /// Cleared because the item's collection condition no longer holds.
    NotCollected,
}

impl FormSaved {
    pub fn changes(&self) -> impl Iterator<Item = (&RowKey, &ItemChange)> {
        self.rows.iter().flat_map(|row| row.1.iter().map(move |change| (&row.0, change)))
    }
}

/// A payload is not an event of a casebook.
#[derive(Debug, thiserror::Error)]
#[error("the payload is not an event of a casebook")]
pub struct MalformedEvent(#[source] minicbor_serde::error::DecodeError);

/// Room for the payload of a save of some twenty items, so that writing it allocates once.
const PAYLOAD_BYTES: usize = 1024;

impl Event {
    /// The payload of the entry: CBOR with the names of this type.
    pub fn to_payload(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PAYLOAD_BYTES);
        self.serialize(&mut minicbor_serde::Serializer::new(&mut bytes))
            .expect("an event has only data that CBOR can hold");
        bytes
    }

    pub fn from_payload(payload: &[u8]) -> Result<Self, MalformedEvent> {
        minicbor_serde::from_slice(payload).map_err(MalformedEvent)
    }

    /// The kind of the entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SubjectScreened(_) => "SubjectScreened",
            Self::EligibilityAssessed(_) => "EligibilityAssessed",
            Self::SubjectEnrolled(_) => "SubjectEnrolled",
            Self::VersionTaken { .. } => "VersionTaken",
            Self::SubjectStatusChanged { .. } => "SubjectStatusChanged",
            Self::EventNoted { .. } => "EventNoted",
            Self::StudyEventDated { .. } => "StudyEventDated",
            Self::FormSaved(_) => "FormSaved",
            Self::Removed(_) => "Removed",
            Self::Restored(_) => "Restored",
            Self::ItemsVerified { .. } => "ItemsVerified",
            Self::ItemsUnverified { .. } => "ItemsUnverified",
            Self::RecordMarked { .. } => "RecordMarked",
            Self::RecordSigned { .. } => "RecordSigned",
            Self::VisitSigned { .. } => "VisitSigned",
            Self::CasebookSigned { .. } => "CasebookSigned",
            Self::QueryOpened(_) => "QueryOpened",
            Self::QueryAnswered { .. } => "QueryAnswered",
            Self::QueryClosed { .. } => "QueryClosed",
            Self::QueryReopened { .. } => "QueryReopened",
            Self::QueryCancelled { .. } => "QueryCancelled",
        }
    }

    /// The record that the event concerns, if it concerns one.
    pub fn record(&self) -> Option<&RecordKey> {
        match self {
            Self::FormSaved(saved) => Some(&saved.record),
            Self::Removed(part) | Self::Restored(part) => Some(&part.record),
            Self::ItemsVerified { record, .. }
            | Self::ItemsUnverified { record, .. }
            | Self::RecordMarked { record, .. }
            | Self::RecordSigned { record, .. } => Some(record),
            _ => None,
        }
    }
}
