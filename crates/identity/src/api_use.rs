//! The use of the interface: one log per day, in which doors note now and then what they have counted.
//! What a day comes to is the sum of its entries.

use crate::{
    Identity,
    access::append,
    token::hex,
    users::{Author, STUDY},
};
use contract::{Act, Context, Error, Scope};
use jiff::civil::Date;
use journal::LogName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

const KIND: &str = "api_use";
const EVENT: &str = "ApiUseCounted";
/// Different uses in one entry.
pub(crate) const MOST_USES: usize = 1_000;
/// Entries that are read at a time.
const PAGE: u32 = 200;
/// Stands between the parts of a key, and in none of them.
const BETWEEN: char = '\u{1f}';

/// How often somebody called a method with the same result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Use {
    pub username: String,
    pub key_id: Option<String>,
    pub method: String,
    pub result: String,
    pub count: i64,
}

/// What an entry says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    batch_id: String,
    uses: Vec<Use>,
}

/// Uses of a day, and where the next page begins.
pub(crate) struct UsePage {
    pub uses: Vec<Use>,
    pub next: Option<String>,
}

impl Use {
    fn key(&self) -> String {
        let key = self.key_id.as_deref().unwrap_or_default();
        let parts = [&self.username, &self.method, &self.result, key];
        parts.join(&BETWEEN.to_string())
    }
}

impl Identity {
    /// Notes what a door has counted on a day.
    pub(crate) async fn record_api_use(
        &self,
        context: &Context,
        batch_id: String,
        day: &str,
        uses: Vec<Use>,
    ) -> Result<(), Error> {
        let permit = context.caller.permit(Act::AuthenticateCallers, Scope::system())?;
        let log = log(day)?;
        if uses.len() > MOST_USES {
            return Err(Error::invalid("uses", format!("at most {MOST_USES} at once")));
        }
        if let Some(place) = uses.iter().position(|one| one.count < 1 || has_controls(one)) {
            let message = "counts begin at 1, and texts have no control characters";
            return Err(Error::invalid(format!("uses[{place}]"), message));
        }
        let payload = serde_json::to_vec(&Counted { batch_id, uses });
        let payload = payload.map_err(|error| self.users.broken("note use", error))?;
        let author = Author::permitted(&permit, context, self.now_ms());
        append(&self.users, &log, author.draft(EVENT, payload)).await
    }

    /// The use of a day by caller, method and result; of one user when one is named. A batch that was
    /// sent twice counts once.
    pub(crate) async fn api_use(
        &self,
        context: &Context,
        day: &str,
        username: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<UsePage, Error> {
        context.caller.permit(Act::ReadJournal, Scope::system())?;
        let log = log(day)?;
        let mut sums: BTreeMap<String, Use> = BTreeMap::new();
        let (mut batches, mut from) = (HashSet::new(), 1);
        loop {
            let entries = self.users.store().read(&log, from, PAGE).await;
            let entries = entries.map_err(|error| self.users.broken("read use", error))?;
            for entry in &entries {
                let entry = entry.view().map_err(|error| self.users.broken("read use", error))?;
                let counted: Counted = serde_json::from_slice(entry.payload)
                    .map_err(|error| self.users.broken("read use", error))?;
                if batches.insert(counted.batch_id) {
                    let named = |one: &Use| username.is_none_or(|name| one.username == name);
                    add(&mut sums, counted.uses.into_iter().filter(named));
                }
            }
            let Ok(read) = u64::try_from(entries.len()) else { break };
            if read < u64::from(PAGE) {
                break;
            }
            from += read;
        }
        Ok(page(sums, after, limit as usize))
    }
}

fn add(sums: &mut BTreeMap<String, Use>, uses: impl Iterator<Item = Use>) {
    for one in uses {
        match sums.get_mut(&one.key()) {
            Some(sum) => sum.count = sum.count.saturating_add(one.count),
            None => drop(sums.insert(one.key(), one)),
        }
    }
}

/// The token of a page is the key after which it begins, in hexadecimal digits, which keep the order.
fn page(sums: BTreeMap<String, Use>, after: Option<&str>, limit: usize) -> UsePage {
    let keyed = sums.into_iter().map(|(key, one)| (hex(key.as_bytes()), one));
    let mut rest = keyed.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
    let uses: Vec<(String, Use)> = rest.by_ref().take(limit).collect();
    let next = rest.next().and_then(|_| Some(uses.last()?.0.clone()));
    UsePage { uses: uses.into_iter().map(|(_, one)| one).collect(), next }
}

fn log(day: &str) -> Result<LogName, Error> {
    let date: Date =
        day.parse().map_err(|_| Error::invalid("day", "must be a date such as 2026-03-02"))?;
    Ok(LogName::new(STUDY, KIND, date.to_string()))
}

fn has_controls(one: &Use) -> bool {
    let texts = [&one.username, &one.method, &one.result].into_iter().chain(&one.key_id);
    texts.flat_map(|text| text.chars()).any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(username: &str, count: i64) -> Use {
        let (method, result) = ("a.B/C".to_owned(), "OK".to_owned());
        Use { username: username.to_owned(), key_id: None, method, result, count }
    }

    #[test]
    fn the_pages_of_a_day_are_whole_and_in_order() {
        let mut sums = BTreeMap::new();
        let names = ["b", "a", "c", "ab", "b", ""];
        add(&mut sums, names.into_iter().map(|name| one(name, 2)));
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = page(sums.clone(), after.as_deref(), 2);
            seen.extend(page.uses.into_iter().map(|one| (one.username, one.count)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let expected = [("", 2), ("a", 2), ("ab", 2), ("b", 4), ("c", 2)];
        assert_eq!(seen, expected.map(|(name, count)| (name.to_owned(), count)));
    }

    #[test]
    fn a_day_is_a_date() {
        assert!(log("2026-03-02").is_ok());
        for wrong in ["", "2026-02-30", "today", "2026-03-02T00:00:00Z/x"] {
            assert!(log(wrong).is_err(), "{wrong}");
        }
    }
}
