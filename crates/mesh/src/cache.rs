//! A cache that loads each missing value once, however many callers ask for it together.
//!
//! What is not there is remembered too, so that asking for it again and again does not reach the
//! store; entries expire a little earlier or later than asked, so that they do not all do so at once
//! (go-zero's core/stores/cache). A failed load is told to those who wait for it and forgotten.

use crate::clock::{Chance, Clock};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use quick_cache::sync::Cache as Bounded;
use std::{
    collections::HashMap,
    fmt::Debug,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Lifetimes are spread by this share, both ways.
const JITTER: f64 = 0.05;

/// How much is kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct CacheOptions {
    /// Entries; the least useful go first.
    pub capacity: usize,
    pub lifetime: Duration,
    /// For what is not there.
    pub absent_lifetime: Duration,
}

impl CacheOptions {
    /// Absence is remembered for a minute at most, as go-zero does.
    pub fn new(capacity: usize, lifetime: Duration) -> Self {
        let absent_lifetime = lifetime.min(Duration::from_mins(1));
        Self { capacity, lifetime, absent_lifetime }
    }
}

/// Values by key; `E` is what a load fails with. Clones share their entries.
#[derive(Debug)]
pub struct Cache<K, V, E>(Arc<Inner<K, V, E>>);

impl<K, V, E> Clone for Cache<K, V, E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

type Loaded<V, E> = Result<Option<V>, Arc<E>>;
type Load<V, E> = BoxFuture<'static, Loaded<V, E>>;

/// Loads that are under way, by key. Each has a number, so that one which was forgotten meanwhile
/// knows that it is no longer wanted.
#[derive(Debug)]
struct Flights<K, V, E> {
    next: u64,
    by_key: HashMap<K, (u64, WeakShared<Load<V, E>>)>,
}

#[derive(Debug)]
struct Inner<K, V, E> {
    options: CacheOptions,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    entries: Bounded<K, Entry<V>>,
    flights: Mutex<Flights<K, V, E>>,
}

#[derive(Clone, Debug)]
struct Entry<V> {
    value: Option<V>,
    expires: Instant,
}

impl<K, V, E> Cache<K, V, E>
where
    K: Clone + Debug + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    pub fn new(options: CacheOptions, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        let entries = Bounded::new(options.capacity);
        let flights = Mutex::new(Flights { next: 0, by_key: HashMap::new() });
        Self(Arc::new(Inner { options, clock, chance, entries, flights }))
    }

    /// The value of a key, or `None` if it is known not to be there. Loads it when it is neither
    /// known nor being loaded. The error is shared by all who waited for the same load. The load goes
    /// on while one of them waits, whichever, and is dropped with the last.
    pub async fn get_or_load<W>(&self, key: &K, load: impl FnOnce() -> W) -> Loaded<V, E>
    where
        W: Future<Output = Result<Option<V>, E>> + Send + 'static,
    {
        if let Some(entry) = self.known(key) {
            return Ok(entry.value);
        }
        let _tidy = Tidy { cache: self, key };
        match self.join(key, load) {
            Joined::Known(value) => Ok(value),
            Joined::Flight(flight) => flight.await,
        }
    }

    /// Forgets a key, after a change of what it names. A load that is under way answers those who
    /// wait for it already, and is not kept.
    pub fn forget(&self, key: &K) {
        let mut flights = self.flights();
        flights.by_key.remove(key);
        self.0.entries.remove(key);
    }

    /// Entries that are held, expired ones included.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn known(&self, key: &K) -> Option<Entry<V>> {
        let entry = self.0.entries.get(key)?;
        (self.0.clock.now() < entry.expires).then_some(entry)
    }

    fn join<W>(&self, key: &K, load: impl FnOnce() -> W) -> Joined<V, E>
    where
        W: Future<Output = Result<Option<V>, E>> + Send + 'static,
    {
        let mut flights = self.flights();
        // Somebody may have finished since it was looked up.
        if let Some(entry) = self.known(key) {
            return Joined::Known(entry.value);
        }
        if let Some(flight) = flights.by_key.get(key).and_then(|(_, flight)| flight.upgrade()) {
            return Joined::Flight(flight);
        }
        let number = flights.next;
        flights.next += 1;
        let (cache, own_key) = (self.clone(), key.clone());
        let load = load().map(move |loaded| cache.land(&own_key, number, loaded)).boxed().shared();
        if let Some(flight) = load.downgrade() {
            flights.by_key.insert(key.clone(), (number, flight));
        }
        Joined::Flight(load)
    }

    /// Ends a load: remembers what it brought, unless the key was forgotten meanwhile.
    fn land(&self, key: &K, number: u64, loaded: Result<Option<V>, E>) -> Loaded<V, E> {
        let mut flights = self.flights();
        let wanted = flights.by_key.get(key).is_some_and(|(own, _)| *own == number);
        if wanted {
            flights.by_key.remove(key);
        }
        let value = loaded.map_err(Arc::new)?;
        if wanted {
            let CacheOptions { lifetime, absent_lifetime, .. } = self.0.options;
            let lifetime = if value.is_some() { lifetime } else { absent_lifetime };
            let lifetime = lifetime.mul_f64(self.0.chance.around(1.0, JITTER));
            let expires = self.0.clock.now() + lifetime;
            self.0.entries.insert(key.clone(), Entry { value: value.clone(), expires });
        }
        Ok(value)
    }

    fn flights(&self) -> MutexGuard<'_, Flights<K, V, E>> {
        self.0.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Joined<V, E> {
    Known(Option<V>),
    Flight(Shared<Load<V, E>>),
}

/// Removes the mark of a load when nobody waits for it any more.
struct Tidy<'a, K: Eq + Hash, V, E> {
    cache: &'a Cache<K, V, E>,
    key: &'a K,
}

impl<K: Eq + Hash, V, E> Drop for Tidy<'_, K, V, E> {
    fn drop(&mut self) {
        let mut flights = self.cache.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let waited_for = |flight: &WeakShared<Load<V, E>>| flight.upgrade().is_some();
        if flights.by_key.get(self.key).is_some_and(|(_, flight)| !waited_for(flight)) {
            flights.by_key.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests;
