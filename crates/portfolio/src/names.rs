//! How users are called, as the identity service says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use contract::{
    Caller, Context, Error,
    identity::v1::{GetUserRequest, Identity},
};
use futures::{StreamExt as _, stream};
use mesh::{
    Chance, Clock,
    cache::{Cache, CacheOptions},
};

/// The name under which this service calls others.
const OURSELVES: &str = "casebook.portfolio.v1.Portfolio";
/// A list does not wait longer for what it can do without.
const TIME: Duration = Duration::from_secs(1);
/// How long somebody may still be called as before.
const KNOWN_FOR: Duration = Duration::from_mins(5);
const MOST_KNOWN: usize = 20_000;
const ASKED_AT_ONCE: usize = 16;

/// The full names of users, kept for some minutes, also of those who are nobody.
pub struct Names {
    identity: Arc<dyn Identity>,
    known: Cache<String, String, Error>,
}

/// What was found out.
pub(crate) struct Named {
    pub by_user: BTreeMap<String, String>,
    /// Whether nothing is missing but what is not there.
    pub is_whole: bool,
}

impl Names {
    /// Asks this service.
    pub fn new(
        identity: Arc<dyn Identity>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Self {
        let options = CacheOptions::new(MOST_KNOWN, KNOWN_FOR);
        Self { identity, known: Cache::new(options, clock, chance) }
    }

    /// How users are called, as far as that can be found out within a second.
    pub(crate) async fn of(&self, context: &Context, users: BTreeSet<String>) -> Named {
        let context = Context { caller: Caller::system(OURSELVES), ..context.clone() };
        let context = context.with_deadline(Instant::now() + TIME);
        let mut named = Named { by_user: BTreeMap::new(), is_whole: true };
        let asked = stream::iter(users).map(|user| self.ask(&context, user));
        let mut answers = asked.buffer_unordered(ASKED_AT_ONCE);
        let collected = async {
            while let Some((user, answer)) = answers.next().await {
                match answer {
                    Ok(Some(name)) => _ = named.by_user.insert(user, name),
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(reason = error.reason(), "names are left out of a list");
                        named.is_whole = false;
                        return;
                    }
                }
            }
        };
        let is_in_time = tokio::time::timeout(TIME, collected).await.is_ok();
        named.is_whole &= is_in_time;
        named
    }

    async fn ask(
        &self,
        context: &Context,
        user: String,
    ) -> (String, Result<Option<String>, Arc<Error>>) {
        let load = || {
            let (identity, context) = (Arc::clone(&self.identity), context.clone());
            let request = GetUserRequest { username: user.clone() };
            async move {
                match identity.get_user(&context, request).await {
                    Ok(answer) => {
                        let name = answer.user.map(|user| user.full_name);
                        Ok(name.filter(|name| !name.is_empty()))
                    }
                    Err(error) if error.reason() == "USER_UNKNOWN" => Ok(None),
                    Err(error) => Err(error),
                }
            }
        };
        let answer = self.known.get_or_load(&user, load).await;
        (user, answer)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}
