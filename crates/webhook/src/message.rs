//! The message that is sent: its id and its body.

use crate::{
    endpoints::Cause,
    told::{Place, Told, is_casebook},
};
use contract::Timestamp;
use journal::{EntryRef, Hash, LogName};
use serde::Serialize;
use ulid::Ulid;

/// A message, ready to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub id: String,
    pub event_type: &'static str,
    pub body: Vec<u8>,
    /// When what it tells was recorded, in UTC milliseconds since 1970.
    pub at_ms: i64,
    /// Whether the number of the entry may be shown.
    pub shows_sequence: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    event_type: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

/// No value, no free text, no item: what happened is looked up by whoever may see it.
#[derive(Serialize)]
struct Data<'a> {
    study_oid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    study_event_oid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    study_event_repeat_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form_oid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form_repeat_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_id: Option<String>,
    actor: &'a str,
    role: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<&'a str>,
    origin: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    study_version: Option<String>,
    log: Log<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    hash: String,
}

#[derive(Serialize)]
struct Log<'a> {
    kind: &'a str,
    key: &'a str,
}

/// The id of what an entry tells an endpoint: `msg_` and a ULID of the time of the entry and 80 bits
/// of SHA-256 over endpoint and entry, so that it is the same at every attempt and replay.
pub(crate) fn id(endpoint_id: &str, entry_hash: &Hash, recorded_at_ms: i64) -> String {
    let mut bytes = format!("casebook webhook event 1\0{endpoint_id}\0").into_bytes();
    bytes.extend_from_slice(entry_hash.as_bytes());
    ulid_of(recorded_at_ms, &Hash::of(&bytes))
}

/// The id of a test that somebody asked for.
pub(crate) fn test_id(endpoint_id: &str, request_id: &str, at_ms: i64) -> String {
    let bytes = format!("casebook webhook test 1\0{endpoint_id}\0{request_id}");
    ulid_of(at_ms, &Hash::of(bytes.as_bytes()))
}

/// The time of the entry in an id, in milliseconds since 1970; `None` for what is no such id.
pub(crate) fn time_of(id: &str) -> Option<i64> {
    let ulid = Ulid::from_string(id.strip_prefix("msg_")?).ok()?;
    i64::try_from(ulid.timestamp_ms()).ok()
}

fn ulid_of(at_ms: i64, hash: &Hash) -> String {
    let mut random = [0; 16];
    random[6..].copy_from_slice(&hash.as_bytes()[..10]);
    let at_ms = u64::try_from(at_ms).unwrap_or_default();
    format!("msg_{}", Ulid::from_parts(at_ms, u128::from_be_bytes(random)))
}

impl Message {
    /// Puts in words what an entry tells.
    pub(crate) fn new(
        endpoint_id: &str,
        study: &str,
        log: &LogName,
        hash: &Hash,
        entry: &EntryRef<'_>,
        told: &Told,
        shows_sequence: bool,
    ) -> Result<Self, Cause> {
        let (event, record) = match &told.place {
            Place::Whole => (None, None),
            Place::StudyEvent { event, event_repeat } => {
                (Some((event.as_str(), event_repeat.as_str())), None)
            }
            Place::Record(record) => {
                let event = (record.event.as_str(), record.event_repeat.as_str());
                (Some(event), Some((record.form.as_str(), record.form_repeat.as_str())))
            }
        };
        let body = Body {
            event_type: told.event_type.name(),
            timestamp: Timestamp::from_millisecond(entry.recorded_at_ms),
            data: Data {
                study_oid: study,
                subject_key: is_casebook(log).then_some(log.key.as_str()),
                study_event_oid: event.map(|event| event.0),
                study_event_repeat_key: event.map(|event| event.1),
                form_oid: record.map(|record| record.0),
                form_repeat_key: record.map(|record| record.1),
                query_id: told.query.as_ref().map(ToString::to_string),
                actor: entry.actor,
                role: entry.role,
                on_behalf_of: entry.on_behalf_of,
                origin: entry.origin,
                study_version: entry.study_version.map(|hash| hash.to_string()),
                log: Log { kind: &log.kind, key: &log.key },
                sequence: shows_sequence.then_some(entry.sequence),
                hash: hash.to_string(),
            },
        };
        Ok(Self {
            id: id(endpoint_id, hash, entry.recorded_at_ms),
            event_type: told.event_type.name(),
            body: serde_json::to_vec(&body)?,
            at_ms: entry.recorded_at_ms,
            shows_sequence,
        })
    }

    /// A message by which an endpoint is tried out.
    pub(crate) fn test(id: String, study: &str, actor: &str, at_ms: i64) -> Result<Self, Cause> {
        let timestamp = Timestamp::from_millisecond(at_ms);
        let event_type = "webhook.test";
        let data = serde_json::json!({ "study_oid": study, "actor": actor });
        let body = serde_json::json!({ "type": event_type, "timestamp": timestamp, "data": data });
        let body = serde_json::to_vec(&body)?;
        Ok(Self { id, event_type, body, at_ms, shows_sequence: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_from_endpoint_and_entry() {
        let (one, other) = (Hash::of(b"1"), Hash::of(b"2"));
        let made = id("whe_1", &one, 1_700_000_000_000);
        assert_eq!(made, id("whe_1", &one, 1_700_000_000_000));
        assert_ne!(made, id("whe_2", &one, 1_700_000_000_000));
        assert_ne!(made, id("whe_1", &other, 1_700_000_000_000));
        assert_eq!(time_of(&made), Some(1_700_000_000_000));
        assert_eq!(made.len(), 30);
    }

    #[test]
    fn what_is_no_id_has_no_time() {
        for text in ["", "msg_", "msg_x", "01HF7YAT00000000000000000", "msg_ü"] {
            assert_eq!(time_of(text), None, "{text}");
        }
    }
}
