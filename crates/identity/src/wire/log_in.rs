//! Calls for logging in and out.

use super::{Answer, convert};
use crate::{
    Identity, OpenSession,
    authenticate::{Second, refused},
    oidc::Finished,
    user::Session,
};
use contract::{Context, Error, identity::v1 as p};

pub(super) async fn log_in(identity: &Identity, r: p::LogInRequest) -> Answer<p::LogInResponse> {
    let code = r.code.as_deref().filter(|code| !code.trim().is_empty());
    let open = identity.log_in(&r.username, r.password.into(), code).await?;
    opened(identity, &r.username, &open).await
}

async fn opened(identity: &Identity, name: &str, open: &OpenSession) -> Answer<p::LogInResponse> {
    let known = identity.users.find(name).await?.ok_or_else(refused)?;
    let session = known.user.session(&open.token.sha256()).ok_or_else(refused)?;
    let session = convert::session_out(name, session, Some(&session.id()));
    Ok(p::LogInResponse {
        token: open.token.secret().to_owned(),
        session: Some(session),
        user: Some(convert::user_out(name, &known.user, convert::Sight::Whole)),
    })
}

pub(super) async fn log_out(identity: &Identity, context: &Context) -> Answer<p::LogOutResponse> {
    let Some(session) = &context.caller.session else {
        return Err(Error::refused("SESSION_NEEDED", "this call is not made in a session"));
    };
    identity.revoke_session(context, &context.caller.user, session).await?;
    Ok(p::LogOutResponse {})
}

pub(super) async fn sessions(
    identity: &Identity,
    context: &Context,
    username: Option<String>,
) -> Answer<p::ListSessionsResponse> {
    let owner = convert::owner(context, username);
    let sessions = identity.sessions(context, &owner).await?;
    let current = context.caller.session.as_deref();
    let shown = |session: &Session| convert::session_out(&owner, session, current);
    Ok(p::ListSessionsResponse { sessions: sessions.iter().map(shown).collect() })
}

pub(super) async fn change_password(
    identity: &Identity,
    context: &Context,
    r: p::ChangePasswordRequest,
) -> Answer<p::ChangePasswordResponse> {
    let (name, _) = identity.in_person(context)?;
    if context.caller.session.is_none() {
        // Outside a session nothing has proven a second factor.
        let old = r.old_password.clone().into();
        identity.prove(&name, old, Second::Code(None)).await?;
    }
    identity.change_password(&name, r.old_password.into(), r.new_password.into()).await?;
    Ok(p::ChangePasswordResponse {})
}

pub(super) fn providers(identity: &Identity) -> p::ListOidcProvidersResponse {
    let providers = identity.settings.oidc_providers.iter();
    let providers = providers.map(|one| p::OidcProvider {
        provider_id: one.id.clone(),
        display_name: one.display_name.clone(),
    });
    p::ListOidcProvidersResponse { providers: providers.collect() }
}

pub(super) async fn start_oidc(
    identity: &Identity,
    provider: &str,
) -> Answer<p::StartOidcLogInResponse> {
    let started = identity.start_oidc_log_in(provider).await?;
    Ok(p::StartOidcLogInResponse {
        authorization_url: started.authorization_url,
        flow_secret: started.flow_secret,
        expires_at: convert::instant(started.expires_at_ms),
    })
}

pub(super) async fn start_link(
    identity: &Identity,
    context: &Context,
    provider: &str,
) -> Answer<p::StartOidcLinkResponse> {
    let started = identity.start_oidc_link(context, provider).await?;
    Ok(p::StartOidcLinkResponse {
        authorization_url: started.authorization_url,
        flow_secret: started.flow_secret,
        expires_at: convert::instant(started.expires_at_ms),
    })
}

pub(super) async fn finish_oidc(
    identity: &Identity,
    r: p::FinishOidcRequest,
) -> Answer<p::FinishOidcResponse> {
    match identity.finish_oidc(&r.state, &r.code, &r.flow_secret).await? {
        Finished::Linked => Ok(p::FinishOidcResponse { log_in: None, linked: true }),
        Finished::LoggedIn { name, session } => {
            let log_in = Some(opened(identity, &name, &session).await?);
            Ok(p::FinishOidcResponse { log_in, linked: false })
        }
    }
}
