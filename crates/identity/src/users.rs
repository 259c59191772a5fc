//! How users are read from their logs, and how a change is appended: read, decide, append.

use crate::{
    Random,
    event::UserEvent,
    holders::{Holder, Holders},
    rows::{self, TOKEN, effects},
    user::{Stamp, User},
};
use contract::Error;
use journal::{Draft, Head, LogName, Sealed};
use quick_cache::sync::Cache;
use std::sync::Arc;
use store::{Batch, Store, StoreError, View};

/// Users belong to the institution, not to a study.
pub(crate) const STUDY: &str = "";
pub(crate) const KIND: &str = "user";

const CACHED_USERS: usize = 10_000;
const ENTRIES_PER_READ: u32 = 500;
/// How often a decision is taken again because somebody else wrote in between.
const MAX_ATTEMPTS: u32 = 20;

/// Why something is broken.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// All users.
pub(crate) struct Users {
    store: Arc<dyn Store>,
    random: Random,
    cache: Cache<String, Arc<Known>>,
    holders: Holders,
}

/// A user and where his log ended when he was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub user: User,
    head: Head,
    /// When the newest entry was recorded.
    recorded_at_ms: i64,
}

/// Who writes an entry, and through which door.
#[derive(Debug, Clone, Default)]
pub(crate) struct Author {
    pub actor: String,
    pub role: String,
    pub on_behalf_of: Option<String>,
    pub reason: Option<String>,
    pub origin: String,
    pub request_id: String,
    pub at_ms: i64,
}

pub(crate) fn log(name: &str) -> LogName {
    LogName::new(STUDY, KIND, name)
}

impl Users {
    pub(crate) fn new(store: Arc<dyn Store>, random: Random) -> Self {
        Self { store, random, cache: Cache::new(CACHED_USERS), holders: Holders::default() }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The same users, of whom nothing was read yet.
    pub(crate) fn unread(&self) -> Self {
        Self::new(Arc::clone(&self.store), Arc::clone(&self.random))
    }

    /// The user of this name, as the newest entry leaves him.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<Arc<Known>>, Error> {
        if !is_name(name) {
            return Ok(None);
        }
        let log = log(name);
        let head = self.store.head(&log).await.map_err(|error| self.broken("read user", error))?;
        let Some(head) = head else { return Ok(None) };
        let cached = self.cache.get(name);
        if let Some(cached) = &cached
            && cached.head == head
        {
            return Ok(Some(Arc::clone(cached)));
        }
        let mut known = cached.map(|known| Known::clone(&known)).unwrap_or_default();
        while known.head.sequence < head.sequence {
            let from = known.head.sequence + 1;
            let entries = self.store.read(&log, from, ENTRIES_PER_READ).await;
            let entries = entries.map_err(|error| self.broken("read user", error))?;
            if entries.is_empty() {
                return Err(self.broken("read user", "the log ends before its head"));
            }
            for entry in &entries {
                known.accept(entry).map_err(|error| self.broken("read user", error))?;
            }
        }
        let known = Arc::new(known);
        self.cache.insert(name.to_owned(), Arc::clone(&known));
        Ok(Some(known))
    }

    /// The name in a row that points to a user.
    pub(crate) async fn pointed_to(&self, view: View, key: &str) -> Result<Option<String>, Error> {
        let row = self.store.view(view, STUDY, key).await;
        let row = row.map_err(|error| self.broken("find user", error))?;
        let name = row.map(|bytes| rows::name_in(&bytes)).transpose();
        name.map_err(|error| self.broken("find user", error))
    }

    /// Whose token has this hash. What another process has written since may count only a second later:
    /// most calls come with a token that was shown a moment ago, and the store is not asked again.
    pub(crate) async fn holder(
        &self,
        token_sha256: &str,
        now_ms: i64,
    ) -> Result<Option<Arc<Holder>>, Error> {
        let asked = match self.holders.look_up(token_sha256, now_ms) {
            Ok(holder) => return Ok(Some(holder)),
            Err(asked) => asked,
        };
        let Some(name) = self.pointed_to(TOKEN, token_sha256).await? else { return Ok(None) };
        let Some(known) = self.find(&name).await? else { return Ok(None) };
        Ok(Some(self.holders.keep(token_sha256, Holder { name, known }, asked)))
    }

    /// Lets `decide` say what happens to a user, who may not be there yet, and appends it with its
    /// rows. Decides again when somebody else was first; writes nothing when nothing happens.
    pub(crate) async fn change(
        &self,
        name: &str,
        author: &Author,
        decide: impl Fn(Option<&User>) -> Result<Vec<UserEvent>, Error>,
    ) -> Result<(), Error> {
        self.decide(name, author, |user| Ok((decide(user)?, ()))).await
    }

    /// The same, with an answer.
    pub(crate) async fn decide<T>(
        &self,
        name: &str,
        author: &Author,
        decide: impl Fn(Option<&User>) -> Result<(Vec<UserEvent>, T), Error>,
    ) -> Result<T, Error> {
        for _ in 0..MAX_ATTEMPTS {
            let known = self.find(name).await?;
            let (events, answer) = decide(known.as_ref().map(|known| &known.user))?;
            if events.is_empty() {
                return Ok(answer);
            }
            let before = known.as_deref().cloned().unwrap_or_default();
            let batch = self.batch(name, &before, author, events)?;
            let appended = self.store.append(batch).await;
            self.holders.forget();
            match appended {
                Ok(_) => return Ok(answer),
                Err(StoreError::HeadMoved { .. }) => {}
                Err(StoreError::KeyTaken { .. }) => {
                    let message = "somebody else is linked with this account there";
                    return Err(Error::already_exists("LINK_TAKEN", message));
                }
                Err(StoreError::Full) => {
                    let message = "there is no room left to write, so it was not done";
                    return Err(Error::exhausted("STORAGE_FULL", message));
                }
                Err(error) => return Err(self.broken("change user", error)),
            }
        }
        Err(Error::unavailable("the user changed too often while this was decided; try again"))
    }

    fn batch(
        &self,
        name: &str,
        before: &Known,
        author: &Author,
        events: Vec<UserEvent>,
    ) -> Result<Batch, Error> {
        let mut after = before.user.clone();
        // A clock that was set back does not disorder the log.
        let at_ms = author.at_ms.max(before.recorded_at_ms);
        let mut drafts = Vec::with_capacity(events.len());
        for event in events {
            let payload = serde_json::to_vec(&event);
            let payload = payload.map_err(|error| self.broken("change user", error))?;
            drafts.push(Draft { recorded_at_ms: at_ms, ..author.draft(event.kind(), payload) });
            after.apply(event, Stamp { at_ms, ..author.stamp() });
        }
        let effects = effects(name, &before.user, &after);
        let effects = effects.map_err(|error| self.broken("change user", error))?;
        Ok(Batch::seal(log(name), before.head, &drafts, effects))
    }

    /// Logs an incident, and makes the error that shows nothing but its id. A database that is away
    /// is none: it is said openly.
    pub(crate) fn broken(&self, operation: &str, error: impl Into<Cause>) -> Error {
        let error = error.into();
        if let Some(StoreError::Unreachable { .. }) = error.downcast_ref() {
            tracing::warn!(operation, error = %error, "the database cannot be reached");
            return Error::unavailable("the database cannot be reached");
        }
        let mut bytes = [0; 8];
        (self.random)(&mut bytes);
        let id = format!("inc_{:016x}", u64::from_be_bytes(bytes));
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

impl Known {
    /// Adds the next entry of the log.
    pub(crate) fn accept(&mut self, entry: &Sealed) -> Result<(), Cause> {
        let read = entry.view()?;
        let event: UserEvent = serde_json::from_slice(read.payload)?;
        let (at_ms, actor, reason) = (read.recorded_at_ms, read.actor, read.reason);
        self.user.apply(event, Stamp { at_ms, actor, reason });
        self.recorded_at_ms = self.recorded_at_ms.max(at_ms);
        self.head = entry.head();
        Ok(())
    }
}

impl Author {
    fn stamp(&self) -> Stamp<'_> {
        Stamp { at_ms: self.at_ms, actor: &self.actor, reason: self.reason.as_deref() }
    }

    pub(crate) fn draft(&self, kind: &str, payload: Vec<u8>) -> Draft {
        Draft {
            recorded_at_ms: self.at_ms,
            actor: self.actor.clone(),
            role: self.role.clone(),
            on_behalf_of: self.on_behalf_of.clone(),
            reason: self.reason.clone(),
            origin: self.origin.clone(),
            request_id: self.request_id.clone(),
            kind: kind.to_owned(),
            payload,
            ..Draft::default()
        }
    }
}

/// Whether a text can be the name of a user: 1 to 64 of `a-z 0-9 . _ @ -`, beginning with a letter
/// or digit.
pub(crate) fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = |byte: u8| is_plain(byte) || b"._@-".contains(&byte);
    text.len() <= 64 && text.bytes().next().is_some_and(is_plain) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_short() {
        for name in ["a", "wang.fang", "0abc_d-e@site.example"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".a", "Wang", "a b", "王芳", "a\0", &"a".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
