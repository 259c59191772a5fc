//! Settings of what those see who watch the program.

use std::{env, net::SocketAddr};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// The part `[watch]` of the settings file, and what is in force. Everything is off by default; a key
/// that is not known is an error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WatchConfig {
    /// Where Prometheus asks for metrics; nobody else should reach it.
    pub metrics_listen: Option<SocketAddr>,
    /// Where steps of traces are sent by OTLP over gRPC, such as `http://127.0.0.1:4317`.
    pub otlp_endpoint: Option<String>,
}

impl WatchConfig {
    /// What the environment says goes first.
    pub fn with_environment(mut self) -> Result<Self> {
        let said = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
        if let Some(text) = said("CASEBOOK_METRICS_LISTEN") {
            self.metrics_listen = Some(text.parse().context("in CASEBOOK_METRICS_LISTEN")?);
        }
        self.otlp_endpoint = said("CASEBOOK_OTLP_ENDPOINT").or(self.otlp_endpoint);
        let endpoint = self.otlp_endpoint.as_deref().unwrap_or("http://");
        ensure!(endpoint.starts_with("http://"), "watch.otlp_endpoint: http://host:port");
        Ok(self)
    }
}
