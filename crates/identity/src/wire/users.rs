//! Calls about users.

use super::{Answer, convert};
use crate::{
    Identity,
    add_user::unknown,
    invite::{Invite, Register},
};
use contract::{Act, Authentication, Context, Error, Scope, identity::v1 as p, page};

pub(super) async fn register(
    identity: &Identity,
    r: p::RegisterUserRequest,
) -> Answer<p::RegisterUserResponse> {
    let full_name = r.full_name.filter(|name| !name.trim().is_empty());
    let register = Register {
        full_name: full_name.unwrap_or_else(|| r.username.clone()),
        name: r.username.clone(),
        email: r.email,
        password: r.password.into(),
    };
    identity.register(register).await?;
    Ok(p::RegisterUserResponse { user: Some(identity.shown_user(&r.username).await?) })
}

pub(super) async fn invite(
    identity: &Identity,
    context: &Context,
    r: p::InviteUserRequest,
) -> Answer<p::InviteUserResponse> {
    let grants = convert::grants_in(&r.grants, identity.now_ms())?;
    let (name, full_name) = (r.username.clone(), r.full_name);
    let invite = Invite { name, full_name, email: r.email, grants };
    let expires_at_ms = identity.invite(context, invite).await?;
    let user = Some(identity.shown_user(&r.username).await?);
    Ok(p::InviteUserResponse { user, expires_at: convert::instant(expires_at_ms) })
}

pub(super) async fn accept(
    identity: &Identity,
    r: p::AcceptInvitationRequest,
) -> Answer<p::AcceptInvitationResponse> {
    let name = identity.accept_invitation(&r.token, r.password.into()).await?;
    Ok(p::AcceptInvitationResponse { user: Some(identity.shown_user(&name).await?) })
}

pub(super) async fn get(
    identity: &Identity,
    context: &Context,
    name: &str,
) -> Answer<p::GetUserResponse> {
    let known = identity.users.find(name).await?.ok_or_else(|| unknown(name))?;
    let sight = Identity::sight(&context.caller, name, &known.user);
    let sight = sight.ok_or_else(|| unknown(name))?;
    Ok(p::GetUserResponse { user: Some(convert::user_out(name, &known.user, sight)) })
}

pub(super) async fn list(
    identity: &Identity,
    context: &Context,
    r: p::ListUsersRequest,
) -> Answer<p::ListUsersResponse> {
    let scope = r.study_oid.as_ref().map_or_else(Scope::system, Scope::study_wide);
    context.caller.permit(Act::ManageUsers, scope)?;
    let size = convert::page_size(r.page_size)?;
    let after = page::after(r.page_token.as_ref())?;
    let found = identity.user_rows(after.as_deref(), size).await?;
    let mut users = Vec::with_capacity(found.users.len());
    for summary in found.users {
        let Some(known) = identity.users.find(&summary.name).await? else { continue };
        let mut grants = summary.grants.iter();
        let sight = match &r.study_oid {
            None => convert::Sight::Whole,
            Some(study) if grants.any(|dated| dated.grant.study.as_ref() == Some(study)) => {
                convert::Sight::Colleague(&context.caller)
            }
            Some(_) => continue,
        };
        users.push(convert::user_out(&summary.name, &known.user, sight));
    }
    Ok(p::ListUsersResponse { users, next_page_token: found.next.as_deref().map(page::token) })
}

pub(super) async fn set_disabled(
    identity: &Identity,
    context: &Context,
    name: &str,
    reason: &str,
    disabled: bool,
) -> Answer<p::User> {
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "say why"));
    }
    let reason = Some(reason.trim().to_owned());
    identity.set_disabled(context, name, disabled, reason).await?;
    identity.shown_user(name).await
}

pub(super) async fn caller(identity: &Identity, context: &Context) -> Answer<p::GetCallerResponse> {
    let caller = &context.caller;
    let known = identity.users.find(&caller.user).await?;
    let user = match &known {
        Some(known) => convert::user_out(&caller.user, &known.user, convert::Sight::Whole),
        None => p::User { username: caller.user.clone(), ..p::User::default() },
    };
    let grants = match &known {
        // With dates and givers, as far as the caller has them with this token.
        Some(known) => {
            let now_ms = identity.now_ms();
            let held = known.user.grants.iter().filter(|held| held.dated.is_in_force(now_ms));
            let held = held.filter(|held| caller.grants.contains(&held.dated.grant));
            held.map(convert::held_out).collect()
        }
        None => caller.grants.iter().map(convert::grant_out).collect(),
    };
    let authentication = match caller.authentication {
        Authentication::Password => "password",
        Authentication::Token => "token",
        Authentication::System => "system",
        Authentication::Nobody => "nobody",
    };
    let acts = caller.acts.iter().flatten().map(|act| act.name().to_owned());
    Ok(p::GetCallerResponse {
        user: Some(p::User { grants, ..user }),
        on_behalf_of: caller.on_behalf_of.clone(),
        authentication: authentication.to_owned(),
        session_id: caller.session.clone(),
        limited_to_acts: acts.collect(),
    })
}
