//! The table `[cluster]` of the settings.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::Part;

const DNS_REFRESH_SECONDS: u64 = 10;
/// Under which name processes sign, and of which discovery knows them, when nothing is said.
const USUAL_NAME: &str = "casebook";

/// How the processes of one installation find and believe each other. A key that is not known is an
/// error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where other processes reach the services of this one, when that is not where clients do.
    pub listen: Option<SocketAddr>,
    /// What this process says in etcd of where it is: `host:port`. The address it listens on when
    /// absent.
    pub advertise: Option<String>,
    /// Lets clients, with tokens of their own, call the services of this process as well.
    pub admit_clients: bool,
    /// The name under which this process signs who calls.
    pub name: Option<String>,
    /// The file with the key that signs; `cluster.key` in the data folder when absent.
    pub key: Option<PathBuf>,
    /// Where the others are found.
    pub discovery: Source,
    /// For `dns`: how often a name is looked up.
    pub dns_refresh_seconds: Option<u64>,
    /// For `etcd`: `host:port` of its members.
    pub etcd: Vec<String>,
    /// What the names of this installation begin with in etcd.
    pub installation: Option<String>,
    /// For `static` the addresses of each service, for `dns` one `host:port` each.
    pub services: BTreeMap<Part, Vec<String>>,
    /// Whose word about callers is taken besides one's own: public keys in Base64 by the name of the
    /// process. Several while a key is being replaced.
    pub trusted: BTreeMap<String, Vec<String>>,
    /// Mutual TLS between the processes; plain when absent.
    pub tls: Option<Tls>,
    /// TLS to etcd; plain when absent.
    pub etcd_tls: Option<Tls>,
}

/// Where the other processes are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// In these settings.
    #[default]
    Static,
    /// By names, of which DNS knows the addresses.
    Dns,
    /// In etcd, in which they register themselves.
    Etcd,
}

/// Certificates and keys, as files in PEM.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Who signed the certificates of all others.
    pub authority: PathBuf,
    /// What this process shows.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// The name that the certificates of all others have.
    pub server_name: Option<String>,
}

impl Settings {
    /// What the environment says goes first.
    pub fn with_environment(mut self) -> Result<Self> {
        self.listen = parsed("LISTEN")?.or(self.listen);
        self.advertise = said("ADVERTISE").or(self.advertise);
        self.admit_clients = parsed("ADMIT_CLIENTS")?.unwrap_or(self.admit_clients);
        self.name = said("NAME").or(self.name);
        self.key = said("KEY").map(PathBuf::from).or(self.key);
        self.installation = said("INSTALLATION").or(self.installation);
        self.discovery = match said("DISCOVERY").as_deref() {
            None => self.discovery,
            Some("static") => Source::Static,
            Some("dns") => Source::Dns,
            Some("etcd") => Source::Etcd,
            Some(other) => bail!("CASEBOOK_CLUSTER_DISCOVERY: static, dns or etcd, not {other}"),
        };
        if let Some(hosts) = said("ETCD") {
            self.etcd = hosts.split(',').map(|host| host.trim().to_owned()).collect();
        }
        Ok(self)
    }

    /// The name under which this process signs.
    pub fn own_name(&self) -> &str {
        self.name.as_deref().unwrap_or(USUAL_NAME)
    }

    /// The name of a service in discovery.
    pub fn name_of(&self, part: Part) -> String {
        format!("{}.{}", self.installation.as_deref().unwrap_or(USUAL_NAME), part.name())
    }

    /// Refuses settings with which a process of these parts cannot find those that it calls.
    pub fn check(&self, parts: &BTreeSet<Part>) -> Result<()> {
        if self.discovery == Source::Etcd {
            ensure!(!self.etcd.is_empty(), "cluster.etcd names no member");
            return Ok(());
        }
        let called = parts.iter().flat_map(|part| part.calls());
        for part in called.filter(|part| !parts.contains(part)) {
            let known = self.services.get(part).is_some_and(|addresses| !addresses.is_empty());
            let name = part.name();
            ensure!(known, "this process calls {name}: say in cluster.services.{name} where it is");
        }
        Ok(())
    }

    /// The names that DNS is asked for.
    pub fn dns_targets(&self) -> Result<Vec<(String, String)>> {
        let target = |(part, targets): (&Part, &Vec<String>)| match targets.as_slice() {
            [target] => Ok((self.name_of(*part), target.clone())),
            _ => bail!("cluster.services.{}: DNS takes one host:port", part.name()),
        };
        self.services.iter().map(target).collect()
    }

    pub fn dns_refresh(&self) -> Duration {
        Duration::from_secs(self.dns_refresh_seconds.unwrap_or(DNS_REFRESH_SECONDS).max(1))
    }
}

fn said(name: &str) -> Option<String> {
    env::var(format!("CASEBOOK_CLUSTER_{name}")).ok().filter(|text| !text.is_empty())
}

fn parsed<T: std::str::FromStr>(name: &str) -> Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let parsed = said(name).map(|text| text.parse()).transpose();
    parsed.with_context(|| format!("in CASEBOOK_CLUSTER_{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn a_process_must_be_told_where_those_are_that_it_calls() {
        let settings = read("[services]\nidentity = ['10.0.0.1:7000']").expect("it is whole");
        settings.check(&BTreeSet::from([Part::Edc])).expect("edc calls identity only");
        settings.check(&BTreeSet::from([Part::Identity])).expect("identity calls nobody");
        let gateway = BTreeSet::from([Part::Gateway, Part::Edc]);
        let missing = settings.check(&gateway).expect_err("the portfolio is nowhere").to_string();
        assert!(missing.contains("cluster.services.portfolio"), "{missing}");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for wrong in ["discovry = 'etcd'", "discovery = 'zookeeper'", "[services]\nepro = ['a:1']"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let two = read("discovery = 'dns'\n[services]\nedc = ['a:1', 'b:1']").expect("it is whole");
        assert!(two.dns_targets().is_err());
        let none = read("discovery = 'etcd'").expect("it is whole");
        assert!(none.check(&BTreeSet::from([Part::Identity])).is_err());
    }
}
