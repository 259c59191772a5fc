//! Requests that are sent again and again over kept connections, by a thread of their own.

use std::{
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use tokio::{runtime::Builder, task::JoinSet};

use crate::wire::Connection;

/// What was measured, in milliseconds where it is a time.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub calls: f64,
    pub seconds: f64,
    pub p50: f64,
    pub p99: f64,
}

/// Sends the requests in turn over so many connections, each as soon as the answer to the last is in.
pub fn send(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    connections: usize,
    time: Duration,
) -> Result<Sent> {
    let sending = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(all(address, requests, connections, time))
    });
    sending.join().map_err(|_| anyhow!("the load has panicked"))?
}

async fn all(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    connections: usize,
    time: Duration,
) -> Result<Sent> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let started = Instant::now();
    let mut sending = JoinSet::new();
    for (number, connection) in open.into_iter().enumerate() {
        sending.spawn(one(connection, Arc::clone(&requests), number, started + time));
    }
    let mut waits = Vec::new();
    while let Some(done) = sending.join_next().await {
        waits.extend(done??);
    }
    let seconds = started.elapsed().as_secs_f64();
    waits.sort_unstable();
    let at = |part: usize| {
        let place = (waits.len() * part / 100).min(waits.len().saturating_sub(1));
        waits.get(place).map_or(f64::NAN, |wait: &Duration| wait.as_secs_f64() * 1e3)
    };
    #[expect(clippy::cast_precision_loss, reason = "a count of calls is small")]
    let calls = waits.len() as f64;
    Ok(Sent { calls, seconds, p50: at(50), p99: at(99) })
}

async fn one(
    mut connection: Connection,
    requests: Arc<Vec<Vec<u8>>>,
    first: usize,
    ends: Instant,
) -> Result<Vec<Duration>> {
    let mut waits = Vec::new();
    for at in first.. {
        let started = Instant::now();
        if started >= ends {
            break;
        }
        connection.call(&requests[at % requests.len()]).await?;
        waits.push(started.elapsed());
    }
    Ok(waits)
}
