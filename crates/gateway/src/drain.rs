//! Tells all who must know that the server is being stopped.

use std::sync::Arc;

use tokio::sync::watch;

/// How far the stopping has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    /// Nothing new is begun; what is in hand goes on.
    Draining,
    /// What still flows is broken off, with a word to its reader.
    Ending,
}

/// A handle on the stopping of a server. Clones share it.
#[derive(Clone, Debug)]
pub struct Drain(Arc<watch::Sender<Phase>>);

impl Default for Drain {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Phase::Open)))
    }
}

impl Drain {
    /// Says that the server is being stopped: it is not ready any more.
    pub fn begin(&self) {
        self.reach(Phase::Draining);
    }

    /// Breaks off the answers that still flow.
    pub fn end_streams(&self) {
        self.reach(Phase::Ending);
    }

    pub fn is_begun(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }

    /// Waits until the server is being stopped.
    pub async fn begun(&self) {
        self.wait_for(Phase::Draining).await;
    }

    /// Waits until answers that flow are to be broken off.
    pub(crate) async fn ending(&self) {
        self.wait_for(Phase::Ending).await;
    }

    fn reach(&self, phase: Phase) {
        self.0.send_if_modified(|now| {
            let is_further = *now < phase;
            *now = phase.max(*now);
            is_further
        });
    }

    async fn wait_for(&self, phase: Phase) {
        // The sender lives as long as this handle.
        let _ = self.0.subscribe().wait_for(|now| *now >= phase).await;
    }
}
