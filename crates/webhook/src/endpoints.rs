//! How endpoints are read from their logs, and how a change is appended: read, decide, append.

use crate::{
    Random,
    endpoint::{Endpoint, EndpointEvent, Stamp},
    progress::Progress,
};
use contract::{Context, Error, Permit};
use journal::{Draft, Head, LogName, Sealed};
use quick_cache::sync::Cache;
use std::sync::Arc;
use store::{Batch, Effect, Store, StoreError, View};

/// Raised whenever rows of this crate are written otherwise than before: a program refuses rows of
/// another layout.
pub const LAYOUT_OF_VIEWS: u32 = 1;

/// Endpoints of a study by id.
pub(crate) const ENDPOINT: View = View(60);
/// The kind of the log of an endpoint.
pub(crate) const KIND: &str = "webhook";
/// The queue in which each endpoint has one job.
pub(crate) const QUEUE: &str = "webhook";

const CACHED_ENDPOINTS: usize = 1_000;
const ENTRIES_PER_READ: u32 = 500;
/// How often a decision is taken again because somebody else wrote in between.
const MAX_ATTEMPTS: u32 = 20;

/// Why something is broken.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// All endpoints.
pub(crate) struct Endpoints {
    store: Arc<dyn Store>,
    random: Random,
    cache: Cache<LogName, Arc<Known>>,
}

/// An endpoint and where its log ended when it was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub endpoint: Endpoint,
    pub head: Head,
}

/// Who writes an entry, and through which door.
#[derive(Debug, Clone, Default)]
pub(crate) struct Author {
    pub actor: String,
    pub role: String,
    pub on_behalf_of: Option<String>,
    pub origin: String,
    pub request_id: String,
    pub at_ms: i64,
}

pub(crate) fn log(study: &str, endpoint_id: &str) -> LogName {
    LogName::new(study, KIND, endpoint_id)
}

impl Endpoints {
    pub(crate) fn new(store: Arc<dyn Store>, random: Random) -> Self {
        Self { store, random, cache: Cache::new(CACHED_ENDPOINTS) }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The endpoint, deleted or not, as its newest entry leaves it.
    pub(crate) async fn find(
        &self,
        study: &str,
        endpoint_id: &str,
    ) -> Result<Option<Arc<Known>>, Cause> {
        if endpoint_id.is_empty() || endpoint_id.len() > 64 || endpoint_id.contains('\0') {
            return Ok(None);
        }
        let log = log(study, endpoint_id);
        let Some(head) = self.store.head(&log).await? else { return Ok(None) };
        let cached = self.cache.get(&log);
        if let Some(cached) = &cached
            && cached.head == head
        {
            return Ok(Some(Arc::clone(cached)));
        }
        let mut known = cached.map(|known| Known::clone(&known)).unwrap_or_default();
        while known.head.sequence < head.sequence {
            let entries = self.store.read(&log, known.head.sequence + 1, ENTRIES_PER_READ).await?;
            if entries.is_empty() {
                return Err("the log ends before its head".into());
            }
            for entry in &entries {
                known.accept(entry)?;
            }
        }
        let known = Arc::new(known);
        self.cache.insert(log, Arc::clone(&known));
        Ok(Some(known))
    }

    /// Lets `decide` say what happens to an endpoint, which may not be there yet, and appends it
    /// with its row. Decides again when somebody else was first; writes nothing when nothing
    /// happens. Answers the endpoint as it is then.
    pub(crate) async fn change(
        &self,
        study: &str,
        endpoint_id: &str,
        author: &Author,
        begun: Option<&Progress>,
        decide: impl Fn(Option<&Endpoint>) -> Result<Option<EndpointEvent>, Error>,
    ) -> Result<Endpoint, Error> {
        for _ in 0..MAX_ATTEMPTS {
            let known = self.find(study, endpoint_id).await;
            let known = known.map_err(|error| self.broken("read endpoint", error))?;
            let decided = decide(known.as_ref().map(|known| &known.endpoint))?;
            let before = known.as_deref().cloned().unwrap_or_default();
            let Some(event) = decided else { return Ok(before.endpoint) };
            let (batch, after) = batch(&log(study, endpoint_id), &before, author, begun, event)
                .map_err(|error| self.broken("change endpoint", error))?;
            match self.store.append(batch).await {
                Ok(_) => return Ok(after),
                Err(StoreError::HeadMoved { .. }) => {}
                Err(StoreError::Full) => {
                    let message = "there is no room left to write";
                    return Err(Error::exhausted("STORAGE_FULL", message));
                }
                Err(StoreError::Unacceptable { why }) => return Err(Error::invalid("", why)),
                Err(error) => return Err(self.broken("change endpoint", error)),
            }
        }
        Err(Error::aborted("BUSY", "the endpoint changed too often while this was decided"))
    }

    /// Logs an incident, and makes the error that shows nothing but its id.
    pub(crate) fn broken(&self, operation: &str, error: impl Into<Cause>) -> Error {
        let mut bytes = [0; 8];
        (self.random)(&mut bytes);
        let id = format!("inc_{:016x}", u64::from_be_bytes(bytes));
        let error = error.into();
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        tracing::error!(incident = %id, operation, error = %text, "incident");
        Error::incident(id)
    }
}

fn batch(
    log: &LogName,
    before: &Known,
    author: &Author,
    begun: Option<&Progress>,
    event: EndpointEvent,
) -> Result<(Batch, Endpoint), Cause> {
    let draft = author.draft(event.kind(), serde_json::to_vec(&event)?);
    let mut after = before.endpoint.clone();
    let stamp = Stamp {
        sequence: before.head.sequence + 1,
        at_ms: author.at_ms,
        actor: &author.actor,
        request_id: &author.request_id,
    };
    after.apply(stamp, event);
    let mut effects = vec![effect(&log.key, &after)?];
    if let Some(progress) = begun {
        effects.push(Effect::Enqueue {
            queue: QUEUE.to_owned(),
            key: log.key.clone(),
            payload: progress.to_bytes()?,
            run_at_ms: author.at_ms,
        });
    }
    Ok((Batch::seal(log.clone(), before.head, &[draft], effects), after))
}

/// The row of an endpoint: there is none once it is deleted.
pub(crate) fn effect(endpoint_id: &str, endpoint: &Endpoint) -> Result<Effect, Cause> {
    let (view, key) = (ENDPOINT, endpoint_id.to_owned());
    if endpoint.deleted {
        return Ok(Effect::Drop { view, key });
    }
    Ok(Effect::Put { view, key, bytes: serde_json::to_vec(endpoint)? })
}

impl Known {
    /// Adds the next entry of the log.
    fn accept(&mut self, entry: &Sealed) -> Result<(), Cause> {
        let read = entry.view()?;
        let event: EndpointEvent = serde_json::from_slice(read.payload)?;
        let stamp = Stamp {
            sequence: entry.sequence,
            at_ms: read.recorded_at_ms,
            actor: read.actor,
            request_id: read.request_id,
        };
        self.endpoint.apply(stamp, event);
        self.head = entry.head();
        Ok(())
    }
}

impl Author {
    /// Whoever holds the permit. The request is the one that the client named, if it did.
    pub(crate) fn new(
        permit: &Permit,
        context: &Context,
        request_id: Option<&String>,
        at_ms: i64,
    ) -> Self {
        Self {
            actor: permit.user().to_owned(),
            role: permit.role().name().to_owned(),
            on_behalf_of: permit.on_behalf_of().map(str::to_owned),
            origin: context.origin.clone(),
            request_id: request_id.unwrap_or(&context.request_id).clone(),
            at_ms,
        }
    }

    fn draft(&self, kind: &str, payload: Vec<u8>) -> Draft {
        Draft {
            recorded_at_ms: self.at_ms,
            actor: self.actor.clone(),
            role: self.role.clone(),
            on_behalf_of: self.on_behalf_of.clone(),
            origin: self.origin.clone(),
            request_id: self.request_id.clone(),
            kind: kind.to_owned(),
            payload,
            ..Draft::default()
        }
    }
}
