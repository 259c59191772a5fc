//! Follows the entries of one service.

use super::{
    LEASE,
    client::{
        Client,
        pb::{Event, KeyValue, event::EventType},
    },
    pause,
};
use crate::{clock::Chance, discovery::announce};
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Arc,
};
use tokio::{sync::watch, time::Instant};
use tonic::Status;

pub(super) struct Follower {
    client: Client,
    prefix: String,
    known: watch::Sender<Option<Arc<[String]>>>,
    /// Addresses by key.
    entries: BTreeMap<Vec<u8>, String>,
    /// Addresses from before etcd was away, and until when they stay.
    grace: Option<(BTreeSet<String>, Instant)>,
}

impl Follower {
    pub fn new(client: Client, service: &str, known: watch::Sender<Option<Arc<[String]>>>) -> Self {
        let prefix = format!("{service}/");
        Self { client, prefix, known, entries: BTreeMap::new(), grace: None }
    }

    /// Follows until nobody is interested.
    pub async fn run(mut self, chance: Arc<dyn Chance>) {
        let known = self.known.clone();
        let follow = async {
            loop {
                let Err(lost) = self.follow().await;
                let key = &self.prefix;
                tracing::warn!(key, %lost, "etcd is away; the last endpoints stay");
                pause(&*chance).await;
            }
        };
        tokio::select! {
            () = known.closed() => {}
            () = follow => {}
        }
    }

    /// Reads what there is, then what changes.
    async fn follow(&mut self) -> Result<Infallible, Status> {
        let (found, revision) = self.client.list(&self.prefix).await?;
        let before: BTreeSet<String> = self.addresses();
        self.grace = (!before.is_empty()).then(|| (before, Instant::now() + LEASE));
        self.entries.clear();
        for entry in found {
            self.put(entry);
        }
        self.announce();
        let mut changes = self.client.watch(&self.prefix, true, revision + 1).await?;
        loop {
            tokio::select! {
                change = changes.message() => {
                    let gone = || Status::unavailable("etcd ended the stream");
                    let change = change?.ok_or_else(gone)?;
                    if change.canceled || change.compact_revision > 0 {
                        return Err(Status::aborted(change.cancel_reason));
                    }
                    change.events.into_iter().for_each(|event| self.apply(event));
                }
                () = ended(self.grace.as_ref()) => self.grace = None,
            }
            self.announce();
        }
    }

    fn apply(&mut self, event: Event) {
        let kind = event.r#type();
        let Some(entry) = event.kv else { return };
        match kind {
            EventType::Put => self.put(entry),
            EventType::Delete => {
                let gone = self.entries.remove(&entry.key);
                if let (Some(address), Some((kept, _))) = (gone, &mut self.grace) {
                    kept.remove(&address);
                }
            }
        }
    }

    fn put(&mut self, entry: KeyValue) {
        if let Ok(address) = String::from_utf8(entry.value) {
            self.entries.insert(entry.key, address);
        } else {
            tracing::warn!(key = self.prefix, "an entry in etcd is not an address");
        }
    }

    /// Each address once, with those that are given time.
    fn addresses(&self) -> BTreeSet<String> {
        let kept = self.grace.iter().flat_map(|(kept, _)| kept);
        self.entries.values().chain(kept).cloned().collect()
    }

    fn announce(&self) {
        announce(&self.known, self.addresses().into_iter().collect());
    }
}

/// The end of the time that was given.
async fn ended(grace: Option<&(BTreeSet<String>, Instant)>) {
    match grace {
        Some((_, until)) => tokio::time::sleep_until(*until).await,
        None => std::future::pending().await,
    }
}
