//! Where the endpoints of a service are: a list that does not change, DNS, or etcd.

mod dns;
mod etcd;
mod fixed;

pub use dns::Dns;
pub use etcd::{Etcd, EtcdOptions, Publisher, Unadvertisable};
pub use fixed::Fixed;

use std::{fmt::Debug, sync::Arc};
use tokio::sync::watch;

/// The addresses of a service, `host:port`, as they are known at a time; `None` until they are.
/// While the source is away, the last that were known stay.
pub type Endpoints = watch::Receiver<Option<Arc<[String]>>>;

/// Finds services. What it starts ends when nobody holds the endpoints any more.
pub trait Discovery: Debug + Send + Sync {
    /// The endpoints of a service by its name, now and as they change. Needs a runtime.
    fn endpoints(&self, service: &str) -> Endpoints;
}

/// Tells those who follow, if it is something new.
fn announce(known: &watch::Sender<Option<Arc<[String]>>>, addresses: Arc<[String]>) {
    known.send_if_modified(|last| {
        let is_new = last.as_ref() != Some(&addresses);
        *last = Some(addresses);
        is_new
    });
}
