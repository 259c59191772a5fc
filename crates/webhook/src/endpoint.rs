//! An endpoint as its log tells.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something that happened to an endpoint, as it stands in the payload of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum EndpointEvent {
    EndpointCreated {
        url: String,
        description: String,
        event_types: Vec<String>,
        public_key: String,
    },
    EndpointUpdated {
        url: Option<String>,
        description: Option<String>,
        event_types: Option<Vec<String>>,
    },
    KeyRotated {
        number: u32,
        public_key: String,
        /// UTC milliseconds since 1970 until which the key before is used besides.
        previous_until_ms: i64,
    },
    EndpointEnabled,
    EndpointDisabled {
        because: Because,
    },
    EndpointDeleted,
    TestSent,
    SecretShown,
    ReplayRequested {
        /// The position in the journal behind which everything is sent again.
        after: u64,
    },
}

/// Why an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Because {
    ByCaller,
    FailedTooLong,
    Gone,
}

/// The fold of the log of an endpoint; also its row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Endpoint {
    pub url: String,
    pub description: String,
    /// All events when empty.
    pub event_types: Vec<String>,
    pub disabled: Option<Because>,
    pub deleted: bool,
    /// Newest first.
    pub keys: Vec<Key>,
    pub created_by: String,
    pub created_at_ms: i64,
    /// The newest entry after which everything that waits is tried at once.
    pub resumed: u64,
    /// Which entries ask for a replay, and behind which position.
    pub replays: Vec<(u64, u64)>,
    /// The requests that were carried out.
    pub requests: BTreeSet<String>,
}

/// A signing key; the secret follows from the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub number: u32,
    pub public: String,
    /// For ever when absent.
    pub until_ms: Option<i64>,
}

impl EndpointEvent {
    /// The kind of the entry.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::EndpointCreated { .. } => "EndpointCreated",
            Self::EndpointUpdated { .. } => "EndpointUpdated",
            Self::KeyRotated { .. } => "KeyRotated",
            Self::EndpointEnabled => "EndpointEnabled",
            Self::EndpointDisabled { .. } => "EndpointDisabled",
            Self::EndpointDeleted => "EndpointDeleted",
            Self::TestSent => "TestSent",
            Self::SecretShown => "SecretShown",
            Self::ReplayRequested { .. } => "ReplayRequested",
        }
    }
}

/// Where and when an event stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp<'a> {
    pub sequence: u64,
    pub at_ms: i64,
    pub actor: &'a str,
    pub request_id: &'a str,
}

impl Endpoint {
    /// What is true after an event.
    pub(crate) fn apply(&mut self, stamp: Stamp<'_>, event: EndpointEvent) {
        if !stamp.request_id.is_empty() {
            self.requests.insert(stamp.request_id.to_owned());
        }
        match event {
            EndpointEvent::EndpointCreated { url, description, event_types, public_key } => {
                (self.url, self.description, self.event_types) = (url, description, event_types);
                self.keys = vec![Key { number: 1, public: public_key, until_ms: None }];
                stamp.actor.clone_into(&mut self.created_by);
                self.created_at_ms = stamp.at_ms;
            }
            EndpointEvent::EndpointUpdated { url, description, event_types } => {
                if let Some(url) = url {
                    self.url = url;
                    self.resumed = stamp.sequence;
                }
                self.description = description.unwrap_or_else(|| self.description.clone());
                self.event_types = event_types.unwrap_or_else(|| self.event_types.clone());
            }
            EndpointEvent::KeyRotated { number, public_key, previous_until_ms } => {
                self.keys.truncate(1);
                if let Some(previous) = self.keys.first_mut() {
                    previous.until_ms = Some(previous_until_ms);
                }
                self.keys.insert(0, Key { number, public: public_key, until_ms: None });
            }
            EndpointEvent::EndpointEnabled => {
                self.disabled = None;
                self.resumed = stamp.sequence;
            }
            EndpointEvent::EndpointDisabled { because } => self.disabled = Some(because),
            EndpointEvent::EndpointDeleted => self.deleted = true,
            EndpointEvent::TestSent | EndpointEvent::SecretShown => {}
            EndpointEvent::ReplayRequested { after } => self.replays.push((stamp.sequence, after)),
        }
    }

    /// The keys that sign at a time, newest first.
    pub(crate) fn keys_in_use(&self, now_ms: i64) -> impl Iterator<Item = &Key> {
        let is_in_use = move |key: &&Key| key.until_ms.is_none_or(|until_ms| now_ms < until_ms);
        self.keys.iter().filter(is_in_use)
    }

    /// Whether events of a kind are sent.
    pub(crate) fn wants(&self, event_type: &str) -> bool {
        self.event_types.is_empty() || self.event_types.iter().any(|one| one == event_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[EndpointEvent]) -> Endpoint {
        let mut endpoint = Endpoint::default();
        for (sequence, event) in (1..).zip(events) {
            let stamp = Stamp { sequence, at_ms: 1_000, actor: "li.na", request_id: "" };
            endpoint.apply(stamp, event.clone());
        }
        endpoint
    }

    fn created() -> EndpointEvent {
        EndpointEvent::EndpointCreated {
            url: "https://a.example/".into(),
            description: String::new(),
            event_types: vec!["form.saved".into()],
            public_key: "whpk_1".into(),
        }
    }

    fn rotated(number: u32, previous_until_ms: i64) -> EndpointEvent {
        let public_key = format!("whpk_{number}");
        EndpointEvent::KeyRotated { number, public_key, previous_until_ms }
    }

    #[test]
    fn for_a_time_both_keys_sign() {
        let endpoint = after(&[created(), rotated(2, 50)]);
        let numbers =
            |now_ms| -> Vec<u32> { endpoint.keys_in_use(now_ms).map(|key| key.number).collect() };
        assert_eq!(numbers(49), [2, 1]);
        assert_eq!(numbers(50), [2]);
    }

    #[test]
    fn never_more_than_two_keys_sign() {
        let endpoint = after(&[created(), rotated(2, 50), rotated(3, 90)]);
        let numbers: Vec<u32> = endpoint.keys_in_use(0).map(|key| key.number).collect();
        assert_eq!(numbers, [3, 2]);
    }

    #[test]
    fn an_update_changes_what_it_names() {
        let update = EndpointEvent::EndpointUpdated {
            url: None,
            description: Some("registry".into()),
            event_types: Some(Vec::new()),
        };
        let endpoint = after(&[created(), update]);
        assert_eq!(endpoint.url, "https://a.example/");
        assert_eq!(endpoint.description, "registry");
        assert!(endpoint.wants("query.opened"));
        assert!(!after(&[created()]).wants("query.opened"));
    }
}
