//! What a channel knows of each method: its policy, its breaker, its counters.

use super::Options;
use crate::{
    breaker::{Breaker, Breakers},
    channel::options,
    metrics::CallMetrics,
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// A service of ours has some dozens. What exceeds this is looked up for each call.
const MAX_METHODS: usize = 1024;

/// How a method may be called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MethodPolicy {
    /// Whether a call does no harm when it is made twice: it only reads, or it carries an id by which
    /// the service recognises it.
    pub safe_to_repeat: bool,
    /// For calls that do not say themselves how long they have. None is for streams without an end.
    pub timeout: Option<Duration>,
    /// Whether failures make a breaker refuse.
    pub breaker: bool,
}

impl Default for MethodPolicy {
    /// Not safe to repeat; two seconds, as go-zero.
    fn default() -> Self {
        Self { safe_to_repeat: false, timeout: Some(Duration::from_secs(2)), breaker: true }
    }
}

#[derive(Debug)]
pub(super) struct Method {
    pub policy: MethodPolicy,
    pub breaker: Arc<Breaker>,
    pub metrics: CallMetrics,
}

pub(super) struct Methods {
    service: String,
    policy: Arc<options::Policy>,
    breakers: Breakers,
    by_path: RwLock<HashMap<String, Arc<Method>>>,
}

impl Methods {
    pub fn new(service: &str, options: &Options) -> Self {
        Self {
            service: service.to_owned(),
            policy: options.policy.clone(),
            breakers: Breakers::new(options.clock.clone(), options.chance.clone()),
            by_path: RwLock::default(),
        }
    }

    pub fn breakers(&self) -> &Breakers {
        &self.breakers
    }

    pub fn of(&self, path: &str) -> Arc<Method> {
        let known = self.by_path.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        known.unwrap_or_else(|| self.learn(path))
    }

    fn learn(&self, path: &str) -> Arc<Method> {
        let policy = (self.policy)(path);
        let breaker = self.breakers.of(path);
        let metrics = CallMetrics::new(&self.service, path);
        let method = Arc::new(Method { policy, breaker, metrics });
        let mut known = self.by_path.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_METHODS {
            known.insert(path.to_owned(), method.clone());
        }
        method
    }
}
