//! Casebooks in memory: folded from their logs, kept while there is room, brought up to date when
//! somebody else wrote.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::{Chain, Head, LogName, Sealed};
use kernel::{
    RequestId, StudyOid, SubjectKey,
    casebook::{Casebook, Event, Stamp},
};
use quick_cache::{Weighter, sync::Cache};
use store::Store;
use tokio::sync::Notify;

use crate::{
    failure::{Failure, Result},
    study::Study,
    views::{SubjectRow, Touched, refresh},
};

/// The kind of a casebook's log.
pub(crate) const LOG_KIND: &str = "casebook";
/// Entries that are read from the store at a time.
const READ_PAGE: u32 = 2_000;
/// Room for casebooks in memory, in bytes as estimated by [`Book::weight`].
const CACHE_BYTES: u64 = 256 * 1024 * 1024;
/// Casebooks that the cache is laid out for.
const CACHE_COUNT: usize = 20_000;

/// A casebook, where its log ends, and its row in the list of subjects.
///
/// It may be ahead of the store by appends that are on their way: whoever answers from it without
/// appending must first see that the store has come as far.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub head: Head,
    pub casebook: Casebook,
    pub row: SubjectRow,
    /// An append failed: what is here is not what is stored.
    pub spoiled: bool,
    /// Appends of which it is not known yet whether they are stored.
    pub on_the_way: u32,
    /// Told when one of them has ended.
    pub settled: Arc<Notify>,
}

impl Book {
    /// The casebook of a book as it is now, to try something on.
    pub fn copy_of(book: &Self) -> Self {
        Self { head: book.head, casebook: book.casebook.clone(), ..Self::default() }
    }

    /// Takes in what the store holds behind the head.
    pub fn catch_up(&mut self, log: &LogName, study: &Study, entries: &[Sealed]) -> Result<()> {
        let mut chain = Chain::resume(log.clone(), self.head);
        let mut touched = Touched::default();
        for sealed in entries {
            let entry = chain.accept(sealed).map_err(|_| Failure::Broken(log.to_string()))?;
            let event = Event::from_payload(entry.payload).map_err(|source| Failure::Entry {
                log: log.to_string(),
                sequence: sealed.sequence,
                source,
            })?;
            touched.note(&self.casebook, &event);
            let stamp = Stamp {
                sequence: sealed.sequence,
                recorded_at_ms: entry.recorded_at_ms,
                request: &RequestId::new(entry.request_id),
                actor: entry.actor,
                role: entry.role,
            };
            self.casebook.apply(&stamp, event);
            self.head = sealed.head();
        }
        refresh(&mut self.row, study.of(&self.casebook), &self.casebook, &touched);
        Ok(())
    }

    /// An append has ended; what became of it is known if it arrived.
    pub fn end(&mut self, has_arrived: bool) {
        self.on_the_way -= 1;
        self.spoiled |= !has_arrived;
        self.settled.notify_waiters();
    }

    fn weight(&self) -> u64 {
        const PER_RECORD: u64 = 2_500;
        const PER_REQUEST: u64 = 120;
        const PER_QUERY: u64 = 600;
        let (records, requests, queries) = (
            self.casebook.records.len(),
            self.casebook.requests.len(),
            self.casebook.queries.len(),
        );
        1_000
            + records as u64 * PER_RECORD
            + requests as u64 * PER_REQUEST
            + queries as u64 * PER_QUERY
    }
}

type Shared = Arc<Mutex<Book>>;
type Key = (StudyOid, SubjectKey);

#[derive(Clone, Debug)]
struct Weigh;

impl Weighter<Key, (Shared, u64)> for Weigh {
    fn weight(&self, _key: &Key, book: &(Shared, u64)) -> u64 {
        book.1
    }
}

/// The casebooks in memory.
#[derive(Debug)]
pub(crate) struct Shelf {
    store: Arc<dyn Store>,
    books: Cache<Key, (Shared, u64), Weigh>,
}

impl Shelf {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, books: Cache::with_weighter(CACHE_COUNT, CACHE_BYTES, Weigh) }
    }

    /// The log of a casebook.
    pub fn log(study: &StudyOid, subject: &SubjectKey) -> LogName {
        LogName::new(study.as_str(), LOG_KIND, subject.as_str())
    }

    /// The casebook, from memory or folded from its log. Those who ask at once get the same one.
    pub async fn get(&self, study: &Study, subject: &SubjectKey) -> Result<Shared> {
        let key = (study.oid.clone(), subject.clone());
        loop {
            let vacancy = match self.books.get_value_or_guard_async(&key).await {
                Ok((book, _)) if !lock(&book).spoiled => return Ok(book),
                Ok((spoiled, _)) => {
                    self.books.remove_if(&key, |(book, _)| Arc::ptr_eq(book, &spoiled));
                    continue;
                }
                Err(vacancy) => vacancy,
            };
            let mut book = Book::default();
            self.read_behind(&Self::log(&study.oid, subject), study, &mut book).await?;
            let (weight, is_new) = (book.weight(), book.head.sequence == 0);
            let book = Arc::new(Mutex::new(book));
            // A subject that nobody has screened is not kept: it may be screened elsewhere.
            if !is_new {
                // It fails only if the casebook was forgotten meanwhile.
                let _ = vacancy.insert((Arc::clone(&book), weight));
            }
            return Ok(book);
        }
    }

    /// Folds what the store holds behind the head of `book` into it.
    pub async fn read_behind(&self, log: &LogName, study: &Study, book: &mut Book) -> Result<()> {
        loop {
            let entries = self.store.read(log, book.head.sequence + 1, READ_PAGE).await?;
            book.catch_up(log, study, &entries)?;
            if entries.len() < READ_PAGE as usize {
                return Ok(());
            }
        }
    }
}

/// A book that was poisoned by a panic is marked and read anew.
pub(crate) fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
        let mut book = poisoned.into_inner();
        book.spoiled = true;
        book
    })
}
