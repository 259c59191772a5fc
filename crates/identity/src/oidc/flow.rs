//! What was begun with a provider and is not finished: in memory, for some minutes, taken once.

use journal::Hash;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// More begun at a time push the oldest out.
const MOST_FLOWS: usize = 10_000;

/// Flows by the hash of their state.
pub(crate) struct Flows(Cache<String, Arc<Flow>>);

/// One log-in or link under way.
#[derive(Clone)]
pub(crate) struct Flow {
    pub provider: String,
    pub purpose: Purpose,
    pub nonce: String,
    pub verifier: String,
    pub secret_sha256: String,
    pub expires_at_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    LogIn,
    Link { name: String },
}

impl Flows {
    pub(crate) fn begin(&self, state: &str, flow: Flow) {
        self.0.insert(key(state), Arc::new(flow));
    }

    /// Takes a flow out: nobody finishes it twice.
    pub(crate) fn take(&self, state: &str) -> Option<Flow> {
        self.0.remove(&key(state)).map(|(_, flow)| Flow::clone(&flow))
    }
}

impl Default for Flows {
    fn default() -> Self {
        Self(Cache::new(MOST_FLOWS))
    }
}

fn key(state: &str) -> String {
    Hash::of(state.as_bytes()).to_string()
}
