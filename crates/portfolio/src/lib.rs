//! The portfolio service: which studies there are, which sites take part, who works on them.
//!
//! A study is a log: created, changed, a site added, somebody assigned. What is known of it is the
//! fold of that log; the rows for lists are written in the same transaction. An index leads from a
//! user to the studies on which he works, so that his list costs what his studies cost, however many
//! others there are.
//!
//! This crate does not know what is collected in a study, nor who a user is beyond his name. Start
//! reading at `create_study`, then `change` (read, decide, append), then `sight` for who sees what.

mod add_site;
mod assign_staff;
mod change;
mod create_study;
mod decoded;
mod event;
mod failure;
mod field;
mod get_study;
mod list_my_studies;
mod list_sites;
mod list_staff;
mod list_studies;
mod names;
mod order;
mod rebuild;
mod remove_staff;
mod rows;
mod sight;
mod study;
mod update_site;
mod update_study;
mod verify;
mod wire;

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use store::Store;

use self::{change::Shelf, decoded::Decoded};
pub use self::{
    failure::{Failure, Result},
    names::Names,
    rows::LAYOUT_OF_VIEWS,
};

/// Tells the time. The binary passes the real one.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The service.
pub struct Portfolio {
    shelf: Shelf,
    clock: Clock,
    names: Option<Names>,
    decoded: Decoded,
}

impl Portfolio {
    /// The service over a store.
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        let decoded = Decoded::default();
        Self { shelf: Shelf::new(store), clock, names: None, decoded }
    }

    /// Adds to lists of staff how they are called.
    #[must_use]
    pub fn with_names(mut self, names: Names) -> Self {
        self.names = Some(names);
        self
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)().as_millisecond()
    }
}

impl fmt::Debug for Portfolio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portfolio").finish_non_exhaustive()
    }
}
