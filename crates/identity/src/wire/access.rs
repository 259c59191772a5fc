//! Calls about signatures, and of doors and services.

use super::{Answer, convert};
use crate::{
    Identity,
    access::Decision,
    sign::{Shown, Signing},
    users::Author,
};
use contract::{
    Act, Authentication, Authenticator as _, Context, Credentials, Error, Scope, identity::v1 as p,
};

pub(super) async fn authorize_signature(
    identity: &Identity,
    context: &Context,
    r: p::AuthorizeSignatureRequest,
) -> Answer<p::AuthorizeSignatureResponse> {
    let signing = Signing {
        content_sha256: &r.content_sha256,
        meaning: &r.meaning,
        password: r.password.into(),
        username: r.username.as_deref(),
        code: r.code.as_deref(),
    };
    let authorized = identity.authorize_signature(context, signing).await?;
    Ok(p::AuthorizeSignatureResponse {
        ticket: authorized.token.secret().to_owned(),
        expires_at: convert::instant(authorized.expires_at_ms),
        printed_name: authorized.printed_name,
    })
}

pub(super) async fn redeem_signature(
    identity: &Identity,
    context: &Context,
    r: p::RedeemSignatureRequest,
) -> Answer<p::RedeemSignatureResponse> {
    let permit = context.caller.permit(Act::AuthenticateCallers, Scope::system())?;
    let author = Author::permitted(&permit, context, identity.now_ms());
    let shown = Shown {
        ticket: &r.ticket,
        content_sha256: &r.content_sha256,
        username: &r.username,
        signing_id: &r.signing_id,
    };
    let signed = identity.redeem_signature(&author, shown).await?;
    Ok(p::RedeemSignatureResponse {
        signer: r.username,
        printed_name: signed.printed_name,
        meaning: signed.meaning,
        authorized_at: convert::instant(signed.authorized_at_ms),
    })
}

pub(super) async fn authenticate(
    identity: &Identity,
    context: &Context,
    r: p::AuthenticateTokenRequest,
) -> Answer<p::AuthenticateTokenResponse> {
    context.caller.permit(Act::AuthenticateCallers, Scope::system())?;
    let credentials = match (r.token, r.username, r.password) {
        (Some(token), None, None) => Credentials::Token(token),
        (None, Some(user), Some(password)) => Credentials::Password { user, password },
        _ => return Err(Error::invalid("token", "either a token, or a name and a password")),
    };
    let caller = identity.authenticate(credentials).await?;
    let authentication = match caller.authentication {
        Authentication::Password => "password",
        _ => "token",
    };
    let acts = caller.acts.iter().flatten().map(|act| act.name().to_owned());
    Ok(p::AuthenticateTokenResponse {
        limited_to_acts: acts.collect(),
        is_limited: caller.acts.is_some(),
        username: caller.user,
        authentication: authentication.to_owned(),
        session_id: caller.session,
        key_id: caller.key,
        grants: caller.grants.iter().map(convert::grant_out).collect(),
    })
}

pub(super) async fn record(
    identity: &Identity,
    context: &Context,
    r: p::RecordAccessRequest,
) -> Answer<p::RecordAccessResponse> {
    context.caller.permit(Act::AuthenticateCallers, Scope::system())?;
    let act = r.act.parse::<Act>()?.name().to_owned();
    let (username, study, site) = (r.username, r.study_oid, r.site_oid);
    let decision = match p::AccessDecision::try_from(r.decision) {
        Ok(p::AccessDecision::Refused) => {
            Decision::PermissionRefused { username, act, study, site }
        }
        Ok(p::AccessDecision::SensitiveRead) => {
            Decision::SensitiveRead { username, act, study, site, what: r.what }
        }
        _ => return Err(Error::invalid("decision", "there is no such decision")),
    };
    identity.note(decision).await;
    Ok(p::RecordAccessResponse {})
}
