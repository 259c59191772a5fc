//! A clock that stands still until a test moves it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use jiff::{SignedDuration, Timestamp};

/// Tells the time that a test has set. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<AtomicI64>);

impl FakeClock {
    /// A clock that stands at an instant in RFC 3339.
    ///
    /// # Panics
    /// If the text is no instant.
    pub fn at(instant: &str) -> Self {
        let clock = Self(Arc::default());
        clock.set(instant);
        clock
    }

    /// Moves the clock, forwards or back.
    ///
    /// # Panics
    /// If the text is no instant.
    pub fn set(&self, instant: &str) {
        let instant: Timestamp = instant.parse().expect("an instant in RFC 3339");
        self.0.store(instant.as_millisecond(), SeqCst);
    }

    /// Moves the clock by a duration, which may be negative.
    pub fn advance(&self, by: SignedDuration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or_default();
        self.0.fetch_add(by_ms, SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(SeqCst)).unwrap_or_default()
    }

    /// The clock as services take it.
    pub fn as_fn(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}
