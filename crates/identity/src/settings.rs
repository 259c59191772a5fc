//! What an operator can set.

use crate::{Hashing, oidc::OidcProvider};

const MINUTE_MS: i64 = 60 * 1000;

/// The settings of the service.
#[derive(Debug, Clone)]
pub struct Settings {
    pub hashing: Hashing,
    /// A session that nobody uses for this long is over.
    pub session_idle_ms: i64,
    /// A session ends this long after it was opened, used or not.
    pub session_lasts_ms: i64,
    /// How long an access token is good that was issued for client credentials.
    pub access_token_lasts_ms: i64,
    /// Whether people may register by themselves.
    pub registration: bool,
    /// How the system is called in an authenticator.
    pub totp_issuer: String,
    /// Where people reach the system, for links in mails and as redirect address of OpenID
    /// providers: without a slash at the end.
    pub public_url: String,
    pub oidc_providers: Vec<OidcProvider>,
    /// Log-ins that may wait for their turn; more are refused at once.
    pub log_ins_waiting: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hashing: Hashing::default(),
            session_idle_ms: 30 * MINUTE_MS,
            session_lasts_ms: 12 * 60 * MINUTE_MS,
            access_token_lasts_ms: 10 * MINUTE_MS,
            registration: false,
            totp_issuer: "Casebook".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            oidc_providers: Vec::new(),
            log_ins_waiting: 64,
        }
    }
}
