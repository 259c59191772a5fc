//! The load generator: one thread, keep-alive connections, requests made beforehand.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::{saves_plan, values, wire::Connection};

/// What is sent to whom.
#[derive(Debug, PartialEq, Args)]
pub struct Load {
    #[arg(long)]
    pub address: SocketAddr,
    #[arg(long)]
    pub connections: u32,
    #[arg(long)]
    pub subjects: u32,
    /// Sends that each connection makes before the clock runs.
    #[arg(long)]
    pub warm_up: usize,
    /// For this long.
    #[arg(long)]
    pub seconds: f64,
    /// Requests per second, whether or not answers come; as many as go when absent.
    #[arg(long)]
    pub rate: Option<f64>,
}

/// What was measured, in milliseconds where it is a time.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    pub saves: u64,
    pub seconds: f64,
    pub p50: f64,
    pub p99: f64,
    pub longest: f64,
}

/// Sends, and prints two lines: `warm` when the clock starts, then what was measured as JSON.
pub fn run(load: &Load) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(send(load))?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

async fn send(load: &Load) -> Result<Measured> {
    let visits = values::real_visits()?;
    let (mut clients, most) = (Vec::new(), load.warm_up + per_connection(load));
    for number in 0..load.connections {
        let requests = saves_plan::requests(&visits, number, load.connections, load.subjects, most);
        let mut connection = Connection::open(load.address).await?;
        // One by one at first: the password is verified once, then it is known.
        connection.call(&requests[0]).await?;
        clients.push(Client { number, connection, requests, next: 1 });
    }
    let mut warming = JoinSet::new();
    for mut client in clients {
        let until = load.warm_up;
        warming.spawn(async move {
            while client.next < until {
                client.call().await?;
            }
            anyhow::Ok(client)
        });
    }
    let clients: Vec<Client> =
        warming.join_all().await.into_iter().collect::<Result<Vec<Client>>>()?;
    println!("warm");
    let started = Instant::now();
    let ends = started + Duration::from_secs_f64(load.seconds);
    let mut sending = JoinSet::new();
    for client in clients {
        match load.rate {
            None => sending.spawn(client.closed(ends)),
            Some(rate) => sending.spawn(client.open(started, ends, rate, load.connections)),
        };
    }
    let mut waits: Vec<Duration> = Vec::new();
    for client in sending.join_all().await {
        waits.extend(client?);
    }
    Ok(summary(waits, started.elapsed().as_secs_f64()))
}

/// More than can be sent in the time: a bound on what is made beforehand.
fn per_connection(load: &Load) -> usize {
    const MOST_PER_SECOND: f64 = 30_000.0;
    let rate = load.rate.unwrap_or(MOST_PER_SECOND) * load.seconds / f64::from(load.connections);
    let mut count: u32 = 16;
    while f64::from(count) < rate * 1.1 {
        count += 16;
    }
    count as usize
}

fn summary(mut waits: Vec<Duration>, seconds: f64) -> Measured {
    waits.sort_unstable();
    let at = |part: usize| {
        let last = waits.len().saturating_sub(1);
        waits.get((waits.len() * part / 100).min(last)).map_or(0.0, |wait| wait.as_secs_f64() * 1e3)
    };
    Measured { saves: waits.len() as u64, seconds, p50: at(50), p99: at(99), longest: at(100) }
}

struct Client {
    number: u32,
    connection: Connection,
    requests: Vec<Vec<u8>>,
    next: usize,
}

impl Client {
    async fn call(&mut self) -> Result<()> {
        let request = self.requests.get(self.next).context("more requests are needed")?;
        self.connection.call(request).await?;
        self.next += 1;
        Ok(())
    }

    /// The next request goes out when the answer to the last is in.
    async fn closed(mut self, ends: Instant) -> Result<Vec<Duration>> {
        let mut waits = Vec::new();
        loop {
            let started = Instant::now();
            if started >= ends || self.next >= self.requests.len() {
                return Ok(waits);
            }
            self.call().await?;
            waits.push(started.elapsed());
        }
    }

    /// Requests go out by the clock; the wait counts from when one was due.
    async fn open(
        mut self,
        started: Instant,
        ends: Instant,
        rate: f64,
        connections: u32,
    ) -> Result<Vec<Duration>> {
        let every = Duration::from_secs_f64(f64::from(connections) / rate);
        let mut due = started + Duration::from_secs_f64(f64::from(self.number) / rate);
        let mut waits = Vec::new();
        while due < ends && self.next < self.requests.len() {
            tokio::time::sleep_until(due.into()).await;
            self.call().await?;
            waits.push(due.elapsed());
            due += every;
        }
        Ok(waits)
    }
}
