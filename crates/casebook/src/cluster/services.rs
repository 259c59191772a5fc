//! The services of a process that has some of them: the others are over the network.

use std::sync::Arc;

use anyhow::Result;
use contract::{
    AccessJournal, Authenticator,
    build::v1::{Build as BuildContract, grpc::BuildRemote},
    edc::v1::{Edc as EdcContract, grpc::EdcRemote},
    file::v1::{Files as FilesContract, grpc::FilesRemote},
    grpc,
    identity::v1::{Identity as IdentityContract, grpc::IdentityRemote},
    job::v1::{Jobs as JobsContract, grpc::JobsRemote},
    portfolio::v1::{Portfolio as PortfolioContract, grpc::PortfolioRemote},
    webhook::v1::{Webhook as WebhookContract, grpc::WebhookRemote},
};
use edc::Edc;
use identity::Identity;
use store::SqliteOptions;

use super::{Cluster, Part, authenticator::RemoteAuthenticator, ready::readiness};
use crate::{
    assembly::{edc, identity, open_store, portfolio},
    config::Config,
    services::{Asked, Services, store_readiness},
    webhooks,
};

/// Who proves callers, and who is told of refusals.
type Doorkeepers = (Arc<dyn Authenticator>, Arc<dyn AccessJournal>);

/// The contracts of the EDC service.
struct Casebooks {
    edc: Arc<dyn EdcContract>,
    jobs: Arc<dyn JobsContract>,
    build: Arc<dyn BuildContract>,
    files: Arc<dyn FilesContract>,
}

impl Services {
    /// The services `own` on the records of this installation, the others as ways to where they are.
    pub(super) async fn some(config: &Config, cluster: &Cluster, own: &[Part]) -> Result<Self> {
        let store = match own {
            [] => None,
            _ => Some(open_store(config, &SqliteOptions::default()).await?),
        };
        let here = |part| store.as_ref().filter(|_| own.contains(&part));
        let mut asked: Vec<Asked> = Vec::new();
        asked.extend(store.iter().map(|store| ("store", store_readiness(store))));

        let own_identity = here(Part::Identity).map(|store| identity(config, store)).transpose()?;
        let own_identity = own_identity.map(Arc::new);
        let (identity, (authenticator, access_journal)) = match &own_identity {
            Some(own) => (Arc::clone(own) as Arc<dyn IdentityContract>, doorkeepers(own)),
            None => remote_identity(cluster, &mut asked)?,
        };
        let portfolio: Arc<dyn PortfolioContract> = if let Some(store) = here(Part::Portfolio) {
            let (clock, chance) = (Arc::clone(&cluster.clock), Arc::clone(&cluster.chance));
            Arc::new(portfolio(store, Arc::clone(&identity), clock, chance))
        } else {
            let channel = way(cluster, Part::Portfolio, &mut asked)?;
            Arc::new(PortfolioRemote::new(channel, Arc::clone(&cluster.tokens)))
        };
        let own_edc = here(Part::Edc).map(|store| {
            let (clock, chance) = (Arc::clone(&cluster.clock), Arc::clone(&cluster.chance));
            edc(config, store, Arc::clone(&identity), clock, chance)
        });
        let own_edc = own_edc.transpose()?.map(Arc::new);
        let Casebooks { edc, jobs, build, files } = match &own_edc {
            Some(own) => casebooks(own),
            None => remote_casebooks(cluster, &mut asked)?,
        };
        let own_webhooks = here(Part::Webhook).map(|store| webhooks::service(config, store));
        let own_webhooks = own_webhooks.transpose()?;
        let webhook: Arc<dyn WebhookContract> = match &own_webhooks {
            Some(own) => Arc::clone(own) as _,
            None => remote_webhook(cluster, &mut asked)?,
        };
        Ok(Self {
            authenticator,
            access_journal,
            identity,
            portfolio,
            edc,
            jobs,
            build,
            files,
            webhook,
            own_identity,
            own_edc,
            own_webhooks,
            asked,
        })
    }
}

fn casebooks(own: &Arc<Edc>) -> Casebooks {
    Casebooks {
        edc: Arc::clone(own) as _,
        jobs: Arc::clone(own) as _,
        build: Arc::clone(own) as _,
        files: Arc::clone(own) as _,
    }
}

fn remote_casebooks(cluster: &Cluster, asked: &mut Vec<Asked>) -> Result<Casebooks> {
    let channel = way(cluster, Part::Edc, asked)?;
    let tokens = || Arc::clone(&cluster.tokens);
    Ok(Casebooks {
        edc: Arc::new(EdcRemote::new(channel.clone(), tokens())),
        jobs: Arc::new(JobsRemote::new(channel.clone(), tokens())),
        build: Arc::new(BuildRemote::new(channel.clone(), tokens())),
        files: Arc::new(FilesRemote::new(channel, tokens())),
    })
}

/// The way to whoever sends webhooks. It is asked whether it is ready if the settings name it.
fn remote_webhook(cluster: &Cluster, asked: &mut Vec<Asked>) -> Result<Arc<dyn WebhookContract>> {
    let channel = cluster.channel(Part::Webhook)?;
    if cluster.settings.services.contains_key(&Part::Webhook) {
        asked.push((Part::Webhook.name(), readiness(Part::Webhook, &channel)));
    }
    Ok(Arc::new(WebhookRemote::new(grpc::channel(channel), Arc::clone(&cluster.tokens))))
}

fn doorkeepers(own: &Arc<Identity>) -> Doorkeepers {
    (Arc::clone(own) as _, Arc::clone(own) as _)
}

fn remote_identity(
    cluster: &Cluster,
    asked: &mut Vec<Asked>,
) -> Result<(Arc<dyn IdentityContract>, Doorkeepers)> {
    let channel = way(cluster, Part::Identity, asked)?;
    let remote: Arc<dyn IdentityContract> =
        Arc::new(IdentityRemote::new(channel, Arc::clone(&cluster.tokens)));
    let (clock, chance) = (Arc::clone(&cluster.clock), Arc::clone(&cluster.chance));
    let asking = Arc::new(RemoteAuthenticator::new(Arc::clone(&remote), clock, chance));
    Ok((remote, (Arc::clone(&asking) as _, asking)))
}

/// The way to a service, of which it is asked whether it is ready.
fn way(cluster: &Cluster, part: Part, asked: &mut Vec<Asked>) -> Result<grpc::Channel> {
    let channel = cluster.channel(part)?;
    asked.push((part.name(), readiness(part, &channel)));
    Ok(grpc::channel(channel))
}
