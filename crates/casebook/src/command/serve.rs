//! `casebook serve`: answers HTTP, with all services in one process, or with some of them.

use std::{
    fmt::Display,
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use ::edc::JobWorker;
use ::identity::Identity;
use anyhow::{Context as _, Result};
use contract::{
    build, edc, file,
    grpc::{Admission, Server},
    identity, job, portfolio, webhook,
};
use futures::future;
use gateway::{Cookies, Gateway, Redcap, RedcapSettings};
use tokio::net::{TcpListener, TcpSocket};

use crate::{
    assembly::{Assembly, new_id, terminal},
    cli::Serve,
    cluster::{self, Part},
    config::Config,
    protection::DoorKeeper,
    services::Services,
    watch, webhooks,
};

/// The second contract of the EDC service.
const JOBS: &str = "casebook.job.v1.Jobs";
const FILES: &str = "casebook.file.v1.Files";
/// Connections that wait until they are accepted; the system may allow fewer.
const MOST_WAITING: u32 = 1_024;
/// How often counts of decisions about access are written.
const ACCESS_NOTED_EVERY: Duration = Duration::from_mins(1);

pub async fn run(args: Serve) -> Result<ExitCode> {
    let config = Config::new(&args.place, args.listen)?;
    if args.print_config {
        print!("{}", toml::to_string(&config)?);
        return Ok(ExitCode::SUCCESS);
    }
    watch::start_metrics(&config.watch).await?;
    if !args.only.is_empty() {
        cluster::serve(&config, &args.only).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let assembly = Assembly::open(&config).await?;
    let listener = listen(&config)?;
    tell(format_args!("listening on http://{}", listener.local_addr()?));
    if assembly.identity.list_users(&terminal(false), None, 1).await?.users.is_empty() {
        tell(how_to_begin(args.place.data.as_deref()));
    }
    serve(&config, &assembly, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a line for whoever started the server. It goes on when nobody reads what it prints.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// What whoever started an empty installation has to do before anybody can log in.
fn how_to_begin(data: Option<&Path>) -> String {
    let place = data.map_or_else(String::new, |data| format!(" --data {}", data.display()));
    format!(
        "nobody can log in yet; make the first account in another terminal, and log in with the \
         password that it prints:\n  casebook user add NAME --role administrator{place}"
    )
}

/// Takes the address; the error says which.
pub fn listen(config: &Config) -> Result<TcpListener> {
    listen_on(config.listen).with_context(|| format!("cannot listen on {}", config.listen))
}

/// Listens there, with room for many who connect at once: whoever finds none tries again after a
/// second.
pub fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(MOST_WAITING)
}

/// Serves all services until the process is told to stop, then drains.
pub async fn serve(config: &Config, assembly: &Assembly, listener: TcpListener) -> Result<()> {
    let services = Services::all(config, assembly)?;
    let admission = Admission::default().of_clients(Arc::clone(&services.authenticator));
    let doors = DoorKeeper::new(config);
    let router = front(config, &services, admission, &doors).into_router();
    let served = gateway::serve_with(listener, router, stopped(), doors.serving());
    until_served(config, &services, &doors, served).await
}

/// The doors for clients: everything by REST and by gRPC.
pub fn front(
    config: &Config,
    services: &Services,
    admission: Admission,
    doors: &DoorKeeper,
) -> Gateway {
    let Services { identity, portfolio, edc, jobs, build, files, webhook, .. } = services;
    let gateway = doors
        .keep(Gateway::new(Arc::clone(&services.authenticator), new_id))
        .with_grpc(grpc(services, admission, &Part::SERVICES, doors))
        .with_cookies(cookies(config))
        .with_access_journal(Arc::clone(&services.access_journal))
        .mount(Part::Identity.service(), identity::v1::rest::routes(), identity)
        .mount(Part::Portfolio.service(), portfolio::v1::rest::routes(), portfolio)
        .mount(Part::Edc.service(), edc::v1::rest::routes(), edc)
        .mount(JOBS, job::v1::rest::routes(), jobs)
        .mount(Part::Edc.service(), build::v1::rest::routes(), build)
        .mount(FILES, file::v1::rest::routes(), files)
        .mount(Part::Webhook.service(), webhook::v1::rest::routes(), webhook);
    let gateway = if config.redcap.open {
        gateway.with_redcap(Redcap {
            edc: Arc::clone(edc),
            portfolio: Arc::clone(portfolio),
            settings: RedcapSettings {
                ignores_unknown_names: config.redcap.ignore_unknown_names,
                answers_400: config.redcap.answer_400,
            },
        })
    } else {
        gateway
    };
    services.asked.iter().fold(gateway, |gateway, (name, ready)| {
        let ready = Arc::clone(ready);
        if *name == Part::Webhook.name() {
            gateway.works_without(*name, ready)
        } else {
            gateway.ready_when(*name, ready)
        }
    })
}

/// The gRPC doors of some services.
pub fn grpc(
    services: &Services,
    admission: Admission,
    offered: &[Part],
    doors: &DoorKeeper,
) -> Server {
    let server = Server::new(admission, doors.message_limits(), new_id);
    offered.iter().fold(server, |server, part| match part {
        Part::Identity => server.mount(identity::v1::grpc::doors(), &services.identity),
        Part::Portfolio => server.mount(portfolio::v1::grpc::doors(), &services.portfolio),
        Part::Edc => server
            .mount(edc::v1::grpc::doors(), &services.edc)
            .mount(job::v1::grpc::doors(), &services.jobs)
            .mount(build::v1::grpc::doors(), &services.build)
            .mount(file::v1::grpc::doors(), &services.files),
        Part::Webhook => server.mount(webhook::v1::grpc::doors(), &services.webhook),
        Part::Gateway => server,
    })
}

/// Waits for the server to end; meanwhile sends webhooks and does jobs, if their services are in this
/// process, and writes now and then and at the end what was counted at the doors.
pub async fn until_served(
    config: &Config,
    services: &Services,
    doors: &DoorKeeper,
    served: impl Future<Output = io::Result<()>>,
) -> Result<()> {
    let sent = async {
        if let Some(own) = &services.own_webhooks {
            webhooks::work(config, Arc::clone(own), stopped()).await;
        }
        Ok(())
    };
    let worked = async {
        if let Some(worker) = services.own_edc.clone().and_then(JobWorker::new) {
            worker.run(stopped()).await;
        }
        Ok(())
    };
    let done = future::try_join3(served, sent, worked);
    let identity = services.own_identity.as_deref();
    let mut counts = doors.counts(Arc::clone(&services.identity));
    tokio::select! {
        done = done => drop(done?),
        () = note_access(identity) => {}
        () = counts.run() => {}
    }
    counts.keep().await;
    match identity {
        Some(identity) => Ok(identity.flush_access().await?),
        None => Ok(()),
    }
}

/// Sessions of browsers: which methods open and close them.
fn cookies(config: &Config) -> Cookies {
    let method = |name: &str| format!("casebook.identity.v1.Identity/{name}");
    Cookies {
        secure: config.identity.is_secure(),
        lasts_seconds: config.identity.session_hours * 3600,
        opened_by: vec![
            (method("LogIn"), "/token".to_owned()),
            (method("FinishOidc"), "/logIn/token".to_owned()),
        ],
        closed_by: vec![method("LogOut")],
    }
}

/// Writes now and then what was counted about access, for ever.
async fn note_access(identity: Option<&Identity>) {
    let Some(identity) = identity else { return std::future::pending().await };
    let mut ticks = tokio::time::interval(ACCESS_NOTED_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = identity.flush_access().await {
            tracing::error!(error = %error, "what was decided about access is not written yet");
        }
    }
}

/// Done when the process is asked to stop.
pub async fn stopped() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        let kind = tokio::signal::unix::SignalKind::terminate();
        match tokio::signal::unix::signal(kind) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
