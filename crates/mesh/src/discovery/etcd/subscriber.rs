//! Follows the entries of one service.

use super::{client::Client, entries::Entries, pause};
use crate::{clock::Chance, discovery::announce};
use std::{convert::Infallible, sync::Arc};
use tokio::{sync::watch, time::Instant};
use tonic::Status;

pub(super) struct Follower {
    client: Client,
    prefix: String,
    known: watch::Sender<Option<Arc<[String]>>>,
    entries: Entries,
}

impl Follower {
    pub fn new(client: Client, service: &str, known: watch::Sender<Option<Arc<[String]>>>) -> Self {
        Self { client, prefix: format!("{service}/"), known, entries: Entries::default() }
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
        self.entries.replace(found, Instant::now());
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
                    change.events.into_iter().for_each(|event| self.entries.apply(event));
                }
                () = reached(self.entries.grace_ends()) => self.entries.end_grace(),
            }
            self.announce();
        }
    }

    fn announce(&self) {
        announce(&self.known, self.entries.addresses().into_iter().collect());
    }
}

async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
