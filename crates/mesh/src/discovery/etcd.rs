//! etcd, with exactly the layout that go-zero has (core/discov), so that services of both find each
//! other: the key `<name>/<lease id>`, the value `host:port`, a lease of ten seconds.
//!
//! There may be any suffix after the slash, and several keys for one address. While etcd is away the
//! endpoints stay as they were; when it is back, those that were known stay for one lease longer, so
//! that who must register anew has the time to.

mod client;
mod entries;
mod publisher;
mod subscriber;

pub use publisher::{Publisher, Unadvertisable};

use super::{Discovery, Endpoints};
use crate::{
    clock::{Chance, Clock},
    tls::{ClientTls, TlsFault},
};
use client::Client;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long an entry outlives its service.
pub(crate) const LEASE: Duration = Duration::from_secs(10);
/// Between attempts, for ever.
const RETRY: Duration = Duration::from_secs(1);
const JITTER: f64 = 0.2;

/// Where etcd is.
#[derive(Clone, Debug)]
pub struct EtcdOptions {
    /// `host:port` of its members.
    pub hosts: Vec<String>,
    pub tls: Option<ClientTls>,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
}

/// Services that are registered in etcd. Clones share the connection.
#[derive(Clone)]
pub struct Etcd {
    client: Client,
    chance: Arc<dyn Chance>,
}

impl fmt::Debug for Etcd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Etcd").finish_non_exhaustive()
    }
}

impl Etcd {
    /// Connects when it is first used. Needs a runtime.
    pub fn new(options: EtcdOptions) -> Result<Self, TlsFault> {
        let chance = options.chance.clone();
        Ok(Self { client: Client::new(options)?, chance })
    }

    /// Registers a service at an address, `host:port`, that others can reach, and keeps it registered
    /// until [`Publisher::deregister`], whatever happens to etcd meanwhile.
    pub fn publish(&self, service: &str, address: &str) -> Result<Publisher, Unadvertisable> {
        Publisher::start(self.client.clone(), self.chance.clone(), service, address)
    }
}

impl Discovery for Etcd {
    fn endpoints(&self, service: &str) -> Endpoints {
        let (known, endpoints) = watch::channel(None);
        let follower = subscriber::Follower::new(self.client.clone(), service, known);
        tokio::spawn(follower.run(self.chance.clone()));
        endpoints
    }
}

/// Waits about a second, so that not everybody comes back at once.
async fn pause(chance: &dyn Chance) {
    tokio::time::sleep(RETRY.mul_f64(chance.around(1.0, JITTER))).await;
}
