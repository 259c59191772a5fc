//! Names whose addresses DNS knows, such as a headless service of Kubernetes: each is looked up again
//! and again, as the system's resolver does.

use super::{Discovery, Endpoints, announce};
use crate::clock::Chance;
use std::{collections::BTreeMap, future::Future, io, sync::Arc, time::Duration};
use tokio::sync::watch;

const JITTER: f64 = 0.05;
/// After a failure it is tried again sooner.
const RETRY: Duration = Duration::from_secs(2);

/// Services by name, each with the `host:port` whose addresses are looked up.
#[derive(Clone, Debug)]
pub struct Dns {
    targets: BTreeMap<String, String>,
    refresh: Duration,
    chance: Arc<dyn Chance>,
}

impl Dns {
    /// `refresh` is how often a name is looked up.
    pub fn new(
        targets: impl IntoIterator<Item = (String, String)>,
        refresh: Duration,
        chance: Arc<dyn Chance>,
    ) -> Self {
        Self { targets: targets.into_iter().collect(), refresh, chance }
    }
}

impl Discovery for Dns {
    fn endpoints(&self, service: &str) -> Endpoints {
        let (known, endpoints) = watch::channel(None);
        match self.targets.get(service).cloned() {
            None => announce(&known, Arc::default()),
            Some(target) => {
                let (refresh, chance) = (self.refresh, self.chance.clone());
                let look_up = move || look_up(target.clone());
                tokio::spawn(follow(known, look_up, refresh, chance));
            }
        }
        endpoints
    }
}

async fn look_up(target: String) -> io::Result<Vec<String>> {
    let addresses = tokio::net::lookup_host(target).await?;
    Ok(addresses.map(|address| address.to_string()).collect())
}

/// Looks up until nobody follows. A failure, or an answer without addresses, changes nothing.
async fn follow<F>(
    known: watch::Sender<Option<Arc<[String]>>>,
    look_up: impl Fn() -> F + Send,
    refresh: Duration,
    chance: Arc<dyn Chance>,
) where
    F: Future<Output = io::Result<Vec<String>>> + Send,
{
    loop {
        let wait = match look_up().await {
            Ok(mut addresses) if !addresses.is_empty() => {
                addresses.sort();
                addresses.dedup();
                announce(&known, addresses.into());
                refresh
            }
            Ok(_) => RETRY.min(refresh),
            Err(error) => {
                tracing::warn!(%error, "cannot look up a service; its last addresses stay");
                RETRY.min(refresh)
            }
        };
        tokio::select! {
            () = known.closed() => return,
            () = tokio::time::sleep(wait.mul_f64(chance.around(1.0, JITTER))) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SplitMix;
    use std::sync::Mutex;

    #[tokio::test]
    async fn a_name_is_looked_up() {
        let target = ("edc".to_owned(), "localhost:7000".to_owned());
        let chance = Arc::new(SplitMix::seeded(1));
        let dns = Dns::new([target], Duration::from_secs(30), chance);
        let mut endpoints = dns.endpoints("edc");
        let known = endpoints.wait_for(Option::is_some).await.unwrap().clone().unwrap();
        assert!(known.iter().all(|address| address.ends_with(":7000")), "{known:?}");
        assert!(!known.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_addresses_stay_while_dns_is_away() {
        let script = Mutex::new(vec![
            Ok(vec!["10.0.0.3:1".to_owned()]),
            Ok(vec![]),
            Err(io::ErrorKind::TimedOut.into()),
            Ok(vec!["10.0.0.2:1".to_owned(), "10.0.0.1:1".to_owned(), "10.0.0.1:1".to_owned()]),
        ]);
        let look_up = move || {
            let next = script.lock().unwrap().pop();
            async move { next.unwrap_or_else(|| Err(io::ErrorKind::NotFound.into())) }
        };
        let (known, mut endpoints) = watch::channel(None);
        let chance = Arc::new(SplitMix::seeded(1));
        tokio::spawn(follow(known, look_up, Duration::from_secs(30), chance));
        endpoints.changed().await.unwrap();
        let first = endpoints.borrow_and_update().clone().unwrap();
        assert_eq!(&*first, ["10.0.0.1:1", "10.0.0.2:1"]);
        endpoints.changed().await.unwrap();
        let second = endpoints.borrow_and_update().clone().unwrap();
        assert_eq!(&*second, ["10.0.0.3:1"], "the failures between changed nothing");
    }
}
