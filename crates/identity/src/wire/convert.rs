//! Messages and domain values into each other.

use crate::{
    DatedGrant, Identity,
    add_user::unknown,
    user::{Held, Session, User},
};
use contract::{
    Act, Caller, Context, Error, Grant, Role, Scope, Timestamp, identity::v1 as p, page,
};

const LONGEST_PAGE: u32 = 500;

/// How much of a user somebody sees.
#[derive(Clone, Copy)]
pub(super) enum Sight<'a> {
    /// Everything that may be shown.
    Whole,
    /// The name, and roles in studies that he sees himself.
    Colleague(&'a Caller),
}

/// Whose a thing is about which somebody asks: his own, when he does not say.
pub(super) fn owner(context: &Context, username: Option<String>) -> String {
    username.unwrap_or_else(|| context.caller.user.clone())
}

#[expect(clippy::unnecessary_wraps, reason = "fields of messages are optional")]
pub(super) fn instant(at_ms: i64) -> Option<Timestamp> {
    Some(Timestamp::from_millisecond(at_ms))
}

pub(super) fn overlap_ms(seconds: Option<i32>) -> i64 {
    i64::from(seconds.unwrap_or_default()) * 1000
}

/// How many a page holds.
pub(super) fn page_size(wanted: Option<i32>) -> Result<u32, Error> {
    let size = u32::try_from(page::size(wanted)?);
    Ok(size.map_or(LONGEST_PAGE, |size| size.min(LONGEST_PAGE)))
}

pub(super) fn role_out(role: Role) -> i32 {
    let name = role.name().to_uppercase();
    p::Role::from_str_name(&name).unwrap_or_default().into()
}

pub(super) fn role_in(role: i32) -> Result<Role, Error> {
    let named = p::Role::try_from(role).ok().map(|role| role.as_str_name().to_lowercase());
    let role = named.and_then(|name| name.parse().ok());
    role.ok_or_else(|| Error::invalid("role", "there is no such role"))
}

/// A role that comes with a new account, in force from now when it does not say.
fn grant_in(grant: &p::RoleGrant, now_ms: i64) -> Result<DatedGrant, Error> {
    if !grant.granted_by.is_empty() || grant.delegation_id.is_some() {
        return Err(Error::invalid("grants", "who grants and by which delegation is not chosen"));
    }
    let role = role_in(grant.role)?;
    let (study, site) = (grant.study_oid.clone(), grant.site_oid.clone());
    if study.is_none() && site.is_some() {
        return Err(Error::invalid("grants", "a site is named with its study"));
    }
    let from_ms = grant.from.map_or(now_ms, |from| from.as_millisecond());
    let until_ms = grant.until.map(|until| until.as_millisecond());
    if until_ms.is_some_and(|until_ms| until_ms <= from_ms) {
        return Err(Error::invalid("grants", "a role does not end before it begins"));
    }
    Ok(DatedGrant { grant: Grant { role, study, site }, from_ms, until_ms })
}

pub(super) fn grants_in(grants: &[p::RoleGrant], now_ms: i64) -> Result<Vec<DatedGrant>, Error> {
    grants.iter().map(|grant| grant_in(grant, now_ms)).collect()
}

pub(super) fn held_out(held: &Held) -> p::RoleGrant {
    p::RoleGrant {
        from: instant(held.dated.from_ms),
        until: held.dated.until_ms.and_then(instant),
        granted_by: held.by.clone(),
        delegation_id: held.delegation_id.clone(),
        ..grant_out(&held.dated.grant)
    }
}

/// A role in force.
pub(super) fn grant_out(grant: &Grant) -> p::RoleGrant {
    p::RoleGrant {
        role: role_out(grant.role),
        study_oid: grant.study.clone(),
        site_oid: grant.site.clone(),
        ..p::RoleGrant::default()
    }
}

pub(super) fn user_out(name: &str, user: &User, sight: Sight<'_>) -> p::User {
    let common = p::User {
        username: name.to_owned(),
        full_name: user.full_name.clone(),
        disabled: user.disabled,
        is_service_account: user.is_service,
        ..p::User::default()
    };
    match sight {
        Sight::Colleague(caller) => {
            let grants = user.grants.iter().filter(|held| is_shared(caller, held));
            p::User { grants: grants.map(held_out).collect(), ..common }
        }
        Sight::Whole => p::User {
            email: user.email.clone(),
            has_totp: user.has_totp(),
            grants: user.grants.iter().map(held_out).collect(),
            last_log_in_at: user.last_log_in_ms.and_then(instant),
            linked_providers: user.links.iter().map(|link| link.provider.clone()).collect(),
            ..common
        },
    }
}

/// Whether a role is in a study that the caller sees, and for the whole of it or at a site of his.
fn is_shared(caller: &Caller, held: &Held) -> bool {
    let Grant { study, site, .. } = &held.dated.grant;
    study.as_deref().is_some_and(|study| match site {
        None => caller.reaches(Act::ReadStudy, study),
        Some(site) => caller.sites(Act::ReadStudy, study).contains(site),
    })
}

pub(super) fn session_out(name: &str, session: &Session, current: Option<&str>) -> p::Session {
    let id = session.id();
    p::Session {
        is_current: current == Some(id.as_str()),
        session_id: id,
        username: name.to_owned(),
        opened_at: instant(session.opened_at_ms),
        last_used_at: instant(session.used_at_ms),
        ends_at: instant(session.ends_at_ms),
        method: session.method.clone(),
    }
}

impl Identity {
    /// All that may be shown of a user, to himself or to who manages users.
    pub(super) async fn shown_user(&self, name: &str) -> Result<p::User, Error> {
        let known = self.users.find(name).await?.ok_or_else(|| unknown(name))?;
        Ok(user_out(name, &known.user, Sight::Whole))
    }

    /// How much of a user a caller sees, if anything.
    pub(super) fn sight<'a>(caller: &'a Caller, name: &str, user: &User) -> Option<Sight<'a>> {
        let may = |act| caller.permit(act, Scope::system()).is_ok();
        if caller.user == name || may(Act::ManageUsers) || may(Act::AuthenticateCallers) {
            return Some(Sight::Whole);
        }
        let is_colleague = user.grants.iter().any(|held| is_shared(caller, held));
        is_colleague.then_some(Sight::Colleague(caller))
    }
}
