//! Chooses an endpoint for a call: the better of two that chance has drawn (power of two choices),
//! where better means fewer calls under way and a shorter latency.
//!
//! The algorithm and its constants are go-zero's, except that an unhealthy endpoint loses against a
//! healthy one whatever it costs: one that fails at once has the shortest latency of all.

use super::{Options, connection::Connector, endpoint::Endpoint};
use crate::{
    clock::{Chance, Clock, mix},
    metrics,
};
use ::metrics::Gauge;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};
use tokio::sync::watch;

/// No channel connects to more endpoints; each takes others, as its chance decides.
const SUBSET: usize = 32;
/// How often two are drawn, in the hope that both are healthy.
const DRAWS: usize = 3;

type All = Arc<[Arc<Endpoint>]>;

pub(super) struct Balancer {
    connector: Arc<Connector>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    /// Decides which endpoints this channel takes when there are too many.
    salt: u64,
    endpoints: RwLock<All>,
    /// Whether discovery has said anything yet.
    known: watch::Sender<bool>,
    gauge: Gauge,
}

impl Balancer {
    pub fn new(service: &str, connector: Arc<Connector>, options: &Options) -> Self {
        Self {
            connector,
            clock: options.clock.clone(),
            chance: options.chance.clone(),
            salt: options.chance.bits(),
            endpoints: RwLock::new(Arc::default()),
            known: watch::Sender::new(false),
            gauge: metrics::endpoints(service),
        }
    }

    /// Takes what discovery says. Endpoints that stay keep their connection and what was learnt; an
    /// address that is none is passed over. When it says that nobody is left, the last that were known
    /// stay: an etcd that was away ends all leases at once, before anybody can register again.
    pub fn set(&self, addresses: Option<&[String]>) {
        let Some(addresses) = addresses else { return };
        if addresses.is_empty() && !self.all().is_empty() {
            return;
        }
        let mut chosen: Vec<&String> = addresses.iter().collect();
        chosen.sort_by_key(|address| self.rank(address));
        chosen.truncate(SUBSET);
        let now = self.clock.now();
        let mut endpoints = self.endpoints.write().unwrap_or_else(PoisonError::into_inner);
        let of = |address: &String| {
            let same = endpoints.iter().find(|endpoint| endpoint.address == *address);
            let new = || Endpoint::new(address, self.connector.clone(), now).map(Arc::new);
            same.cloned().or_else(new)
        };
        let next: All = chosen.into_iter().filter_map(of).collect();
        #[expect(clippy::cast_precision_loss, reason = "no more than the subset")]
        self.gauge.set(next.len() as f64);
        *endpoints = next;
        drop(endpoints);
        self.known.send_replace(true);
    }

    /// Waits until discovery has answered for the first time.
    pub async fn known(&self) {
        let mut known = self.known.subscribe();
        // The sender lives as long as this does.
        let _ = known.wait_for(|known| *known).await;
    }

    pub fn addresses(&self) -> Vec<String> {
        self.all().iter().map(|endpoint| endpoint.address.clone()).collect()
    }

    /// An endpoint for a call, none of those that it was tried on, if there is another. One whose
    /// connection failed a moment ago is chosen only when there is no other.
    pub fn pick(&self, tried: &[Arc<Endpoint>]) -> Option<Arc<Endpoint>> {
        let (all, now) = (self.all(), self.clock.now());
        let untried = |one: &&Arc<Endpoint>| !tried.iter().any(|other| Arc::ptr_eq(one, other));
        let mut fit: Vec<_> = all.iter().filter(untried).collect();
        if fit.is_empty() {
            fit.extend(all.iter());
        }
        if fit.iter().any(|one| !one.load.is_ejected(now)) {
            fit.retain(|one| !one.load.is_ejected(now));
        }
        let chosen = match fit.as_slice() {
            [] => return None,
            [only] => {
                only.load.picked(now);
                only
            }
            [one, other] => choose(one, other, now),
            many => {
                let (one, other) = self.draw(many);
                choose(one, other, now)
            }
        };
        Some(chosen.clone())
    }

    fn draw<'a>(&self, many: &[&'a Arc<Endpoint>]) -> (&'a Arc<Endpoint>, &'a Arc<Endpoint>) {
        let mut drawn = (many[0], many[1]);
        for _ in 0..DRAWS {
            let one = self.chance.below(many.len());
            let other = self.chance.below(many.len() - 1);
            let other = if other >= one { other + 1 } else { other };
            drawn = (many[one], many[other]);
            if drawn.0.load.is_healthy() && drawn.1.load.is_healthy() {
                break;
            }
        }
        drawn
    }

    fn rank(&self, address: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        address.hash(&mut hasher);
        mix(hasher.finish() ^ self.salt)
    }

    fn all(&self) -> All {
        self.endpoints.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn choose<'a>(one: &'a Arc<Endpoint>, other: &'a Arc<Endpoint>, now: Instant) -> &'a Arc<Endpoint> {
    let key = |endpoint: &Endpoint| (!endpoint.load.is_healthy(), endpoint.load.cost());
    let (better, worse) = if key(one) > key(other) { (other, one) } else { (one, other) };
    if worse.load.must_be_picked(now) {
        return worse;
    }
    better.load.picked(now);
    better
}

#[cfg(test)]
mod tests;
