//! Calls about roles and delegation.

use super::{Answer, convert};
use crate::{
    DatedGrant, Identity,
    add_user::unknown,
    delegate::{Delegate, Line},
};
use contract::{Context, Error, Grant, identity::v1 as p, page};

pub(super) async fn grant(
    identity: &Identity,
    context: &Context,
    r: p::GrantRoleRequest,
) -> Answer<p::GrantRoleResponse> {
    let role = convert::role_in(r.role)?;
    let granted = DatedGrant {
        grant: Grant { role, study: r.study_oid, site: r.site_oid },
        from_ms: r.from.map_or_else(|| identity.now_ms(), |from| from.as_millisecond()),
        until_ms: r.until.map(|until| until.as_millisecond()),
    };
    let reason = r.reason.filter(|reason| !reason.trim().is_empty());
    identity.grant_with_reason(context, &r.username, granted, reason).await?;
    Ok(p::GrantRoleResponse { user: Some(seen(identity, context, &r.username).await?) })
}

pub(super) async fn revoke(
    identity: &Identity,
    context: &Context,
    r: p::RevokeGrantRequest,
) -> Answer<p::RevokeGrantResponse> {
    if r.reason.trim().is_empty() {
        return Err(Error::invalid("reason", "say why"));
    }
    let role = convert::role_in(r.role)?;
    let grant = Grant { role, study: r.study_oid, site: r.site_oid };
    let reason = Some(r.reason.trim().to_owned());
    identity.withdraw_with_reason(context, &r.username, &grant, reason).await?;
    Ok(p::RevokeGrantResponse { user: Some(seen(identity, context, &r.username).await?) })
}

/// The user as whoever changed his roles may see him.
async fn seen(identity: &Identity, context: &Context, name: &str) -> Answer<p::User> {
    let known = identity.users.find(name).await?.ok_or_else(|| unknown(name))?;
    let sight = Identity::sight(&context.caller, name, &known.user);
    let sight = sight.unwrap_or(convert::Sight::Colleague(&context.caller));
    Ok(convert::user_out(name, &known.user, sight))
}

pub(super) async fn delegate(
    identity: &Identity,
    context: &Context,
    r: p::DelegateRoleRequest,
) -> Answer<p::DelegateRoleResponse> {
    let wanted = Delegate {
        role: convert::role_in(r.role)?,
        study: r.study_oid,
        site: r.site_oid,
        name: r.username,
        tasks: r.tasks,
        from_ms: r.from.map(|from| from.as_millisecond()),
        until_ms: r.until.map(|until| until.as_millisecond()),
    };
    let line = identity.delegate(context, wanted).await?;
    Ok(p::DelegateRoleResponse { delegation: Some(line_out(&line)) })
}

pub(super) async fn end_delegation(
    identity: &Identity,
    context: &Context,
    r: p::EndDelegationRequest,
) -> Answer<p::EndDelegationResponse> {
    let place = (r.study_oid.as_str(), r.site_oid.as_str());
    let line = identity.end_delegation(context, place, &r.delegation_id, &r.reason).await?;
    Ok(p::EndDelegationResponse { delegation: Some(line_out(&line)) })
}

pub(super) async fn list_delegations(
    identity: &Identity,
    context: &Context,
    r: p::ListDelegationsRequest,
) -> Answer<p::ListDelegationsResponse> {
    let place = (r.study_oid.as_str(), r.site_oid.as_str());
    let size = convert::page_size(r.page_size)?;
    let after = page::after(r.page_token.as_ref())?;
    let (lines, next) = identity.delegations(context, place, after.as_deref(), size).await?;
    let delegations = lines.iter().map(line_out).collect();
    let next_page_token = next.as_deref().map(page::token);
    Ok(p::ListDelegationsResponse { delegations, next_page_token })
}

fn line_out(line: &Line) -> p::Delegation {
    let delegation = &line.delegation;
    let granted = &delegation.delegated.granted;
    let ended = delegation.ended.as_ref();
    p::Delegation {
        delegation_id: delegation.delegated.delegation_id.clone(),
        study_oid: granted.grant.study.clone().unwrap_or_default(),
        site_oid: granted.grant.site.clone().unwrap_or_default(),
        username: line.name.clone(),
        full_name: line.full_name.clone(),
        role: convert::role_out(granted.grant.role),
        tasks: delegation.delegated.tasks.clone(),
        from: convert::instant(granted.from_ms),
        until: granted.until_ms.and_then(convert::instant),
        delegated_by: delegation.by.clone(),
        delegated_at: convert::instant(delegation.at_ms),
        ended_by: ended.map(|ended| ended.by.clone()),
        end_reason: ended.map(|ended| ended.reason.clone()),
    }
}
