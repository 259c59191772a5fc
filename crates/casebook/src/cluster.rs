//! One process of several: which services it has, where the others are, and how each knows who calls.
//!
//! Without `--only` there is one process, and nothing of this is used. Start reading at [`serve`].

mod authenticator;
mod keys;
mod part;
mod ready;
mod serve;
mod services;
mod settings;
mod tokens;

use std::{fs, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use contract::{CallerTokens, Method, Repeat, grpc::metadata};
use mesh::{
    Chance, Channel, Clock, Discovery, MethodPolicy, Options, RuntimeClock,
    discovery::{Dns, Etcd, EtcdOptions, Fixed, Publisher},
    tls::{ClientTls, Own},
};

pub use self::{keys::own_key, part::Part, serve::serve, settings::Settings};
use self::{
    settings::{Source, Tls},
    tokens::Tokens,
};
use crate::assembly::chance;

/// The name that the certificates of all processes have, when nothing is said.
const USUAL_SERVER_NAME: &str = "casebook";

/// A process that hangs keeps its connections. While a call waits, it is asked this often whether it
/// is there, and is given as long to answer.
const KEEP_ALIVE: Duration = Duration::from_secs(3);

/// What a process knows of the others.
struct Cluster {
    settings: Settings,
    discovery: Arc<dyn Discovery>,
    etcd: Option<Etcd>,
    tls: Option<ClientTls>,
    tokens: Arc<dyn CallerTokens>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl Cluster {
    /// Reads keys and certificates, and makes ready to look for the others. Needs a runtime.
    fn new(settings: &Settings, data: &Path) -> Result<Self> {
        let chance = chance();
        let clock: Arc<dyn Clock> = Arc::new(RuntimeClock);
        let key = own_key(settings, data)?;
        let trusted = keys::trusted(&settings.trusted)?;
        let (discovery, etcd) = discovery(settings, &clock, &chance)?;
        Ok(Self {
            discovery,
            etcd,
            tls: settings.tls.as_ref().map(client_tls).transpose()?,
            tokens: Arc::new(Tokens::new(settings.own_name(), key, trusted)),
            settings: settings.clone(),
            clock,
            chance,
        })
    }

    /// A way to all processes that have a service.
    fn channel(&self, part: Part) -> Result<Channel> {
        let mut options = Options::new(Arc::clone(&self.clock), Arc::clone(&self.chance))
            .with_policy(policy)
            .with_safe_calls(|headers| {
                headers.get(metadata::REPEAT).is_some_and(|value| value == "safe")
            })
            .with_begin_timeout(metadata::BEGIN_TIMEOUT);
        options.keep_alive_interval = KEEP_ALIVE;
        options.keep_alive_timeout = KEEP_ALIVE;
        options.tls.clone_from(&self.tls);
        let name = self.settings.name_of(part);
        Channel::new(name, &*self.discovery, options).context("in cluster.tls")
    }

    /// Has the services of this process found at an address, by those who look in etcd.
    fn publish(&self, parts: &[Part], address: &str) -> Result<Vec<Publisher>> {
        let Some(etcd) = &self.etcd else { return Ok(Vec::new()) };
        let published = parts.iter().map(|part| {
            let name = self.settings.name_of(*part);
            etcd.publish(&name, address).context("say in cluster.advertise where this process is")
        });
        published.collect()
    }
}

fn discovery(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    chance: &Arc<dyn Chance>,
) -> Result<(Arc<dyn Discovery>, Option<Etcd>)> {
    match settings.discovery {
        Source::Static => {
            let listed = settings.services.iter();
            let fixed = listed.fold(Fixed::default(), |fixed, (part, addresses)| {
                fixed.with(settings.name_of(*part), addresses.clone())
            });
            Ok((Arc::new(fixed), None))
        }
        Source::Dns => {
            let targets = settings.dns_targets()?;
            let dns = Dns::new(targets, settings.dns_refresh(), Arc::clone(chance));
            Ok((Arc::new(dns), None))
        }
        Source::Etcd => {
            let etcd = Etcd::new(EtcdOptions {
                hosts: settings.etcd.clone(),
                tls: settings.etcd_tls.as_ref().map(client_tls).transpose()?,
                clock: Arc::clone(clock),
                chance: Arc::clone(chance),
            });
            let etcd = etcd.context("in cluster.etcd_tls")?;
            Ok((Arc::new(etcd.clone()), Some(etcd)))
        }
    }
}

/// What the contract says of a method is what a channel needs to know. A call with a request id is
/// marked as safe by whoever makes it.
fn policy(path: &str) -> MethodPolicy {
    let Some(method) = Method::find(path) else {
        // Asking whether a service is well must reach it also when its calls keep failing.
        return MethodPolicy { safe_to_repeat: true, breaker: false, ..MethodPolicy::default() };
    };
    let usual = MethodPolicy::default();
    let timeout = usual.timeout.filter(|_| !method.streams);
    MethodPolicy { safe_to_repeat: method.repeat == Repeat::Safe, timeout, ..usual }
}

fn client_tls(tls: &Tls) -> Result<ClientTls> {
    let name = tls.server_name.as_deref().unwrap_or(USUAL_SERVER_NAME);
    Ok(ClientTls {
        authority_pem: text(&tls.authority)?,
        server_name: name.to_owned(),
        own: Some(own(tls)?),
    })
}

fn own(tls: &Tls) -> Result<Own> {
    Ok(Own { certificates_pem: text(&tls.certificate)?, key_pem: text(&tls.key)? })
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
