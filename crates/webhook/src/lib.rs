//! The webhook service: events of a study, sent to other systems by the Standard Webhooks
//! specification.
//!
//! An endpoint is a log, like everything else: created, changed, given a new key, disabled. The
//! events that it is sent follow from the journal: a worker follows all entries in the order in which
//! they were committed, and notes in a job of the store how far it has come. An event is thin: which
//! kind of thing happened where, when and by whom, and which entry tells it; never a value.
//!
//! This crate does not know how a casebook is decided or shown, and asks nobody but the store. Start
//! reading at `create_endpoint` for a call, at `courier` for how events are sent and in which order,
//! at `address` for where they are never sent.

mod address;
mod blinding;
mod change;
mod client;
mod courier;
mod create_endpoint;
mod endpoint;
mod endpoints;
mod event_type;
mod keys;
mod lane;
mod list;
mod message;
pub mod metrics;
mod outcome;
mod page;
mod progress;
mod replay;
mod rows;
mod schedule;
mod send_test;
mod service;
mod show_secret;
mod target;
mod told;
mod wire;
mod worker;

pub use address::{Allowed, is_public};
pub use client::{Client, Resolve, system_resolver};
pub use endpoints::LAYOUT_OF_VIEWS;
pub use event_type::EventType;
pub use keys::{EndpointKey, MasterKey, sign};
pub use rows::EndpointRows;
pub use worker::{Limits, Worker};

use endpoints::Endpoints;
use jiff::Timestamp;
use std::{fmt, sync::Arc};
use store::Store;

/// Tells the time. The binary passes the real one.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Fills bytes with randomness. The binary passes that of the operating system.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The service.
pub struct Webhooks {
    endpoints: Endpoints,
    client: Client,
    master: MasterKey,
    clock: Clock,
    random: Random,
}

impl Webhooks {
    /// The service over a store. All processes that share the store share the master key.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        random: Random,
        master: MasterKey,
        client: Client,
    ) -> Self {
        Self {
            endpoints: Endpoints::new(store, Arc::clone(&random)),
            client,
            master,
            clock,
            random,
        }
    }

    fn now_ms(&self) -> i64 {
        (self.clock)().as_millisecond()
    }

    fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks").finish_non_exhaustive()
    }
}
