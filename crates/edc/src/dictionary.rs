//! Dictionaries of codes and terms, such as a drug dictionary, which users load themselves.
//!
//! A version of a dictionary is a log of the institution: begun, terms added, completed. It is seen
//! when it is complete, and never changes. Rows by code and by word follow from it in the same
//! transactions. What is looked up is kept in memory, also what is not there. Start reading at
//! `read`, then `load`.

mod load;
mod log;
mod proof;
mod read;
mod rows;
mod words;

use std::{sync::Arc, time::Duration};

use contract::{
    Error,
    edc::v1::{GetTermResponse, SearchTermsResponse},
};
use mesh::{
    Chance, Clock,
    cache::{Cache, CacheOptions},
};

pub use self::load::{DictionaryTerm, LoadDictionary, LoadFailure, Loaded};
pub(crate) use self::read::{get, list, search};

/// How long an answer is kept. A version that is loaded meanwhile is the newest for everybody after
/// that time at the latest.
const KEPT_FOR: Duration = Duration::from_mins(1);
/// How long it is remembered that something is not there.
const ABSENT_FOR: Duration = Duration::from_secs(15);
const MOST_TERMS: usize = 50_000;
const MOST_PAGES: usize = 2_000;

/// What was looked up lately, by everything on which the answer depends.
#[derive(Debug)]
pub struct Dictionaries {
    terms: Cache<TermKey, Arc<GetTermResponse>, Error>,
    pages: Cache<PageKey, Arc<SearchTermsResponse>, Error>,
}

/// Which version: the newest when it is not named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Wanted {
    dictionary: String,
    version: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TermKey {
    of: Wanted,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PageKey {
    of: Wanted,
    words: Vec<String>,
    after: Option<String>,
    size: usize,
}

impl Dictionaries {
    /// Nothing is known yet. Times are spread by chance.
    pub fn new(clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        let options = |capacity| CacheOptions {
            absent_lifetime: ABSENT_FOR,
            ..CacheOptions::new(capacity, KEPT_FOR)
        };
        Self {
            terms: Cache::new(options(MOST_TERMS), Arc::clone(&clock), Arc::clone(&chance)),
            pages: Cache::new(options(MOST_PAGES), clock, chance),
        }
    }
}
