//! How a study is read from its log, and the one way in which it changes: read, decide, append.

use std::sync::Arc;

use contract::{Context, Error, Permit};
use journal::{Draft, Head, LogName, Sealed};
use quick_cache::sync::Cache;
use store::{Batch, Store, StoreError};

use crate::{
    Portfolio,
    event::PortfolioEvent,
    failure::{Failure, Result},
    rows::{INSTITUTION, effects},
    study::{Stamp, Study},
};

/// The kind of a study's log in the portfolio; that of its design is another.
pub(crate) const LOG_KIND: &str = "portfolio";

const CACHED_STUDIES: usize = 2_000;
const ENTRIES_PER_READ: u32 = 500;
/// How often a decision is taken again because somebody else wrote in between.
const MAX_ATTEMPTS: u32 = 20;

/// All studies of the portfolio.
pub(crate) struct Shelf {
    store: Arc<dyn Store>,
    cache: Cache<String, Arc<Known>>,
}

/// A study and where its log ended when it was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub study: Study,
    pub head: Head,
}

/// Who changes what, and why.
#[derive(Debug)]
pub(crate) struct Author<'a> {
    pub permit: &'a Permit,
    pub context: &'a Context,
    /// The id that the client made; without one a call is never taken for a repeated one.
    pub request_id: Option<&'a String>,
    pub reason: Option<&'a String>,
}

pub(crate) fn log(oid: &str) -> LogName {
    LogName::new(INSTITUTION, LOG_KIND, oid)
}

impl Shelf {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, cache: Cache::new(CACHED_STUDIES) }
    }

    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The study as the newest entry leaves it; one without facts when there is none.
    pub async fn find(&self, oid: &str) -> Result<Arc<Known>> {
        let head = if oid.contains('\0') { None } else { self.store.head(&log(oid)).await? };
        let Some(head) = head else { return Ok(Arc::default()) };
        let cached = self.cache.get(oid);
        if let Some(cached) = &cached
            && cached.head == head
        {
            return Ok(Arc::clone(cached));
        }
        let known = cached.map(|known| Known::clone(&known)).unwrap_or_default();
        let known = Arc::new(self.read_on(oid, known, head).await?);
        self.cache.insert(oid.to_owned(), Arc::clone(&known));
        Ok(known)
    }

    /// The study as nothing but its log tells.
    pub async fn fold(&self, oid: &str) -> Result<Known> {
        match self.store.head(&log(oid)).await? {
            Some(head) => self.read_on(oid, Known::default(), head).await,
            None => Ok(Known::default()),
        }
    }

    async fn read_on(&self, oid: &str, mut known: Known, to: Head) -> Result<Known> {
        let log = log(oid);
        while known.head.sequence < to.sequence {
            let from = known.head.sequence + 1;
            let entries = self.store.read(&log, from, ENTRIES_PER_READ).await?;
            if entries.is_empty() {
                return Err(Failure::Broken(log.to_string()));
            }
            for entry in &entries {
                known.accept(entry).ok_or_else(|| Failure::Broken(log.to_string()))?;
            }
        }
        Ok(known)
    }
}

impl Known {
    /// Adds the next entry of the log; `None` if it cannot be read.
    fn accept(&mut self, sealed: &Sealed) -> Option<()> {
        let entry = sealed.view().ok()?;
        let event: PortfolioEvent = serde_json::from_slice(entry.payload).ok()?;
        let stamp = Stamp {
            actor: entry.actor,
            request_id: entry.request_id,
            recorded_at_ms: entry.recorded_at_ms,
        };
        self.study.apply(stamp, event);
        self.head = sealed.head();
        Some(())
    }
}

impl Portfolio {
    /// Lets `decide` say what happens to a study, who may not be there yet, and appends it with its
    /// rows. Decides again when somebody else was first. Writes nothing when nothing happens, or when
    /// the request was carried out before. Answers the study as it then is.
    pub(crate) async fn change(
        &self,
        oid: &str,
        author: &Author<'_>,
        decide: impl Fn(&Study, i64) -> Result<Option<PortfolioEvent>, Error>,
    ) -> Result<Study> {
        for _ in 0..MAX_ATTEMPTS {
            let known = self.shelf.find(oid).await?;
            let actor = author.permit.user();
            if author.request_id.is_some_and(|id| known.study.has_done(actor, id)) {
                return Ok(known.study.clone());
            }
            // The order of times follows the log, even when the clock steps back.
            let at_ms = self.now_ms().max(known.study.recorded_at_ms);
            let Some(event) = decide(&known.study, at_ms)? else { return Ok(known.study.clone()) };
            let draft = author.draft(&event, at_ms);
            let mut after = known.study.clone();
            let (actor, request_id) = (draft.actor.as_str(), draft.request_id.as_str());
            after.apply(Stamp { actor, request_id, recorded_at_ms: at_ms }, event);
            let effects = effects(oid, &known.study, &after);
            let batch = Batch::seal(log(oid), known.head, &[draft], effects);
            match self.shelf.store.append(batch).await {
                Ok(head) => {
                    let known = Known { study: after.clone(), head };
                    self.shelf.cache.insert(oid.to_owned(), Arc::new(known));
                    return Ok(after);
                }
                Err(StoreError::HeadMoved { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Busy)
    }
}

impl Author<'_> {
    fn draft(&self, event: &PortfolioEvent, recorded_at_ms: i64) -> Draft {
        Draft {
            recorded_at_ms,
            actor: self.permit.user().to_owned(),
            role: self.permit.role().name().to_owned(),
            on_behalf_of: self.permit.on_behalf_of().map(str::to_owned),
            reason: self.reason.cloned(),
            origin: self.context.origin.clone(),
            request_id: self.request_id.unwrap_or(&self.context.request_id).clone(),
            kind: event.kind().to_owned(),
            payload: serde_json::to_vec(event).expect("an event is plain data with text keys"),
            ..Draft::default()
        }
    }
}

/// There is no such study, or the caller may not see it: both are one answer.
pub(crate) fn study_unknown(oid: &str) -> Error {
    Error::not_found("STUDY_UNKNOWN", format!("there is no study {oid}"))
}

/// The study has no such site.
pub(crate) fn site_unknown(oid: &str) -> Error {
    Error::not_found("SITE_UNKNOWN", format!("the study has no site {oid}"))
}
