//! The investigator hands tasks to staff of the site, for a time, and keeps a log of it (ICH E6(R3)
//! §2.3.2 and Appendix C).

use crate::{
    DatedGrant, Identity,
    add_user::unknown,
    event::{Delegated, UserEvent},
    rows::{DELEGATION, DelegationRow, delegation_prefix},
    token::hex,
    user::Delegation,
    users::{Author, STUDY},
};
use contract::{Act, Authentication, Context, Error, Grant, Role, Scope};
use store::Range;

/// The roles that tasks of an investigator may need.
const DELEGABLE: [Role; 4] =
    [Role::Coordinator, Role::Investigator, Role::Pharmacist, Role::ImagingReader];
const MAX_TASKS: usize = 50;
const LONGEST_TASK_CHARS: usize = 200;

/// Tasks for somebody at a site.
#[derive(Debug, Clone)]
pub(crate) struct Delegate {
    pub study: String,
    pub site: String,
    pub name: String,
    pub role: Role,
    pub tasks: Vec<String>,
    pub from_ms: Option<i64>,
    pub until_ms: Option<i64>,
}

/// A line of the delegation log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub name: String,
    pub full_name: String,
    pub delegation: Delegation,
}

impl Identity {
    /// Hands tasks on. Answers the line of the log.
    pub(crate) async fn delegate(
        &self,
        context: &Context,
        wanted: Delegate,
    ) -> Result<Line, Error> {
        let scope = Scope::at_site(&wanted.study, &wanted.site);
        let permit = context.caller.permit(Act::DelegateTasks, scope)?;
        check(&wanted)?;
        let author = Author::permitted(&permit, context, self.now_ms());
        if author.actor == wanted.name && context.caller.authentication != Authentication::System {
            let message = "nobody delegates tasks to himself";
            return Err(Error::refused("GRANT_TO_ONESELF", message));
        }
        let from_ms = wanted.from_ms.unwrap_or(author.at_ms);
        if from_ms < author.at_ms {
            return Err(Error::invalid("from", "tasks are not delegated for the past"));
        }
        if wanted.until_ms.is_some_and(|until_ms| until_ms <= from_ms) {
            return Err(Error::invalid("until", "it is not later than the beginning"));
        }
        let place = (Some(wanted.study), Some(wanted.site));
        let grant = Grant { role: wanted.role, study: place.0, site: place.1 };
        let delegated = Delegated {
            delegation_id: format!("dlg_{}", hex(&self.random_bytes::<10>())),
            granted: DatedGrant { grant, from_ms, until_ms: wanted.until_ms },
            tasks: wanted.tasks,
        };
        self.users
            .change(&wanted.name, &author, |user| {
                let user = user.filter(|user| !user.disabled && !user.is_service);
                user.ok_or_else(|| unknown(&wanted.name))?;
                Ok(vec![UserEvent::RoleDelegated(delegated.clone())])
            })
            .await?;
        self.line(&wanted.name, &delegated.delegation_id).await?.ok_or_else(not_there)
    }

    /// Ends a delegation of a site. Answers the line of the log.
    pub(crate) async fn end_delegation(
        &self,
        context: &Context,
        place: (&str, &str),
        id: &str,
        reason: &str,
    ) -> Result<Line, Error> {
        let (study, site) = place;
        let scope = Scope::at_site(study, site);
        let permit = context.caller.permit(Act::DelegateTasks, scope)?;
        if reason.trim().is_empty() {
            return Err(Error::invalid("reason", "ending a delegation needs a reason"));
        }
        let row = self.delegation_rows(study, site).await?;
        let row = row.into_iter().find(|row| row.delegation_id == id).ok_or_else(not_there)?;
        let mut author = Author::permitted(&permit, context, self.now_ms());
        author.reason = Some(reason.trim().to_owned());
        let ended = UserEvent::DelegationEnded { delegation_id: id.to_owned() };
        self.users
            .change(&row.user, &author, |user| {
                let mut delegations = user.into_iter().flat_map(|user| &user.delegations);
                let delegation = delegations.find(|one| one.delegated.delegation_id == id);
                match delegation.ok_or_else(not_there)?.ended {
                    Some(_) => Err(Error::refused("ALREADY_SO", "the delegation was ended")),
                    None => Ok(vec![ended.clone()]),
                }
            })
            .await?;
        self.line(&row.user, id).await?.ok_or_else(not_there)
    }

    /// A page of the delegation log of a site in the order of time, and where the next one begins.
    pub(crate) async fn delegations(
        &self,
        context: &Context,
        place: (&str, &str),
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Line>, Option<String>), Error> {
        let (study, site) = place;
        context.caller.permit(Act::ReadStudy, Scope::at_site(study, site))?;
        self.delegation_lines(study, site, after, limit).await
    }

    pub(crate) async fn delegation_lines(
        &self,
        study: &str,
        site: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Line>, Option<String>), Error> {
        let prefix = delegation_prefix(study, site);
        let mut range = Range::all(DELEGATION, STUDY, limit).prefix(prefix.clone());
        range.after = after.map(|after| format!("{prefix}{after}"));
        let rows = self.users.store().list(range).await;
        let rows = rows.map_err(|error| self.users.broken("list delegations", error))?;
        let next = rows.last().filter(|_| rows.len() == limit as usize);
        let next = next.and_then(|(key, _)| key.strip_prefix(&prefix)).map(str::to_owned);
        let mut lines = Vec::with_capacity(rows.len());
        for (_, bytes) in rows {
            let row: Result<DelegationRow, _> = serde_json::from_slice(&bytes);
            let row = row.map_err(|error| self.users.broken("list delegations", error))?;
            lines.extend(self.line(&row.user, &row.delegation_id).await?);
        }
        Ok((lines, next))
    }

    async fn delegation_rows(&self, study: &str, site: &str) -> Result<Vec<DelegationRow>, Error> {
        const PAGE: u32 = 500;
        let prefix = delegation_prefix(study, site);
        let mut range = Range::all(DELEGATION, STUDY, PAGE).prefix(prefix);
        let mut found = Vec::new();
        loop {
            let rows = self.users.store().list(range.clone()).await;
            let rows = rows.map_err(|error| self.users.broken("list delegations", error))?;
            let is_last = rows.len() < PAGE as usize;
            range.after = rows.last().map(|(key, _)| key.clone());
            for (_, bytes) in rows {
                let row = serde_json::from_slice(&bytes);
                found.push(row.map_err(|error| self.users.broken("list delegations", error))?);
            }
            if is_last {
                return Ok(found);
            }
        }
    }

    async fn line(&self, name: &str, id: &str) -> Result<Option<Line>, Error> {
        let Some(known) = self.users.find(name).await? else { return Ok(None) };
        let mut delegations = known.user.delegations.iter();
        let delegation = delegations.find(|one| one.delegated.delegation_id == id);
        Ok(delegation.map(|delegation| Line {
            name: name.to_owned(),
            full_name: known.user.full_name.clone(),
            delegation: delegation.clone(),
        }))
    }
}

fn check(wanted: &Delegate) -> Result<(), Error> {
    if !DELEGABLE.contains(&wanted.role) {
        let allowed = "coordinator, investigator, pharmacist or imaging reader";
        return Err(Error::invalid("role", allowed));
    }
    let is_said =
        |task: &String| !task.trim().is_empty() && task.chars().count() <= LONGEST_TASK_CHARS;
    if wanted.tasks.is_empty() || wanted.tasks.len() > MAX_TASKS {
        return Err(Error::invalid("tasks", "1 to 50 tasks"));
    }
    if !wanted.tasks.iter().all(is_said) {
        return Err(Error::invalid("tasks", "each has 1 to 200 characters"));
    }
    Ok(())
}

fn not_there() -> Error {
    Error::not_found("DELEGATION_UNKNOWN", "the site has no such delegation")
}
