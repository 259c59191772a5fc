//! Everybody saves all the time; who is refused, or loses the connection, sends the same save again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
};

use super::{
    client::{Client, Lost},
    writer::Writer,
};

/// A writer that was refused comes back after this.
const PAUSE: Duration = Duration::from_millis(10);

/// What may become of a save besides being done.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Nobody waits longer for an answer.
    pub answer_time: Duration,
    pub refusals: &'static [(u16, &'static str)],
    /// A connection may end without an answer.
    pub may_lose: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    Acknowledged,
    Refused,
    Lost,
}

#[derive(Debug)]
pub struct Load {
    told: UnboundedReceiver<Told>,
    ends: Arc<AtomicBool>,
    saving: JoinSet<Writer>,
}

impl Load {
    pub fn start(address: SocketAddr, writing: Vec<Writer>, bounds: Bounds) -> Self {
        let (tell, told) = unbounded_channel();
        let ends = Arc::new(AtomicBool::new(false));
        let mut saving = JoinSet::new();
        for writer in writing {
            saving.spawn(save(writer, address, bounds, tell.clone(), Arc::clone(&ends)));
        }
        Self { told, ends, saving }
    }

    /// Waits for so many more acknowledgements; how often nobody was answered, or with a refusal.
    pub async fn await_acknowledged(&mut self, mut count: u64) -> usize {
        let mut others = 0;
        while count > 0 {
            match self.next().await {
                Told::Acknowledged => count -= 1,
                Told::Refused | Told::Lost => others += 1,
            }
        }
        others
    }

    pub async fn await_not_done(&mut self, mut count: usize) {
        while count > 0 {
            if self.next().await != Told::Acknowledged {
                count -= 1;
            }
        }
    }

    /// Takes no notice of what was told until now.
    pub fn forget(&mut self) {
        while self.told.try_recv().is_ok() {}
    }

    pub async fn stop(self) -> Vec<Writer> {
        self.ends.store(true, Ordering::Relaxed);
        self.saving.join_all().await
    }

    /// A writer that panics is noticed here, and not when everybody else has waited in vain.
    async fn next(&mut self) -> Told {
        tokio::select! {
            Some(told) = self.told.recv() => told,
            Some(ended) = self.saving.join_next() => panic!("a writer ended: {ended:?}"),
        }
    }
}

async fn save(
    mut writer: Writer,
    address: SocketAddr,
    bounds: Bounds,
    tell: UnboundedSender<Told>,
    ends: Arc<AtomicBool>,
) -> Writer {
    let mut connected = None;
    while !ends.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let done = save_once(&mut writer, address, &mut connected).await;
        let waited = asked.elapsed();
        assert!(waited < bounds.answer_time, "{waited:?} until {done:?}");
        let told = match done {
            Ok(None) => Told::Acknowledged,
            Ok(Some(answer)) => {
                let refusal = (answer.status, answer.problem());
                assert!(bounds.refusals.contains(&refusal), "{answer:?}");
                Told::Refused
            }
            Err(Lost) => {
                assert!(bounds.may_lose, "a connection was lost");
                connected = None;
                Told::Lost
            }
        };
        if told != Told::Acknowledged {
            tokio::time::sleep(PAUSE).await;
        }
        // Nobody listens any more once the load is stopped.
        let _ = tell.send(told);
    }
    writer
}

async fn save_once(
    writer: &mut Writer,
    address: SocketAddr,
    connected: &mut Option<Client>,
) -> Result<Option<super::client::Answer>, Lost> {
    let client = match connected {
        Some(client) => client,
        None => connected.insert(Client::open(address).await?),
    };
    if writer.is_open() { writer.send_open(client).await } else { writer.save_next(client).await }
}
