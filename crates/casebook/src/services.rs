//! The services of an installation: objects of this process, or ways to another.

use std::sync::Arc;

use anyhow::Result;
use contract::{
    AccessJournal, Authenticator, Error, build::v1 as build, edc::v1 as edc, file::v1 as file,
    identity::v1 as identity, job::v1 as job, portfolio::v1 as portfolio, webhook::v1 as webhook,
};
use futures::FutureExt as _;
use gateway::Readiness;
use store::Store;

use crate::{assembly::Assembly, config::Config, webhooks};

/// Everything that can be called. Who calls does not see what is here and what is elsewhere.
pub struct Services {
    pub authenticator: Arc<dyn Authenticator>,
    pub access_journal: Arc<dyn AccessJournal>,
    pub identity: Arc<dyn identity::Identity>,
    pub portfolio: Arc<dyn portfolio::Portfolio>,
    pub edc: Arc<dyn edc::Edc>,
    /// Exports and imports that run as jobs: a second contract of the EDC service.
    pub jobs: Arc<dyn job::Jobs>,
    /// Study versions and amendments: its third.
    pub build: Arc<dyn build::Build>,
    /// Attached files: its fourth.
    pub files: Arc<dyn file::Files>,
    pub webhook: Arc<dyn webhook::Webhook>,
    /// The identity service itself, if it is in this process.
    pub own_identity: Option<Arc<::identity::Identity>>,
    /// The EDC service itself, if it is in this process: then this process does its jobs.
    pub own_edc: Option<Arc<::edc::Edc>>,
    /// The webhook service itself, if it is in this process: then this process sends.
    pub own_webhooks: Option<Arc<::webhook::Webhooks>>,
    /// Who is asked whether this process is ready.
    pub asked: Vec<Asked>,
}

/// A part of the system by its name, and whether it can work.
pub type Asked = (&'static str, Readiness);

impl Services {
    /// All of them in this process.
    pub fn all(config: &Config, assembly: &Assembly) -> Result<Self> {
        let webhooks = webhooks::service(config, &assembly.store)?;
        Ok(Self {
            authenticator: Arc::clone(&assembly.identity) as _,
            access_journal: Arc::clone(&assembly.identity) as _,
            identity: Arc::clone(&assembly.identity) as _,
            portfolio: Arc::clone(&assembly.portfolio) as _,
            edc: Arc::clone(&assembly.edc) as _,
            jobs: Arc::clone(&assembly.edc) as _,
            build: Arc::clone(&assembly.edc) as _,
            files: Arc::clone(&assembly.edc) as _,
            webhook: Arc::clone(&webhooks) as _,
            own_identity: Some(Arc::clone(&assembly.identity)),
            own_edc: Some(Arc::clone(&assembly.edc)),
            own_webhooks: Some(webhooks),
            asked: vec![("store", store_readiness(&assembly.store))],
        })
    }
}

/// Whether a store answers.
pub fn store_readiness(store: &Arc<dyn Store>) -> Readiness {
    let store = Arc::clone(store);
    Arc::new(move || {
        let store = Arc::clone(&store);
        async move {
            let position = store.last_position().await;
            position.map(|_| ()).map_err(|_| Error::unavailable("the store is away"))
        }
        .boxed()
    })
}
