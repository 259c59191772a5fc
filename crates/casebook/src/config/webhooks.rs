//! Where the events of studies may be sent, and with which secret (docs/webhooks.md).

use std::path::PathBuf;

use anyhow::{Context, Result};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::identity::{parsed, text};

/// The part `[webhooks]` of the settings file. A key that is not known is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhooksFile {
    enabled: Option<bool>,
    allow_http: Option<bool>,
    allow_networks: Option<Vec<IpNet>>,
    authorities: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// What is in force.
#[derive(Clone, Debug, Serialize)]
pub struct WebhooksConfig {
    /// Whether events are sent; without, they wait in the journal.
    pub enabled: bool,
    /// Also without TLS.
    pub allow_http: bool,
    /// Networks to which events may be sent although they are not public.
    pub allow_networks: Vec<IpNet>,
    /// A file with certificates of further authorities, in PEM.
    pub authorities: Option<PathBuf>,
    /// The file with the secret of 32 bytes; in the data folder when absent.
    pub key: Option<PathBuf>,
}

impl WebhooksConfig {
    /// An environment variable goes before the file.
    pub fn new(file: WebhooksFile) -> Result<Self> {
        let networks = text("CASEBOOK_WEBHOOKS_ALLOW_NETWORKS").map(|list| networks(&list));
        let networks = networks.transpose().context("in CASEBOOK_WEBHOOKS_ALLOW_NETWORKS")?;
        let path = |variable| text(variable).map(PathBuf::from);
        let enabled = parsed("CASEBOOK_WEBHOOKS_ENABLED")?.or(file.enabled);
        let allow_http = parsed("CASEBOOK_WEBHOOKS_ALLOW_HTTP")?.or(file.allow_http);
        Ok(Self {
            enabled: enabled.unwrap_or(true),
            allow_http: allow_http.unwrap_or(false),
            allow_networks: networks.or(file.allow_networks).unwrap_or_default(),
            authorities: path("CASEBOOK_WEBHOOKS_AUTHORITIES").or(file.authorities),
            key: path("CASEBOOK_WEBHOOKS_KEY").or(file.key),
        })
    }
}

/// Networks with commas between.
fn networks(list: &str) -> Result<Vec<IpNet>> {
    let read = |one: &str| one.trim().parse().with_context(|| format!("`{one}` is no network"));
    list.split(',').map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WebhooksConfig> {
        WebhooksConfig::new(toml::from_str(text)?)
    }

    #[test]
    fn nothing_private_is_allowed_unless_the_file_says_so() {
        let usual = read("").expect("nothing needs to be said");
        assert!(usual.enabled && !usual.allow_http && usual.allow_networks.is_empty());
        let said = read("allow_networks = ['10.20.0.0/16', 'fd00::/8']\nenabled = false");
        let said = said.expect("it is whole");
        assert_eq!((said.enabled, said.allow_networks.len()), (false, 2));
        for wrong in ["allow_networks = ['10.20.0.0/33']", "allow_network = []", "enabled = 1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variable_holds_networks_with_commas_between() {
        assert_eq!(networks("10.0.0.0/8, fd00::/8").expect("two").len(), 2);
        assert!(networks("10.0.0.0/8,").is_err());
        assert!(networks("localhost").is_err());
    }
}
