//! Settings of people, sessions and OpenID providers.

use anyhow::{Context, Result, ensure};
use identity::{OidcProvider, Settings};
use serde::{Deserialize, Serialize};

/// The part `[identity]` of the settings file. A key that is not known is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityFile {
    session_idle_minutes: Option<i64>,
    session_hours: Option<i64>,
    registration: Option<bool>,
    totp_issuer: Option<String>,
    public_url: Option<String>,
    mail_from: Option<String>,
    #[serde(default)]
    oidc: Vec<ProviderFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderFile {
    id: String,
    name: Option<String>,
    issuer: String,
    client_id: String,
    /// The name of the environment variable that holds the secret; public clients have none.
    client_secret_env: Option<String>,
}

/// What is in force.
#[derive(Clone, Debug, Serialize)]
pub struct IdentityConfig {
    pub session_idle_minutes: i64,
    pub session_hours: i64,
    pub registration: bool,
    pub totp_issuer: String,
    pub public_url: String,
    pub mail_from: String,
    pub oidc: Vec<ProviderConfig>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ProviderConfig {
    pub id: String,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub client_secret_env: Option<String>,
}

impl IdentityConfig {
    /// An environment variable goes before the file.
    pub fn new(file: IdentityFile) -> Result<Self> {
        let public_url = text("CASEBOOK_PUBLIC_URL")
            .or(file.public_url)
            .unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        let is_url = public_url.starts_with("https://") || public_url.starts_with("http://");
        ensure!(is_url && !public_url.ends_with('/'), "public_url: https://… without a slash last");
        let idle = parsed("CASEBOOK_SESSION_IDLE_MINUTES")?.or(file.session_idle_minutes);
        let hours = parsed("CASEBOOK_SESSION_HOURS")?.or(file.session_hours);
        let (session_idle_minutes, session_hours) = (idle.unwrap_or(30), hours.unwrap_or(12));
        ensure!((1..=24 * 60).contains(&session_idle_minutes), "session_idle_minutes: 1 to 1440");
        ensure!((1..=24 * 7).contains(&session_hours), "session_hours: 1 to 168");
        let providers = file.oidc.into_iter().map(provider);
        Ok(Self {
            session_idle_minutes,
            session_hours,
            registration: parsed("CASEBOOK_REGISTRATION")?.or(file.registration).unwrap_or(false),
            totp_issuer: text("CASEBOOK_TOTP_ISSUER")
                .or(file.totp_issuer)
                .unwrap_or_else(|| "Casebook".to_owned()),
            public_url,
            mail_from: text("CASEBOOK_MAIL_FROM")
                .or(file.mail_from)
                .unwrap_or_else(|| "casebook@localhost".to_owned()),
            oidc: providers.collect::<Result<_>>()?,
        })
    }

    /// Whether browsers reach the system over TLS.
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The settings as the service takes them.
    pub fn settings(&self) -> Result<Settings> {
        let providers = self.oidc.iter().map(|one| {
            let secret = one.client_secret_env.as_deref().map(|name| {
                text(name).with_context(|| format!("the variable {name} with a secret is not set"))
            });
            Ok(OidcProvider {
                id: one.id.clone(),
                display_name: one.name.clone(),
                issuer: one.issuer.clone(),
                client_id: one.client_id.clone(),
                client_secret: secret.transpose()?,
            })
        });
        Ok(Settings {
            session_idle_ms: self.session_idle_minutes * 60_000,
            session_lasts_ms: self.session_hours * 3_600_000,
            registration: self.registration,
            totp_issuer: self.totp_issuer.clone(),
            public_url: self.public_url.clone(),
            oidc_providers: providers.collect::<Result<_>>()?,
            ..Settings::default()
        })
    }
}

fn provider(file: ProviderFile) -> Result<ProviderConfig> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(!file.id.is_empty() && file.id.chars().all(is_plain), "oidc.id: a-z, 0-9 and hyphen");
    Ok(ProviderConfig {
        name: file.name.unwrap_or_else(|| file.id.clone()),
        id: file.id,
        issuer: file.issuer,
        client_id: file.client_id,
        client_secret_env: file.client_secret_env,
    })
}

pub(super) fn text(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|text| !text.is_empty())
}

pub(super) fn parsed<T: std::str::FromStr>(variable: &str) -> Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text(variable).map(|text| text.parse()).transpose().with_context(|| format!("in {variable}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<IdentityConfig> {
        IdentityConfig::new(toml::from_str(text)?)
    }

    #[test]
    fn what_is_not_said_is_usual_and_what_is_not_known_is_refused() {
        let usual = read("").expect("nothing needs to be said");
        assert_eq!((usual.session_idle_minutes, usual.registration), (30, false));
        assert!(read("registraton = true").is_err());
        assert!(read("session_idle_minutes = 0").is_err());
        assert!(read("public_url = 'https://a.example/'").is_err());
        assert!(read("public_url = 'https://a.example'").expect("it is one").is_secure());
    }

    #[test]
    fn a_provider_whose_secret_is_not_set_is_named() {
        let text = "[[oidc]]\nid = 'clinic'\nissuer = 'https://i.example'\nclient_id = 'c'\n\
                    client_secret_env = 'CASEBOOK_TEST_NOT_SET'\n";
        let config = read(text).expect("it is whole");
        let error = config.settings().expect_err("there is no secret");
        assert!(error.to_string().contains("CASEBOOK_TEST_NOT_SET"), "{error}");
    }
}
