//! Who showed which token a moment ago, so that a page that makes ten calls looks him up once.

use crate::users::Known;
use quick_cache::sync::Cache;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// For how long what another process writes may go unseen.
const BELIEVED_FOR_MS: i64 = 1_000;
const MOST_REMEMBERED: usize = 10_000;

/// Holders of tokens, by the hash of the token. What this process writes about any user counts at once.
pub(crate) struct Holders {
    seen: Cache<String, Seen>,
    /// How often something was written about a user.
    writes: AtomicU64,
}

/// A user whose a token is, or was: whether it is still good, he himself knows.
#[derive(Debug)]
pub(crate) struct Holder {
    pub name: String,
    pub known: Arc<Known>,
}

/// When somebody was asked for who is not remembered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    at_ms: i64,
    writes: u64,
}

#[derive(Clone)]
struct Seen {
    holder: Arc<Holder>,
    asked: Asked,
}

impl Holders {
    /// The holder of a token, if he was looked up a moment ago and nothing was written since; else what
    /// is handed to [`Holders::keep`] after he was looked up anew.
    pub(crate) fn look_up(&self, token_sha256: &str, now_ms: i64) -> Result<Arc<Holder>, Asked> {
        let asked = Asked { at_ms: now_ms, writes: self.writes.load(Ordering::Acquire) };
        let seen = self.seen.get(token_sha256).filter(|seen| seen.asked.holds(asked));
        seen.map(|seen| seen.holder).ok_or(asked)
    }

    pub(crate) fn keep(&self, token_sha256: &str, holder: Holder, asked: Asked) -> Arc<Holder> {
        let holder = Arc::new(holder);
        let seen = Seen { holder: Arc::clone(&holder), asked };
        self.seen.insert(token_sha256.to_owned(), seen);
        holder
    }

    /// Something was written about a user, or may have been. What is being looked up meanwhile is not
    /// believed either.
    pub(crate) fn forget(&self) {
        self.writes.fetch_add(1, Ordering::Release);
    }
}

impl Default for Holders {
    fn default() -> Self {
        Self { seen: Cache::new(MOST_REMEMBERED), writes: AtomicU64::new(0) }
    }
}

impl Asked {
    /// Whether what was true then is believed now. A clock that was set back ends it.
    fn holds(self, now: Self) -> bool {
        self.writes == now.writes && (0..BELIEVED_FOR_MS).contains(&(now.at_ms - self.at_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(holders: &Holders, asked: Asked) -> Arc<Holder> {
        let holder = Holder { name: "li.na".to_owned(), known: Arc::default() };
        holders.keep("5e0f", holder, asked)
    }

    #[test]
    fn a_holder_is_believed_for_a_second() {
        let holders = Holders::default();
        keep(&holders, holders.look_up("5e0f", 5_000).unwrap_err());
        assert_eq!(holders.look_up("5e0f", 5_999).unwrap().name, "li.na");
        assert!(holders.look_up("5e0f", 6_000).is_err());
        assert!(holders.look_up("5e0f", 4_999).is_err(), "the clock was set back");
        assert!(holders.look_up("0f5e", 5_000).is_err());
    }

    #[test]
    fn what_is_written_counts_at_once_also_while_he_is_looked_up() {
        let holders = Holders::default();
        keep(&holders, holders.look_up("5e0f", 0).unwrap_err());
        holders.forget();
        let asked = holders.look_up("5e0f", 0).unwrap_err();
        holders.forget();
        keep(&holders, asked);
        assert!(holders.look_up("5e0f", 0).is_err());
    }
}
