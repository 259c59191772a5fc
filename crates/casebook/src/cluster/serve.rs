//! Serves some parts, finds the others, and is found by them.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use contract::grpc::Admission;
use futures::{FutureExt as _, future::join_all};
use gateway::{Gateway, Serving, Tls};
use mesh::discovery::Publisher;
use tokio::net::TcpListener;

use super::{Cluster, Part, Settings, own, settings::Tls as TlsFiles, text};
use crate::{
    assembly::new_id,
    command::serve::{front, grpc, listen_on, stopped, tell, until_served},
    config::Config,
    protection::DoorKeeper,
    services::Services,
};

/// Where a process listens.
struct Addresses {
    /// For clients.
    front: Option<SocketAddr>,
    /// For other processes, when that is not the same.
    back: Option<SocketAddr>,
}

/// Serves the parts until the process is told to stop: then it leaves discovery first, and drains.
pub async fn serve(config: &Config, only: &[Part]) -> Result<()> {
    let parts: BTreeSet<Part> = only.iter().copied().collect();
    let own: Vec<Part> = Part::SERVICES.into_iter().filter(|part| parts.contains(part)).collect();
    let settings = &config.cluster;
    settings.check(&parts)?;
    let is_whole = Part::NEEDED.iter().all(|part| own.contains(part));
    ensure!(
        own.is_empty() || is_whole || config.database.is_some(),
        "services in several processes share their records: give --database postgres://…"
    );
    let addresses = addresses(config, &parts, &own)?;
    let cluster = Cluster::new(settings, &config.data)?;
    let services = Services::some(config, &cluster, &own).await?;

    let front_listener = listen(addresses.front)?;
    let back_listener = listen(addresses.back)?;
    for listener in front_listener.iter().chain(&back_listener) {
        tell(format_args!("listening on http://{}", listener.local_addr()?));
    }
    let reached = back_listener.as_ref().or(front_listener.as_ref());
    let reached = reached.context("this process has no part")?.local_addr()?.to_string();
    let advertised = settings.advertise.as_deref().unwrap_or(&reached);
    let published = cluster.publish(&own, advertised)?;

    let tls = settings.tls.as_ref().map(acceptor).transpose()?;
    let doors = DoorKeeper::new(config);
    let leaving = leave(published).boxed().shared();
    let is_shared = addresses.back.is_none() && !own.is_empty();
    let served = async {
        let for_clients = async {
            let Some(listener) = front_listener else { return Ok(()) };
            let mut admission =
                Admission::default().of_clients(Arc::clone(&services.authenticator));
            if is_shared {
                admission = admission.of_services(Arc::clone(&cluster.tokens));
            }
            let router = front(config, &services, admission, &doors).into_router();
            gateway::serve_with(listener, router, leaving.clone(), doors.serving()).await
        };
        let for_services = async {
            let Some(listener) = back_listener else { return Ok(()) };
            let router = back(settings, &cluster, &services, &own, &doors).into_router();
            let serving = Serving { tls, ..doors.serving() };
            gateway::serve_with(listener, router, leaving.clone(), serving).await
        };
        tokio::try_join!(for_clients, for_services).map(|_| ())
    };
    until_served(config, &services, &doors, served).await
}

fn addresses(config: &Config, parts: &BTreeSet<Part>, own: &[Part]) -> Result<Addresses> {
    let settings = &config.cluster;
    if !parts.contains(&Part::Gateway) {
        return Ok(Addresses { front: None, back: settings.listen.or(Some(config.listen)) });
    }
    let back = settings.listen.filter(|_| !own.is_empty());
    ensure!(
        settings.tls.is_none() || own.is_empty() || back.is_some(),
        "clients of the gateway have no certificate: say in cluster.listen where services are"
    );
    Ok(Addresses { front: Some(config.listen), back })
}

fn listen(address: Option<SocketAddr>) -> Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    let bound = listen_on(address);
    bound.map(Some).with_context(|| format!("cannot listen on {address}"))
}

/// The doors that other processes come through. Clients come through them only if the settings say so.
/// A service is ready when its records are: what it asks of others, few of its calls need.
fn back(
    settings: &Settings,
    cluster: &Cluster,
    services: &Services,
    own: &[Part],
    doors: &DoorKeeper,
) -> Gateway {
    let mut admission = Admission::default().of_services(Arc::clone(&cluster.tokens));
    if settings.admit_clients {
        admission = admission.of_clients(Arc::clone(&services.authenticator));
    }
    let gateway = doors
        .keep(Gateway::new(Arc::clone(&services.authenticator), new_id))
        .with_grpc(grpc(services, admission, own, doors));
    services.asked.iter().fold(gateway, |gateway, (name, readiness)| {
        let readiness = Arc::clone(readiness);
        match *name {
            "store" => gateway.ready_when("store", readiness),
            name => gateway.works_without(name, readiness),
        }
    })
}

/// The certificate that is shown to other processes, and whose are accepted.
fn acceptor(tls: &TlsFiles) -> Result<Tls> {
    let acceptor = own(tls)?.acceptor(&text(&tls.authority)?).context("in cluster.tls")?;
    Ok(Tls::new(acceptor))
}

/// Done when the process was asked to stop and is no longer listed. Who is not listed is asked nothing
/// new; what was asked is answered.
async fn leave(published: Vec<Publisher>) {
    stopped().await;
    join_all(published.into_iter().map(Publisher::deregister)).await;
}
