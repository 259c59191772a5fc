//! Log-in with an OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect
//! Core 1.0 §3.1, RFC 7636, RFC 9700). Protocol and tokens are checked by `openidconnect`.

mod flow;
mod http;
mod provider;

pub(crate) use flow::Flows;
pub use http::{Http, HttpError, NoHttp};
pub use provider::OidcProvider;

use crate::{
    Identity, OpenSession,
    authenticate::refused,
    event::{Link, UserEvent},
    limit::Limit,
    rows::{LINK, link_key},
    token::{TokenKind, hex},
    user::same,
    users::Author,
};
use contract::{Context, Error};
use flow::{Flow, Purpose};
use journal::Hash;
use openidconnect::{AuthorizationCode, Nonce, PkceCodeVerifier};
use std::sync::Arc;

/// How long somebody may take at the provider.
const FLOW_LASTS_MS: i64 = 10 * 60 * 1000;

/// Where to send the browser, and what the client keeps.
pub(crate) struct Started {
    pub authorization_url: String,
    pub flow_secret: String,
    pub expires_at_ms: i64,
}

/// What came of a flow.
pub(crate) enum Finished {
    LoggedIn { name: String, session: OpenSession },
    Linked,
}

impl Identity {
    /// Begins a log-in. Refuses with `PROVIDER_UNKNOWN`.
    pub(crate) async fn start_oidc_log_in(&self, provider: &str) -> Result<Started, Error> {
        self.start_oidc(provider, Purpose::LogIn).await
    }

    /// Begins to link the caller's account.
    pub(crate) async fn start_oidc_link(
        &self,
        context: &Context,
        provider: &str,
    ) -> Result<Started, Error> {
        let (name, _) = self.in_person(context)?;
        self.start_oidc(provider, Purpose::Link { name }).await
    }

    async fn start_oidc(&self, provider: &str, purpose: Purpose) -> Result<Started, Error> {
        let provider = self.provider(provider)?;
        let client = self.client(provider).await?;
        let secrets = [(); 4].map(|()| hex(&self.random_bytes::<32>()));
        let [state, nonce, verifier, flow_secret] = secrets;
        let authorization_url = client.authorization_url(&state, &nonce, &verifier);
        let expires_at_ms = self.now_ms() + FLOW_LASTS_MS;
        let flow = Flow {
            provider: provider.id.clone(),
            purpose,
            nonce,
            verifier,
            secret_sha256: Hash::of(flow_secret.as_bytes()).to_string(),
            expires_at_ms,
        };
        self.flows.begin(&state, flow);
        Ok(Started { authorization_url, flow_secret, expires_at_ms })
    }

    /// Exchanges the code, checks the identity token, and logs in or links. A state is good once.
    pub(crate) async fn finish_oidc(
        &self,
        state: &str,
        code: &str,
        flow_secret: &str,
    ) -> Result<Finished, Error> {
        let flow = self.flows.take(state).ok_or_else(refused)?;
        let is_his = same(&flow.secret_sha256, &Hash::of(flow_secret.as_bytes()).to_string());
        if !is_his || self.now_ms() >= flow.expires_at_ms {
            return Err(refused());
        }
        let provider = self.provider(&flow.provider)?;
        let client = self.client(provider).await?;
        let now_ms = self.now_ms();
        let somebody = client
            .exchange(
                &provider::Asker(Arc::clone(&self.http)),
                AuthorizationCode::new(code.to_owned()),
                PkceCodeVerifier::new(flow.verifier),
                &Nonce::new(flow.nonce),
                now_ms,
            )
            .await
            .map_err(|error| provider_failed(&error))?;
        let link =
            Link { provider: flow.provider, issuer: somebody.issuer, subject: somebody.subject };
        match flow.purpose {
            Purpose::LogIn => self.log_in_linked(&link).await,
            Purpose::Link { name } => self.link(&name, link).await,
        }
    }

    async fn log_in_linked(&self, link: &Link) -> Result<Finished, Error> {
        let key = link_key(&link.issuer, &link.subject);
        let name = self.users.pointed_to(LINK, &key).await?.ok_or_else(not_linked)?;
        let method = format!("oidc:{}", link.provider);
        let also = vec![UserEvent::LogInSucceeded];
        let kind = TokenKind::Session;
        let session = self.open(&name, &method, kind, Limit::default(), also).await?;
        Ok(Finished::LoggedIn { name, session })
    }

    async fn link(&self, name: &str, link: Link) -> Result<Finished, Error> {
        let author = Author::oneself(name, self.now_ms());
        let linked = UserEvent::OidcLinked(link.clone());
        self.users
            .change(name, &author, |user| {
                let user = user.filter(|user| !user.disabled).ok_or_else(refused)?;
                let is_so = user.links.contains(&link);
                Ok(if is_so { Vec::new() } else { vec![linked.clone()] })
            })
            .await?;
        Ok(Finished::Linked)
    }

    /// Takes the caller's link with a provider away. Refuses with `PROVIDER_UNKNOWN`.
    pub(crate) async fn unlink_oidc(&self, context: &Context, id: &str) -> Result<(), Error> {
        let (name, author) = self.in_person(context)?;
        let unlinked = UserEvent::OidcUnlinked { provider: id.to_owned() };
        self.users
            .change(&name, &author, |user| {
                let mut links = user.into_iter().flat_map(|user| &user.links);
                if links.any(|link| link.provider == id) {
                    Ok(vec![unlinked.clone()])
                } else {
                    Err(provider_unknown())
                }
            })
            .await
    }

    fn provider(&self, id: &str) -> Result<&OidcProvider, Error> {
        let mut providers = self.settings.oidc_providers.iter();
        providers.find(|one| one.id == id).ok_or_else(provider_unknown)
    }

    async fn client(&self, provider: &OidcProvider) -> Result<provider::Client, Error> {
        let redirect = format!("{}/oidc/callback", self.settings.public_url);
        let http = provider::Asker(Arc::clone(&self.http));
        let client = provider::Client::discover(provider, &http, redirect).await;
        client.map_err(|error| provider_failed(&error))
    }
}

/// What a provider did wrong is for the log; it holds no code and no token.
fn provider_failed(error: &provider::Failure) -> Error {
    tracing::warn!(error = %error, "an openid provider does not do what it should");
    match error {
        provider::Failure::Refused(_) => refused(),
        provider::Failure::Away(_) => Error::unavailable("the provider does not answer"),
    }
}

fn provider_unknown() -> Error {
    Error::not_found("PROVIDER_UNKNOWN", "there is no such provider")
}

fn not_linked() -> Error {
    let message = "nobody here is linked with this account; log in and link it first";
    Error::refused("NOT_LINKED", message)
}
