//! What an entry tells: the event that follows from it, if one does.

use crate::{EventType, endpoints::Cause};
use journal::{EntryRef, LogName};
use kernel::{
    QueryId,
    casebook::{Event, RecordKey},
};

/// The kind of a casebook's log.
const CASEBOOK: &str = "casebook";
/// The kind of a study's log; it is the institution's, with the study as its key.
const STUDY: &str = "study";

/// An event, before it is put in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub event_type: EventType,
    pub place: Place,
    pub query: Option<QueryId>,
}

/// Where in a casebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The subject, or the study.
    Whole,
    StudyEvent {
        event: String,
        event_repeat: String,
    },
    Record(RecordKey),
}

/// Whether a log can hold events of a study.
pub(crate) fn concerns(log: &LogName, study: &str) -> bool {
    (log.study == study && log.kind == CASEBOOK)
        || (log.study.is_empty() && log.kind == STUDY && log.key == study)
}

/// Whether the log is a casebook.
pub(crate) fn is_casebook(log: &LogName) -> bool {
    log.kind == CASEBOOK
}

/// Reads what an entry of such a log tells.
pub(crate) fn read(log: &LogName, entry: &EntryRef<'_>) -> Result<Option<Told>, Cause> {
    if !is_casebook(log) {
        let told = EventType::of_study(entry.kind);
        return Ok(told.map(|event_type| Told { event_type, place: Place::Whole, query: None }));
    }
    let event = Event::from_payload(entry.payload)?;
    let event_type = EventType::of_casebook(&event);
    let place = match &event {
        Event::StudyEventDated { event, event_repeat, .. }
        | Event::VisitSigned { event, event_repeat, .. } => {
            Place::StudyEvent { event: event.to_string(), event_repeat: event_repeat.to_string() }
        }
        Event::QueryOpened(opened) => Place::Record(opened.record.clone()),
        other => other.record().map_or(Place::Whole, |record| Place::Record(record.clone())),
    };
    Ok(Some(Told { event_type, place, query: query_of(&event) }))
}

fn query_of(event: &Event) -> Option<QueryId> {
    match event {
        Event::QueryOpened(opened) => Some(opened.id.clone()),
        Event::QueryAnswered { id, .. }
        | Event::QueryClosed { id, .. }
        | Event::QueryReopened { id, .. }
        | Event::QueryCancelled { id, .. } => Some(id.clone()),
        _ => None,
    }
}
