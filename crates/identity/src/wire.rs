//! The contract of the service, carried out: messages in, domain calls, messages out.
//!
//! One file for each kind of thing. What a message can say wrongly is refused with its field.

mod access;
mod access_log;
mod api_use;
mod convert;
mod keys;
mod log_in;
mod roles;
mod users;

use crate::{Identity, review::Pieces};
use contract::{Context, Error, identity::v1 as p};

type Answer<T> = Result<T, Error>;

#[async_trait::async_trait]
impl p::Identity for Identity {
    async fn register_user(
        &self,
        _: &Context,
        r: p::RegisterUserRequest,
    ) -> Answer<p::RegisterUserResponse> {
        users::register(self, r).await
    }

    async fn invite_user(
        &self,
        c: &Context,
        r: p::InviteUserRequest,
    ) -> Answer<p::InviteUserResponse> {
        users::invite(self, c, r).await
    }

    async fn accept_invitation(
        &self,
        _: &Context,
        r: p::AcceptInvitationRequest,
    ) -> Answer<p::AcceptInvitationResponse> {
        users::accept(self, r).await
    }

    async fn get_user(&self, c: &Context, r: p::GetUserRequest) -> Answer<p::GetUserResponse> {
        users::get(self, c, &r.username).await
    }

    async fn list_users(
        &self,
        c: &Context,
        r: p::ListUsersRequest,
    ) -> Answer<p::ListUsersResponse> {
        users::list(self, c, r).await
    }

    async fn disable_user(
        &self,
        c: &Context,
        r: p::DisableUserRequest,
    ) -> Answer<p::DisableUserResponse> {
        let user = users::set_disabled(self, c, &r.username, &r.reason, true).await?;
        Ok(p::DisableUserResponse { user: Some(user) })
    }

    async fn enable_user(
        &self,
        c: &Context,
        r: p::EnableUserRequest,
    ) -> Answer<p::EnableUserResponse> {
        let user = users::set_disabled(self, c, &r.username, &r.reason, false).await?;
        Ok(p::EnableUserResponse { user: Some(user) })
    }

    async fn get_caller(
        &self,
        c: &Context,
        _: p::GetCallerRequest,
    ) -> Answer<p::GetCallerResponse> {
        users::caller(self, c).await
    }

    async fn log_in(&self, _: &Context, r: p::LogInRequest) -> Answer<p::LogInResponse> {
        log_in::log_in(self, r).await
    }

    async fn log_out(&self, c: &Context, _: p::LogOutRequest) -> Answer<p::LogOutResponse> {
        log_in::log_out(self, c).await
    }

    async fn list_sessions(
        &self,
        c: &Context,
        r: p::ListSessionsRequest,
    ) -> Answer<p::ListSessionsResponse> {
        log_in::sessions(self, c, r.username).await
    }

    async fn revoke_session(
        &self,
        c: &Context,
        r: p::RevokeSessionRequest,
    ) -> Answer<p::RevokeSessionResponse> {
        self.revoke_session(c, &convert::owner(c, r.username), &r.session_id).await?;
        Ok(p::RevokeSessionResponse {})
    }

    async fn revoke_all_sessions(
        &self,
        c: &Context,
        r: p::RevokeAllSessionsRequest,
    ) -> Answer<p::RevokeAllSessionsResponse> {
        let owner = convert::owner(c, r.username);
        let except = c.caller.session.as_deref().filter(|_| r.keep_current);
        let ended = self.revoke_all_sessions(c, &owner, except).await?;
        Ok(p::RevokeAllSessionsResponse { ended })
    }

    async fn change_password(
        &self,
        c: &Context,
        r: p::ChangePasswordRequest,
    ) -> Answer<p::ChangePasswordResponse> {
        log_in::change_password(self, c, r).await
    }

    async fn request_password_reset(
        &self,
        _: &Context,
        r: p::RequestPasswordResetRequest,
    ) -> Answer<p::RequestPasswordResetResponse> {
        self.request_password_reset(r.username);
        Ok(p::RequestPasswordResetResponse {})
    }

    async fn reset_password(
        &self,
        _: &Context,
        r: p::ResetPasswordRequest,
    ) -> Answer<p::ResetPasswordResponse> {
        self.reset_with_token(&r.token, r.new_password.into()).await?;
        Ok(p::ResetPasswordResponse {})
    }

    async fn enrol_totp(
        &self,
        c: &Context,
        r: p::EnrolTotpRequest,
    ) -> Answer<p::EnrolTotpResponse> {
        let enrolment = self.enrol_totp(c, r.password.into()).await?;
        Ok(p::EnrolTotpResponse { secret: enrolment.secret, otpauth_uri: enrolment.uri })
    }

    async fn confirm_totp(
        &self,
        c: &Context,
        r: p::ConfirmTotpRequest,
    ) -> Answer<p::ConfirmTotpResponse> {
        let recovery_codes = self.confirm_totp(c, &r.code).await?;
        Ok(p::ConfirmTotpResponse { recovery_codes })
    }

    async fn disable_totp(
        &self,
        c: &Context,
        r: p::DisableTotpRequest,
    ) -> Answer<p::DisableTotpResponse> {
        self.disable_totp(c, r.password.into(), &r.code).await?;
        Ok(p::DisableTotpResponse {})
    }

    async fn renew_recovery_codes(
        &self,
        c: &Context,
        r: p::RenewRecoveryCodesRequest,
    ) -> Answer<p::RenewRecoveryCodesResponse> {
        let recovery_codes = self.renew_recovery_codes(c, r.password.into(), &r.code).await?;
        Ok(p::RenewRecoveryCodesResponse { recovery_codes })
    }

    async fn list_oidc_providers(
        &self,
        _: &Context,
        _: p::ListOidcProvidersRequest,
    ) -> Answer<p::ListOidcProvidersResponse> {
        Ok(log_in::providers(self))
    }

    async fn start_oidc_log_in(
        &self,
        _: &Context,
        r: p::StartOidcLogInRequest,
    ) -> Answer<p::StartOidcLogInResponse> {
        log_in::start_oidc(self, &r.provider_id).await
    }

    async fn start_oidc_link(
        &self,
        c: &Context,
        r: p::StartOidcLinkRequest,
    ) -> Answer<p::StartOidcLinkResponse> {
        log_in::start_link(self, c, &r.provider_id).await
    }

    async fn finish_oidc(
        &self,
        _: &Context,
        r: p::FinishOidcRequest,
    ) -> Answer<p::FinishOidcResponse> {
        log_in::finish_oidc(self, r).await
    }

    async fn unlink_oidc(
        &self,
        c: &Context,
        r: p::UnlinkOidcRequest,
    ) -> Answer<p::UnlinkOidcResponse> {
        self.unlink_oidc(c, &r.provider_id).await?;
        Ok(p::UnlinkOidcResponse {})
    }

    async fn create_service_account(
        &self,
        c: &Context,
        r: p::CreateServiceAccountRequest,
    ) -> Answer<p::CreateServiceAccountResponse> {
        keys::create_service_account(self, c, r).await
    }

    async fn rotate_client_secret(
        &self,
        c: &Context,
        r: p::RotateClientSecretRequest,
    ) -> Answer<p::RotateClientSecretResponse> {
        let overlap_ms = convert::overlap_ms(r.overlap_seconds);
        let secret = self.rotate_client_secret(c, &r.username, overlap_ms).await?;
        Ok(p::RotateClientSecretResponse { client_secret: secret.secret().to_owned() })
    }

    async fn issue_token(
        &self,
        _: &Context,
        r: p::IssueTokenRequest,
    ) -> Answer<p::IssueTokenResponse> {
        keys::issue_token(self, r).await
    }

    async fn create_api_key(
        &self,
        c: &Context,
        r: p::CreateApiKeyRequest,
    ) -> Answer<p::CreateApiKeyResponse> {
        keys::create(self, c, r).await
    }

    async fn list_api_keys(
        &self,
        c: &Context,
        r: p::ListApiKeysRequest,
    ) -> Answer<p::ListApiKeysResponse> {
        keys::list(self, c, r.username).await
    }

    async fn rotate_api_key(
        &self,
        c: &Context,
        r: p::RotateApiKeyRequest,
    ) -> Answer<p::RotateApiKeyResponse> {
        keys::rotate(self, c, r).await
    }

    async fn revoke_api_key(
        &self,
        c: &Context,
        r: p::RevokeApiKeyRequest,
    ) -> Answer<p::RevokeApiKeyResponse> {
        self.revoke_api_key(c, &convert::owner(c, r.username), &r.key_id).await?;
        Ok(p::RevokeApiKeyResponse {})
    }

    async fn grant_role(
        &self,
        c: &Context,
        r: p::GrantRoleRequest,
    ) -> Answer<p::GrantRoleResponse> {
        roles::grant(self, c, r).await
    }

    async fn revoke_grant(
        &self,
        c: &Context,
        r: p::RevokeGrantRequest,
    ) -> Answer<p::RevokeGrantResponse> {
        roles::revoke(self, c, r).await
    }

    async fn delegate_role(
        &self,
        c: &Context,
        r: p::DelegateRoleRequest,
    ) -> Answer<p::DelegateRoleResponse> {
        roles::delegate(self, c, r).await
    }

    async fn end_delegation(
        &self,
        c: &Context,
        r: p::EndDelegationRequest,
    ) -> Answer<p::EndDelegationResponse> {
        roles::end_delegation(self, c, r).await
    }

    async fn list_delegations(
        &self,
        c: &Context,
        r: p::ListDelegationsRequest,
    ) -> Answer<p::ListDelegationsResponse> {
        roles::list_delegations(self, c, r).await
    }

    async fn export_delegation_log(
        &self,
        c: &Context,
        r: p::ExportDelegationLogRequest,
    ) -> Answer<Pieces> {
        self.delegation_log(c, r.study_oid, r.site_oid)
    }

    async fn export_access_review(
        &self,
        c: &Context,
        r: p::ExportAccessReviewRequest,
    ) -> Answer<Pieces> {
        self.access_review(c, r.study_oid)
    }

    async fn authorize_signature(
        &self,
        c: &Context,
        r: p::AuthorizeSignatureRequest,
    ) -> Answer<p::AuthorizeSignatureResponse> {
        access::authorize_signature(self, c, r).await
    }

    async fn redeem_signature(
        &self,
        c: &Context,
        r: p::RedeemSignatureRequest,
    ) -> Answer<p::RedeemSignatureResponse> {
        access::redeem_signature(self, c, r).await
    }

    async fn authenticate_token(
        &self,
        c: &Context,
        r: p::AuthenticateTokenRequest,
    ) -> Answer<p::AuthenticateTokenResponse> {
        access::authenticate(self, c, r).await
    }

    async fn record_access(
        &self,
        c: &Context,
        r: p::RecordAccessRequest,
    ) -> Answer<p::RecordAccessResponse> {
        access::record(self, c, r).await
    }

    async fn record_api_use(
        &self,
        c: &Context,
        r: p::RecordApiUseRequest,
    ) -> Answer<p::RecordApiUseResponse> {
        api_use::record(self, c, r).await
    }

    async fn list_api_use(
        &self,
        c: &Context,
        r: p::ListApiUseRequest,
    ) -> Answer<p::ListApiUseResponse> {
        api_use::list(self, c, r).await
    }

    async fn list_access(
        &self,
        c: &Context,
        r: p::ListAccessRequest,
    ) -> Answer<p::ListAccessResponse> {
        access_log::decisions(self, c, r).await
    }

    async fn list_user_entries(
        &self,
        c: &Context,
        r: p::ListUserEntriesRequest,
    ) -> Answer<p::ListUserEntriesResponse> {
        access_log::entries(self, c, r).await
    }
}
