use crate::{DatedGrant, Identity, rows::USER, user::User, users::STUDY};
use contract::{Act, Context, Error, Scope};
use serde::{Deserialize, Serialize};
use store::Range;

const LONGEST_PAGE: u32 = 500;

/// A user as lists show him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserSummary {
    pub name: String,
    pub full_name: String,
    pub disabled: bool,
    /// Past, present and future.
    pub grants: Vec<DatedGrant>,
    /// It is a program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_service: bool,
}

/// Some users, and the name behind which the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    pub users: Vec<UserSummary>,
    pub next: Option<String>,
}

impl Identity {
    /// A page of all users by name, behind `after`. Refuses with `NOT_PERMITTED`.
    pub async fn list_users(
        &self,
        context: &Context,
        after: Option<&str>,
        limit: u32,
    ) -> Result<UserPage, Error> {
        context.caller.permit(Act::ManageUsers, Scope::system())?;
        self.user_rows(after, limit).await
    }

    pub(crate) async fn user_rows(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<UserPage, Error> {
        let limit = limit.clamp(1, LONGEST_PAGE);
        let mut range = Range::all(USER, STUDY, limit);
        range.after = after.map(str::to_owned);
        let rows = self.users.store().list(range).await;
        let rows = rows.map_err(|error| self.users.broken("list users", error))?;
        let next = rows.last().filter(|_| rows.len() == limit as usize);
        let next = next.map(|(name, _)| name.clone());
        let users = rows.iter().map(|(_, bytes)| serde_json::from_slice(bytes));
        let users: Result<Vec<UserSummary>, _> = users.collect();
        let users = users.map_err(|error| self.users.broken("list users", error))?;
        Ok(UserPage { users, next })
    }
}

impl UserSummary {
    pub(crate) fn of(name: &str, user: &User) -> Self {
        Self {
            name: name.to_owned(),
            full_name: user.full_name.clone(),
            disabled: user.disabled,
            grants: user.grants.iter().map(|held| held.dated.clone()).collect(),
            is_service: user.is_service,
        }
    }
}
