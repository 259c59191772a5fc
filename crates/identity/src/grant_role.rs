use crate::{DatedGrant, Identity, add_user::unknown, event::UserEvent, user::Held, users::Author};
use contract::{Act, Authentication, Context, Error, Grant, Scope};

impl Identity {
    /// Gives a user a role for a time; the same role in the same place gets the new dates. Nobody
    /// grants himself a role. Refuses with `USER_UNKNOWN`, `GRANT_TO_ONESELF` and `NOT_PERMITTED`.
    pub async fn grant_role(
        &self,
        context: &Context,
        name: &str,
        granted: DatedGrant,
    ) -> Result<(), Error> {
        self.grant_with_reason(context, name, granted, None).await
    }

    pub(crate) async fn grant_with_reason(
        &self,
        context: &Context,
        name: &str,
        granted: DatedGrant,
        reason: Option<String>,
    ) -> Result<(), Error> {
        if granted.until_ms.is_some_and(|until_ms| until_ms <= granted.from_ms) {
            return Err(Error::invalid("until", "it is not later than the beginning"));
        }
        let event = UserEvent::RoleGranted(granted.clone());
        self.change_role(context, name, &granted.grant, reason, |grants| {
            let has = grants.iter().any(|one| one.delegation_id.is_none() && one.dated == granted);
            (!has).then(|| event.clone())
        })
        .await
    }

    /// Takes a role away now. Refuses like [`Identity::grant_role`].
    pub async fn withdraw_role(
        &self,
        context: &Context,
        name: &str,
        grant: &Grant,
    ) -> Result<(), Error> {
        self.withdraw_with_reason(context, name, grant, None).await
    }

    pub(crate) async fn withdraw_with_reason(
        &self,
        context: &Context,
        name: &str,
        grant: &Grant,
        reason: Option<String>,
    ) -> Result<(), Error> {
        self.change_role(context, name, grant, reason, |grants| {
            let is_it = |one: &Held| one.delegation_id.is_none() && one.dated.grant == *grant;
            let has = grants.iter().any(is_it);
            has.then(|| UserEvent::RoleWithdrawn(grant.clone()))
        })
        .await
    }

    async fn change_role(
        &self,
        context: &Context,
        name: &str,
        grant: &Grant,
        reason: Option<String>,
        decide: impl Fn(&[Held]) -> Option<UserEvent>,
    ) -> Result<(), Error> {
        let permit = context.caller.permit(Act::ManageUsers, scope_of(grant)?)?;
        let is_system = context.caller.authentication == Authentication::System;
        if permit.user() == name && !is_system {
            let message = "somebody else must change the roles of a user";
            return Err(Error::refused("GRANT_TO_ONESELF", message));
        }
        let mut author = Author::permitted(&permit, context, self.now_ms());
        author.reason = reason;
        self.users
            .change(name, &author, |user| match user {
                Some(user) => Ok(decide(&user.grants).into_iter().collect()),
                None => Err(unknown(name)),
            })
            .await
    }
}

/// Where a role reaches is where its giver must be permitted.
fn scope_of(grant: &Grant) -> Result<Scope, Error> {
    match (&grant.study, &grant.site) {
        (None, None) => Ok(Scope::system()),
        (Some(study), None) => Ok(Scope::study_wide(study)),
        (Some(study), Some(site)) => Ok(Scope::at_site(study, site)),
        (None, Some(_)) => Err(Error::invalid("grant.study", "a site is named with its study")),
    }
}
