//! Settings: options and environment first, then the file, then what is usual.

mod files;
mod identity;
mod jobs;
mod limits;
mod redcap;
mod watch;
mod webhooks;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

pub use self::{
    files::FilesConfig, identity::IdentityConfig, jobs::JobsConfig, limits::LimitsConfig,
    redcap::RedcapConfig, watch::WatchConfig, webhooks::WebhooksConfig,
};
use self::{identity::IdentityFile, webhooks::WebhooksFile};
use crate::{cli::Place, cluster::Settings as ClusterSettings};

/// The settings file. A key that is not known is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    database: Option<String>,
    listen: Option<SocketAddr>,
    #[serde(default)]
    identity: IdentityFile,
    #[serde(default)]
    cluster: ClusterSettings,
    #[serde(default)]
    webhooks: WebhooksFile,
    #[serde(default)]
    jobs: JobsConfig,
    #[serde(default)]
    files: FilesConfig,
    #[serde(default)]
    limits: LimitsConfig,
    #[serde(default)]
    watch: WatchConfig,
    #[serde(default)]
    redcap: RedcapConfig,
}

/// The settings in force.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    pub data: PathBuf,
    /// Never printed: the address may hold a password.
    #[serde(skip)]
    pub database: Option<String>,
    pub listen: SocketAddr,
    pub identity: IdentityConfig,
    pub cluster: ClusterSettings,
    pub webhooks: WebhooksConfig,
    pub jobs: JobsConfig,
    pub files: FilesConfig,
    pub limits: LimitsConfig,
    pub watch: WatchConfig,
    pub redcap: RedcapConfig,
}

impl Config {
    pub fn new(place: &Place, listen: Option<SocketAddr>) -> Result<Self> {
        let file = match &place.config {
            None => File::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                toml::from_str(&text).with_context(|| format!("in {}", path.display()))?
            }
        };
        let usual = SocketAddr::from(([127, 0, 0, 1], 8080));
        Ok(Self {
            data: place.data.clone().or(file.data).unwrap_or_else(|| "casebook-data".into()),
            database: place.database.clone().or(file.database),
            listen: listen.or(file.listen).unwrap_or(usual),
            identity: IdentityConfig::new(file.identity)?,
            cluster: file.cluster.with_environment()?,
            webhooks: WebhooksConfig::new(file.webhooks)?,
            jobs: file.jobs.with_environment(),
            files: file.files.with_environment(),
            limits: file.limits.with_environment()?,
            watch: file.watch.with_environment()?,
            redcap: file.redcap,
        })
    }
}
