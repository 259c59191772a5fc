//! `casebook serve`: answers HTTP.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use contract::{
    edc::v1::{self as edc, Edc},
    portfolio::v1::{self as portfolio, Portfolio},
};
use futures::FutureExt as _;
use gateway::Gateway;
use tokio::net::TcpListener;

use crate::{
    assembly::{Assembly, new_id},
    cli::Serve,
    config::Config,
};

pub async fn run(args: Serve) -> Result<ExitCode> {
    let config = Config::new(&args.place, args.listen)?;
    if args.print_config {
        print!("{}", toml::to_string(&config)?);
        return Ok(ExitCode::SUCCESS);
    }
    let assembly = Assembly::open(&config).await?;
    let listener = listen(&config).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(&assembly, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the address; the error says which.
pub async fn listen(config: &Config) -> Result<TcpListener> {
    TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))
}

/// Serves until the process is told to stop, then drains.
pub async fn serve(assembly: &Assembly, listener: TcpListener) -> Result<()> {
    let edc: Arc<dyn Edc> = Arc::clone(&assembly.edc) as _;
    let portfolio: Arc<dyn Portfolio> = Arc::clone(&assembly.portfolio) as _;
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
    let router = Gateway::new(authenticator, new_id)
        .mount("casebook.portfolio.v1.Portfolio", portfolio::rest::routes(), &portfolio)
        .mount("casebook.edc.v1.Edc", edc::rest::routes(), &edc)
        .ready_when("store", readiness)
        .into_router();
    gateway::serve(listener, router, stopped()).await?;
    Ok(())
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
