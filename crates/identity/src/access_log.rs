//! The audit trail of access, read: the decisions of a day, and the log of a user.

use crate::{
    Identity,
    access::{KIND, Noted},
    event::UserEvent,
    users::{self, STUDY},
};
use contract::{Act, Context, Error, Grant, Scope, page};
use jiff::civil::Date;
use journal::{LogName, Sealed};

/// A decision as it was written.
pub(crate) struct DecisionRead {
    pub at_ms: i64,
    pub noted: Noted,
}

/// An entry in the log of a user.
pub(crate) struct EntryRead {
    pub sequence: u64,
    pub at_ms: i64,
    pub kind: String,
    pub actor: String,
    pub role: String,
    pub origin: String,
    pub reason: Option<String>,
    pub about: Option<String>,
}

/// What a page holds, and where the next one begins.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

impl Identity {
    /// The decisions of a day, newest first.
    pub(crate) async fn decisions(
        &self,
        context: &Context,
        day: &str,
        after: Option<&String>,
        limit: u32,
    ) -> Result<Page<DecisionRead>, Error> {
        context.caller.permit(Act::ReadJournal, Scope::system())?;
        let date: Date = day.parse().map_err(|_| Error::invalid("day", "such as 2026-03-02"))?;
        let log = LogName::new(STUDY, KIND, date.to_string());
        let (entries, next) = self.newest(&log, after, limit).await?;
        let read = entries.iter().rev().map(|sealed| {
            let entry = sealed.view().map_err(|error| self.users.broken("read access", error))?;
            let noted = serde_json::from_slice(entry.payload)
                .map_err(|error| self.users.broken("read access", error))?;
            Ok(DecisionRead { at_ms: entry.recorded_at_ms, noted })
        });
        Ok((read.collect::<Result<_, Error>>()?, next))
    }

    /// What happened to a user, newest first. Refuses with `USER_UNKNOWN`.
    pub(crate) async fn user_entries(
        &self,
        context: &Context,
        username: &str,
        after: Option<&String>,
        limit: u32,
    ) -> Result<Page<EntryRead>, Error> {
        context.caller.permit(Act::ReadJournal, Scope::system())?;
        if self.users.find(username).await?.is_none() {
            return Err(Error::not_found("USER_UNKNOWN", format!("there is no user {username}")));
        }
        let (entries, next) = self.newest(&users::log(username), after, limit).await?;
        let read = entries.iter().rev().map(|sealed| {
            let entry = sealed.view().map_err(|error| self.users.broken("read user", error))?;
            let event: UserEvent = serde_json::from_slice(entry.payload)
                .map_err(|error| self.users.broken("read user", error))?;
            Ok(EntryRead {
                sequence: sealed.sequence,
                at_ms: entry.recorded_at_ms,
                kind: entry.kind.to_owned(),
                actor: entry.actor.to_owned(),
                role: entry.role.to_owned(),
                origin: entry.origin.to_owned(),
                reason: entry.reason.map(ToOwned::to_owned),
                about: about(&event),
            })
        });
        Ok((read.collect::<Result<_, Error>>()?, next))
    }

    /// The last entries of a log before a place, in their order.
    async fn newest(
        &self,
        log: &LogName,
        after: Option<&String>,
        limit: u32,
    ) -> Result<Page<Sealed>, Error> {
        let store = self.users.store();
        let below = if let Some(token) = page::after(after)? {
            token.parse().map_err(|_| page::unknown_token())?
        } else {
            let head = store.head(log).await;
            let head = head.map_err(|error| self.users.broken("read a log", error))?;
            head.unwrap_or_default().sequence.saturating_add(1)
        };
        let from = below.saturating_sub(u64::from(limit)).max(1);
        if below <= 1 {
            return Ok((Vec::new(), None));
        }
        let count = u32::try_from(below - from).unwrap_or(limit);
        let entries = store.read(log, from, count).await;
        let entries = entries.map_err(|error| self.users.broken("read a log", error))?;
        Ok((entries, (from > 1).then(|| page::token(&from.to_string()))))
    }
}

/// What an event is about, without anything that is secret.
fn about(event: &UserEvent) -> Option<String> {
    match event {
        UserEvent::RoleGranted(dated) => Some(grant(&dated.grant)),
        UserEvent::RoleWithdrawn(withdrawn) => Some(grant(withdrawn)),
        UserEvent::RoleDelegated(delegated) => Some(grant(&delegated.granted.grant)),
        UserEvent::DelegationEnded { delegation_id } => Some(delegation_id.clone()),
        UserEvent::SessionOpened { method, .. } if !method.is_empty() => Some(method.clone()),
        UserEvent::OidcUnlinked { provider } => Some(provider.clone()),
        UserEvent::ApiKeyUsed { key_id }
        | UserEvent::ApiKeyReplaced { key_id, .. }
        | UserEvent::ApiKeyRevoked { key_id } => Some(key_id.clone()),
        _ => None,
    }
}

fn grant(grant: &Grant) -> String {
    let study = grant.study.as_deref().unwrap_or("*");
    let site = grant.site.as_deref().unwrap_or("*");
    format!("{} {study} {site}", grant.role)
}
