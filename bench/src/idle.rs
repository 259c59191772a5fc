//! `idle`: what ten thousand connections cost that have nothing to say.

use std::{process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};

use crate::{
    place,
    process::Server,
    table::{Table, against},
    wire::{Connection, get},
};

const CONNECTIONS: usize = 10_000;
const OPENED_AT_A_TIME: usize = 500;
const GOAL_MB: f64 = 200.0;
/// One that has nothing to say for fifteen seconds is closed.
const IDLE: Duration = Duration::from_secs(3);
/// Connections, and some files.
const FILES: usize = 11_000;
/// Raises the number of open files as far as that is allowed, then becomes the command.
const WITH_FILES: &str = "ulimit -n $(ulimit -Hn); exec \"$0\" \"$@\"";

/// Measures in a process of its own, which may open enough files.
pub fn run() -> Result<()> {
    let own = std::env::current_exe()?;
    let mut shell = Command::new("sh");
    let measured = shell.args(["-c", WITH_FILES]).arg(own).arg("hold").status()?;
    ensure!(measured.success(), "idle connections were not measured");
    Ok(())
}

/// Starts a server, opens the connections, and waits.
pub async fn hold() -> Result<()> {
    let limit = Command::new("sh").args(["-c", "ulimit -n"]).output()?.stdout;
    let limit = String::from_utf8_lossy(&limit).trim().parse().unwrap_or(usize::MAX);
    if limit < FILES {
        println!("idle: a process may open {limit} files here, and {FILES} are needed");
        return Ok(());
    }
    let folder = place::data()?.join("idle");
    place::remove(&folder)?;
    let mut serve = Command::new(place::casebook());
    serve.env("CASEBOOK_LIMITS_ADDRESS_PER_MINUTE", "0").env("CASEBOOK_LOG", "warn");
    serve.arg("serve").arg("--data").arg(&folder).args(["--listen", "127.0.0.1:0"]);
    let server = Server::start(&mut serve)?;
    let (address, before) = (server.address, server.memory_mb());
    let mut open = Vec::with_capacity(CONNECTIONS);
    let request = get("/healthz", None);
    while open.len() < CONNECTIONS {
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..OPENED_AT_A_TIME {
            let request = request.clone();
            opening.spawn(async move {
                let mut connection = Connection::open(address).await?;
                connection.call(&request).await?;
                anyhow::Ok(connection)
            });
        }
        while let Some(opened) = opening.join_next().await {
            open.push(opened?.context("a connection was not opened")?);
        }
    }
    tokio::time::sleep(IDLE).await;
    let (now, most) = (server.memory_mb(), server.peak_mb());
    // All of them are still there.
    for connection in &mut open {
        connection.call(&request).await?;
    }
    let mut table = Table::new(
        &format!("idle: {CONNECTIONS} connections after one request each, {} s", IDLE.as_secs()),
        &["before", "with them", "at most", "each"],
    );
    #[expect(clippy::cast_precision_loss, reason = "a count of connections is small")]
    let each_kb = (now - before) * 1024.0 / CONNECTIONS as f64;
    let megabytes = |value: f64| format!("{value:.0} MB");
    let cells = [megabytes(before), megabytes(now), megabytes(most), format!("{each_kb:.1} KiB")];
    table.row(&cells);
    table.print();
    println!("{most:.0} MB; {}", against(most < GOAL_MB, "under 200 MB"));
    Ok(())
}
