//! `casebook serve`: answers HTTP.

use std::{process::ExitCode, sync::Arc, time::Duration};

use ::identity::Identity;
use anyhow::{Context as _, Result};
use contract::{
    edc,
    grpc::{Admission, Limits, Server},
    identity, portfolio,
};
use futures::FutureExt as _;
use gateway::{Cookies, Gateway};
use tokio::net::TcpListener;

use crate::{
    assembly::{Assembly, new_id},
    cli::Serve,
    config::Config,
};

/// How often counts of decisions about access are written.
const ACCESS_NOTED_EVERY: Duration = Duration::from_mins(1);

pub async fn run(args: Serve) -> Result<ExitCode> {
    let config = Config::new(&args.place, args.listen)?;
    if args.print_config {
        print!("{}", toml::to_string(&config)?);
        return Ok(ExitCode::SUCCESS);
    }
    let assembly = Assembly::open(&config).await?;
    let listener = listen(&config).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(&config, &assembly, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the address; the error says which.
pub async fn listen(config: &Config) -> Result<TcpListener> {
    TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))
}

/// Serves until the process is told to stop, then drains.
pub async fn serve(config: &Config, assembly: &Assembly, listener: TcpListener) -> Result<()> {
    let edc: Arc<dyn edc::v1::Edc> = Arc::clone(&assembly.edc) as _;
    let identity: Arc<dyn identity::v1::Identity> = Arc::clone(&assembly.identity) as _;
    let portfolio: Arc<dyn portfolio::v1::Portfolio> = Arc::clone(&assembly.portfolio) as _;
    let store = Arc::clone(&assembly.store);
    let readiness = Arc::new(move || {
        let store = Arc::clone(&store);
        async move {
            let position = store.last_position().await;
            position.map(|_| ()).map_err(|_| contract::Error::unavailable("the store is away"))
        }
        .boxed()
    });
    let authenticator: Arc<dyn contract::Authenticator> = Arc::clone(&assembly.identity) as _;
    let admission = Admission::default().of_clients(Arc::clone(&authenticator));
    let grpc = Server::new(admission, Limits::default(), new_id)
        .mount(identity::v1::grpc::doors(), &identity)
        .mount(portfolio::v1::grpc::doors(), &portfolio)
        .mount(edc::v1::grpc::doors(), &edc);
    let router = Gateway::new(authenticator, new_id)
        .with_grpc(grpc)
        .with_cookies(cookies(config))
        .with_access_journal(Arc::clone(&assembly.identity) as _)
        .mount("casebook.identity.v1.Identity", identity::v1::rest::routes(), &identity)
        .mount("casebook.portfolio.v1.Portfolio", portfolio::v1::rest::routes(), &portfolio)
        .mount("casebook.edc.v1.Edc", edc::v1::rest::routes(), &edc)
        .ready_when("store", readiness)
        .into_router();
    let served = gateway::serve(listener, router, stopped());
    tokio::select! {
        served = served => served?,
        () = note_access(&assembly.identity) => {}
    }
    assembly.identity.flush_access().await?;
    Ok(())
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
async fn note_access(identity: &Identity) {
    let mut ticks = tokio::time::interval(ACCESS_NOTED_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = identity.flush_access().await {
            tracing::error!(error = %error, "what was decided about access is not written yet");
        }
    }
}

/// Done when the process is asked to stop.
async fn stopped() {
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
