//! A real etcd, and clients of ours that know it.

use mesh::{
    RuntimeClock, SplitMix,
    discovery::{Etcd, EtcdOptions},
};
use std::sync::Arc;

pub use testkit::etcd::Etcd as RealEtcd;

/// Clients of ours.
pub trait Discovers {
    fn discovery(&self) -> Etcd {
        self.discovery_with(&[])
    }

    /// One that is told of more members.
    fn discovery_with(&self, more: &[&str]) -> Etcd;
}

impl Discovers for RealEtcd {
    fn discovery_with(&self, more: &[&str]) -> Etcd {
        let (clock, chance) = (Arc::new(RuntimeClock), Arc::new(SplitMix::seeded(5)));
        let own = std::iter::once(self.address.clone());
        let hosts = more.iter().map(|host| (*host).to_owned()).chain(own).collect();
        Etcd::new(EtcdOptions { hosts, tls: None, clock, chance }).unwrap()
    }
}
