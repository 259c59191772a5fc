//! The entries of one service, as they are known.

use super::{
    LEASE,
    client::pb::{Event, KeyValue, event::EventType},
};
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Addresses by key.
    by_key: BTreeMap<Vec<u8>, String>,
    /// Addresses from before etcd was away, and until when they stay.
    grace: Option<(BTreeSet<String>, Instant)>,
}

impl Entries {
    /// Takes what etcd has. What was known before stays for the length of a lease, so that who must
    /// register anew has the time to.
    pub fn replace(&mut self, found: Vec<KeyValue>, now: Instant) {
        let before = self.addresses();
        self.grace = (!before.is_empty()).then(|| (before, now + LEASE));
        self.by_key.clear();
        for entry in found {
            self.put(entry);
        }
    }

    pub fn apply(&mut self, event: Event) {
        let kind = event.r#type();
        let Some(entry) = event.kv else { return };
        match kind {
            EventType::Put => self.put(entry),
            EventType::Delete => self.delete(&entry.key),
        }
    }

    /// When the time of what is only remembered is over.
    pub fn grace_ends(&self) -> Option<Instant> {
        self.grace.as_ref().map(|(_, until)| *until)
    }

    pub fn end_grace(&mut self) {
        self.grace = None;
    }

    /// Each address once.
    pub fn addresses(&self) -> BTreeSet<String> {
        let kept = self.grace.iter().flat_map(|(kept, _)| kept);
        self.by_key.values().chain(kept).cloned().collect()
    }

    fn put(&mut self, entry: KeyValue) {
        if let Ok(address) = String::from_utf8(entry.value) {
            self.by_key.insert(entry.key, address);
        } else {
            tracing::warn!("an entry in etcd is not an address");
        }
    }

    /// Whoever leaves while we look is not remembered either.
    fn delete(&mut self, key: &[u8]) {
        if let (Some(address), Some((kept, _))) = (self.by_key.remove(key), &mut self.grace) {
            kept.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, value: &str) -> KeyValue {
        KeyValue { key: key.into(), value: value.into(), ..KeyValue::default() }
    }

    fn event(kind: EventType, key: &str, value: &str) -> Event {
        Event { r#type: kind.into(), kv: Some(entry(key, value)) }
    }

    fn addresses(entries: &Entries) -> Vec<String> {
        entries.addresses().into_iter().collect()
    }

    #[test]
    fn an_address_with_two_keys_is_there_until_the_last_is_gone() {
        let mut entries = Entries::default();
        entries.replace(vec![entry("a/1", "x:1"), entry("a/2", "x:1")], Instant::now());
        entries.apply(event(EventType::Delete, "a/1", ""));
        assert_eq!(addresses(&entries), ["x:1"]);
        entries.apply(event(EventType::Delete, "a/2", ""));
        assert!(addresses(&entries).is_empty());
    }

    #[test]
    fn what_is_gone_after_an_outage_stays_for_one_lease() {
        let (mut entries, now) = (Entries::default(), Instant::now());
        entries.replace(vec![entry("a/1", "x:1"), entry("a/2", "y:1")], now);
        assert_eq!(entries.grace_ends(), None);
        entries.replace(vec![], now);
        assert_eq!(addresses(&entries), ["x:1", "y:1"]);
        assert_eq!(entries.grace_ends(), Some(now + LEASE));
        entries.apply(event(EventType::Put, "a/3", "y:1"));
        entries.end_grace();
        assert_eq!(addresses(&entries), ["y:1"]);
    }

    #[test]
    fn who_leaves_after_an_outage_is_gone_at_once() {
        let (mut entries, now) = (Entries::default(), Instant::now());
        entries.replace(vec![entry("a/1", "x:1")], now);
        entries.replace(vec![entry("a/1", "x:1")], now);
        entries.apply(event(EventType::Delete, "a/1", ""));
        assert!(addresses(&entries).is_empty());
    }

    #[test]
    fn a_value_that_is_no_text_is_passed_over() {
        let mut entries = Entries::default();
        let broken = KeyValue { value: vec![0xff], ..entry("a/2", "") };
        entries.replace(vec![entry("a/1", "x:1"), broken], Instant::now());
        assert_eq!(addresses(&entries), ["x:1"]);
    }
}
