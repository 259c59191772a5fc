//! Work that several callers want at the same time is done once.

use futures::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

type Work<T> = BoxFuture<'static, T>;

/// At most one piece of work in flight. Whoever joins gets the same result. The work goes on while
/// at least one caller waits, whichever that is, and is dropped with the last.
#[derive(Debug)]
pub(crate) struct SingleFlight<T>(Mutex<Option<WeakShared<Work<T>>>>);

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> SingleFlight<T> {
    /// Joins the work in flight, or starts it.
    pub fn join<W>(&self, start: impl FnOnce() -> W) -> Shared<Work<T>>
    where
        W: Future<Output = T> + Send + 'static,
    {
        let mut flight = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unfinished = flight.as_ref().and_then(WeakShared::upgrade);
        if let Some(work) = unfinished.filter(|work| work.peek().is_none()) {
            return work;
        }
        let work = start().boxed().shared();
        *flight = work.downgrade();
        work
    }
}
