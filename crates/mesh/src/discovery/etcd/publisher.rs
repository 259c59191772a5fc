//! Registers one service, and registers it again whenever that was lost.

use super::{LEASE, client::Client, client::pb, pause};
use crate::clock::Chance;
use http::uri::Authority;
use pb::{LeaseKeepAliveResponse, WatchResponse, event::EventType};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::timeout,
};
use tonic::Status;

/// Who leaves waits no longer for etcd; the lease ends by itself.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);

/// A registration. When this is dropped the service stays listed until its lease ends; better is
/// [`Self::deregister`].
#[derive(Debug)]
pub struct Publisher {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    key: watch::Receiver<Option<String>>,
}

/// The address is not one that others can use.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is not an address that other services can reach: host:port")]
pub struct Unadvertisable(String);

struct Entry {
    client: Client,
    service: String,
    address: String,
    key: watch::Sender<Option<String>>,
    /// Leases that may be alive, the present one last.
    leases: Vec<i64>,
}

impl Publisher {
    pub(super) fn start(
        client: Client,
        chance: Arc<dyn Chance>,
        service: &str,
        address: &str,
    ) -> Result<Self, Unadvertisable> {
        if !is_reachable(address) {
            return Err(Unadvertisable(address.to_owned()));
        }
        let (stop, stopped) = oneshot::channel();
        let (sender, key) = watch::channel(None);
        let (service, address) = (service.to_owned(), address.to_owned());
        let entry = Entry { client, service, address, key: sender, leases: Vec::new() };
        let task = tokio::spawn(entry.run(chance, stopped));
        Ok(Self { stop: Some(stop), task, key })
    }

    /// The key under which the service is registered at present; none while it is not.
    pub fn key(&self) -> watch::Receiver<Option<String>> {
        self.key.clone()
    }

    /// Takes the service off the list, before it stops to answer. Waits for etcd, but not for long.
    pub async fn deregister(mut self) {
        if let Some(stop) = self.stop.take() {
            // Nobody listens if the task is gone already.
            let _ = stop.send(());
        }
        if timeout(LEAVE_TIMEOUT, &mut self.task).await.is_err() {
            tracing::warn!("etcd does not answer; the registration ends with its lease");
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Entry {
    async fn run(mut self, chance: Arc<dyn Chance>, mut stopped: oneshot::Receiver<()>) {
        loop {
            let lost = tokio::select! {
                biased;
                _ = &mut stopped => break,
                lost = self.hold() => lost,
            };
            self.key.send_replace(None);
            let service = &self.service;
            tracing::warn!(service, %lost, "not registered in etcd; it is tried again");
            tokio::select! {
                biased;
                _ = &mut stopped => break,
                () = pause(&*chance) => {}
            }
        }
        self.key.send_replace(None);
        self.revoke_all_but(None).await;
    }

    /// Registers, and stays registered until that is lost. Returns why.
    async fn hold(&mut self) -> Status {
        let Err(lost) = self.try_hold().await;
        lost
    }

    async fn try_hold(&mut self) -> Result<std::convert::Infallible, Status> {
        let lease = self.client.grant(LEASE).await?;
        self.leases.push(lease);
        let key = format!("{}/{lease}", self.service);
        let revision = self.client.put(&key, &self.address, lease).await?;
        let mut beats = self.client.keep_alive(lease, LEASE).await?;
        let mut events = self.client.watch(&key, false, revision + 1).await?;
        tracing::info!(service = self.service, key, "registered in etcd");
        self.key.send_replace(Some(key.clone()));
        self.revoke_all_but(Some(lease)).await;
        loop {
            tokio::select! {
                beat = timeout(LEASE, beats.message()) => {
                    let silent = |_| Status::deadline_exceeded("etcd fell silent");
                    expect_alive(beat.map_err(silent)??)?;
                }
                event = events.message() => {
                    if is_deleted(event?)? {
                        self.client.put(&key, &self.address, lease).await?;
                        tracing::warn!(key, "somebody deleted the registration; it is back");
                    }
                }
            }
        }
    }

    /// Ends the leases of earlier registrations. What fails is tried again next time.
    async fn revoke_all_but(&mut self, present: Option<i64>) {
        let mut left = Vec::new();
        for lease in std::mem::take(&mut self.leases) {
            if Some(lease) == present || self.client.revoke(lease).await.is_err() {
                left.push(lease);
            }
        }
        self.leases = left;
    }
}

fn expect_alive(beat: Option<LeaseKeepAliveResponse>) -> Result<(), Status> {
    match beat {
        Some(beat) if beat.ttl > 0 => Ok(()),
        Some(_) => Err(Status::aborted("the lease has ended")),
        None => Err(Status::unavailable("etcd ended the stream")),
    }
}

fn is_deleted(event: Option<WatchResponse>) -> Result<bool, Status> {
    let event = event.ok_or_else(|| Status::unavailable("etcd ended the stream"))?;
    if event.canceled {
        return Err(Status::aborted(event.cancel_reason));
    }
    Ok(event.events.iter().any(|event| event.r#type() == EventType::Delete))
}

/// A host that is not "any of mine", and a port.
fn is_reachable(address: &str) -> bool {
    let Ok(authority) = address.parse::<Authority>() else { return false };
    let host = authority.host().trim_matches(['[', ']']);
    let is_any = host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_unspecified());
    !host.is_empty()
        && !is_any
        && authority.port_u16().is_some_and(|port| port != 0)
        && !address.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_can_reach_is_advertised() {
        for good in ["10.0.0.1:7000", "edc.internal:7000", "[2001:db8::1]:7000"] {
            assert!(is_reachable(good), "{good}");
        }
        for bad in ["", ":7000", "0.0.0.0:7000", "[::]:7000", "edc", "edc:0", "http://a:1", "u@a:1"]
        {
            assert!(!is_reachable(bad), "{bad}");
        }
    }
}
