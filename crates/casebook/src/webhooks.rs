//! The webhook service and its worker, as the settings say.

use std::{fs, sync::Arc};

use anyhow::{Context as _, Result};
use store::Store;
use webhook::{
    Allowed, Client, EndpointRows, Limits, MasterKey, Webhooks, Worker, system_resolver,
};

use crate::{
    assembly::{fill_random, key, now},
    config::Config,
};

/// The name of the secret from which signing keys follow.
const KEY: &str = "webhook.key";

/// The service over a store.
pub fn service(config: &Config, store: &Arc<dyn Store>) -> Result<Arc<Webhooks>> {
    let settings = &config.webhooks;
    let path = settings.key.clone().unwrap_or_else(|| config.data.join(KEY));
    let master = MasterKey::new(key(&path)?);
    let authorities = settings.authorities.as_ref();
    let authorities = authorities
        .map(|path| fs::read(path).with_context(|| format!("cannot read {}", path.display())))
        .transpose()?;
    let allowed = Allowed { http: settings.allow_http, networks: settings.allow_networks.clone() };
    let client = Client::new(allowed, system_resolver(), authorities.as_deref())
        .context("cannot make a client for webhooks")?;
    let (clock, random) = (Arc::new(now), Arc::new(fill_random));
    Ok(Arc::new(Webhooks::new(Arc::clone(store), clock, random, master, client)))
}

/// The rows of endpoints, to verify and rebuild them.
pub fn rows(store: &Arc<dyn Store>) -> EndpointRows {
    EndpointRows::new(Arc::clone(store), Arc::new(fill_random))
}

/// Sends events until `stop` is done, then drains. Does nothing when the settings say so.
pub async fn work(config: &Config, service: Arc<Webhooks>, stop: impl Future<Output = ()> + Send) {
    if config.webhooks.enabled {
        Arc::new(Worker::new(service, Limits::default())).run(stop).await;
    }
}
