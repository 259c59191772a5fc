//! What an answer lacks although the call was done.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Names of what could not be had for an answer, such as `fullNames`. Clones share them, so that
/// whoever made the call is told. Only for what is looked at: what is written, or decides, is never
/// left out.
#[derive(Clone, Debug, Default)]
pub struct LeftOut(Arc<Mutex<BTreeSet<String>>>);

impl LeftOut {
    /// Notes something that is left out; twice is once.
    pub fn note(&self, name: impl Into<String>) {
        self.names_held().insert(name.into());
    }

    /// All that was left out, in order.
    pub fn names(&self) -> Vec<String> {
        self.names_held().iter().cloned().collect()
    }

    fn names_held(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
