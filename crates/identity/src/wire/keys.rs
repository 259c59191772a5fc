//! Calls about programs.

use super::{Answer, convert};
use crate::{
    Identity,
    key::{ApiKey, NewKey},
    limit::Limit,
    service_account::NewService,
};
use contract::{Context, Error, identity::v1 as p};

pub(super) async fn create_service_account(
    identity: &Identity,
    context: &Context,
    r: p::CreateServiceAccountRequest,
) -> Answer<p::CreateServiceAccountResponse> {
    let grants = convert::grants_in(&r.grants, identity.now_ms())?;
    let new = NewService { name: r.username.clone(), full_name: r.full_name, grants };
    let secret = identity.create_service_account(context, new).await?;
    let user = Some(identity.shown_user(&r.username).await?);
    Ok(p::CreateServiceAccountResponse { user, client_secret: secret.secret().to_owned() })
}

pub(super) async fn issue_token(
    identity: &Identity,
    r: p::IssueTokenRequest,
) -> Answer<p::IssueTokenResponse> {
    if r.grant_type != "client_credentials" {
        return Err(Error::invalid("grantType", "only client_credentials is offered"));
    }
    let scope = r.scope.as_deref();
    let (open, limit) = identity.issue_token(&r.client_id, &r.client_secret, scope).await?;
    let seconds = identity.settings.access_token_lasts_ms / 1000;
    Ok(p::IssueTokenResponse {
        access_token: open.token.secret().to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: i32::try_from(seconds).unwrap_or(i32::MAX),
        scope: limit.to_scope(),
    })
}

pub(super) async fn create(
    identity: &Identity,
    context: &Context,
    r: p::CreateApiKeyRequest,
) -> Answer<p::CreateApiKeyResponse> {
    let owner = convert::owner(context, r.username);
    let new = NewKey {
        label: r.label,
        limit: Limit::new(&r.acts, &r.study_oids)?,
        expires_at_ms: r.expires_at.map(|at| at.as_millisecond()),
        for_redcap: r.for_redcap,
    };
    let (key, token) = identity.create_api_key(context, &owner, new).await?;
    let api_key = Some(key_out(&owner, &key));
    Ok(p::CreateApiKeyResponse { api_key, key: token.secret().to_owned() })
}

pub(super) async fn list(
    identity: &Identity,
    context: &Context,
    username: Option<String>,
) -> Answer<p::ListApiKeysResponse> {
    let owner = convert::owner(context, username);
    let keys = identity.api_keys(context, &owner).await?;
    Ok(p::ListApiKeysResponse { api_keys: keys.iter().map(|key| key_out(&owner, key)).collect() })
}

pub(super) async fn rotate(
    identity: &Identity,
    context: &Context,
    r: p::RotateApiKeyRequest,
) -> Answer<p::RotateApiKeyResponse> {
    let owner = convert::owner(context, r.username);
    let overlap_ms = convert::overlap_ms(r.overlap_seconds);
    let (key, token) = identity.rotate_api_key(context, &owner, &r.key_id, overlap_ms).await?;
    let api_key = Some(key_out(&owner, &key));
    Ok(p::RotateApiKeyResponse { api_key, key: token.secret().to_owned() })
}

fn key_out(owner: &str, key: &ApiKey) -> p::ApiKey {
    p::ApiKey {
        key_id: key.key_id.clone(),
        label: key.label.clone(),
        username: owner.to_owned(),
        acts: key.limit.acts.iter().map(|act| act.name().to_owned()).collect(),
        study_oids: key.limit.studies.iter().cloned().collect(),
        created_at: convert::instant(key.created_at_ms),
        expires_at: convert::instant(key.expires_at_ms),
        last_used_at: key.last_used_at_ms.and_then(convert::instant),
        replaced_by: key.replaced_by.clone(),
    }
}
