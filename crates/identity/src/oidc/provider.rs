//! An OpenID provider: its settings, its metadata, and what it says about somebody.

use super::http::{Http, HttpError};
use openidconnect::{
    AsyncHttpClient, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
    core::{CoreClient, CoreProviderMetadata, CoreResponseType},
};
use std::{fmt, pin::Pin, sync::Arc};

/// A provider as the operator sets it up.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcProvider {
    /// How it is called here: `a-z`, `0-9` and hyphen.
    pub id: String,
    /// How it is shown.
    pub display_name: String,
    /// Where its metadata are, less `/.well-known/openid-configuration`.
    pub issuer: String,
    pub client_id: String,
    /// Never printed.
    pub client_secret: Option<String>,
}

/// Why a provider did not say who somebody is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the provider does not answer as it should: {0}")]
    Away(String),
    #[error("the provider's answer was not accepted: {0}")]
    Refused(String),
}

/// Who somebody is there.
pub(crate) struct Somebody {
    pub issuer: String,
    pub subject: String,
}

type Discovered = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Asks as the library wants to ask.
pub(crate) struct Asker(pub Arc<dyn Http>);

/// A provider whose metadata were read.
pub(crate) struct Client(Discovered);

impl Client {
    pub(crate) async fn discover(
        provider: &OidcProvider,
        http: &Asker,
        redirect: String,
    ) -> Result<Self, Failure> {
        let away = |error: &dyn std::error::Error| Failure::Away(told(error));
        let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|error| away(&error))?;
        let metadata = CoreProviderMetadata::discover_async(issuer, http).await;
        let metadata = metadata.map_err(|error| away(&error))?;
        let redirect = RedirectUrl::new(redirect).map_err(|error| away(&error))?;
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(provider.client_id.clone()),
            provider.client_secret.clone().map(ClientSecret::new),
        );
        Ok(Self(client.set_redirect_uri(redirect)))
    }

    /// Where the browser is sent.
    pub(crate) fn authorization_url(&self, state: &str, nonce: &str, verifier: &str) -> String {
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        let (state, nonce) = (state.to_owned(), nonce.to_owned());
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let request = self.0.authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce));
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let request = request.add_scope(Scope::new("profile".to_owned()));
        request.set_pkce_challenge(challenge).url().0.to_string()
    }

    /// Exchanges a code for an identity token and checks it: signature, issuer, audience, times and
    /// nonce.
    pub(crate) async fn exchange(
        &self,
        http: &Asker,
        code: AuthorizationCode,
        verifier: PkceCodeVerifier,
        nonce: &Nonce,
        now_ms: i64,
    ) -> Result<Somebody, Failure> {
        let refused = |error: &dyn std::error::Error| Failure::Refused(told(error));
        let request = self.0.exchange_code(code).map_err(|error| refused(&error))?;
        let answer = request.set_pkce_verifier(verifier).request_async(http).await;
        let answer = answer.map_err(|error| refused(&error))?;
        let token = answer.id_token();
        let token = token.ok_or_else(|| Failure::Refused("no identity token".to_owned()))?;
        let now = move || {
            chrono::DateTime::from_timestamp_millis(now_ms).unwrap_or(chrono::DateTime::UNIX_EPOCH)
        };
        let checks = self.0.id_token_verifier().set_time_fn(now);
        let claims = token.claims(&checks, nonce).map_err(|error| refused(&error))?;
        Ok(Somebody { issuer: claims.issuer().to_string(), subject: claims.subject().to_string() })
    }
}

impl<'c> AsyncHttpClient<'c> for Asker {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.0.send(request)
    }
}

/// The error and what caused it. What a provider sent is not among it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl fmt::Debug for OidcProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcProvider")
            .field("id", &self.id)
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
