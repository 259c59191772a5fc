//! Keeps what the doors count: who called what how often.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use contract::{
    Caller, Context, Error,
    identity::v1::{ApiUse, Identity, ListApiUseRequest, RecordApiUseRequest},
};
use gateway::{Guard, Use, Uses};
use jiff::civil::Date;

use crate::assembly::{new_id, now};

/// What is counted longer ago than this is kept, even if the program is killed.
const KEPT_EVERY: Duration = Duration::from_mins(1);
const ANSWER_TIME: Duration = Duration::from_secs(5);
/// Different uses in one message.
const MOST_USES: usize = 1_000;
/// Messages that wait until the identity service is back; what exceeds them is dropped, and said.
const MOST_WAITING: usize = 100;
/// The largest page of the service.
const PAGE: i32 = 500;
const OURSELVES: &str = "casebook.gateway";

/// Hands counts to the identity service, here or elsewhere.
pub struct Keeper {
    uses: Arc<Uses>,
    identity: Arc<dyn Identity>,
    /// What was taken and is not kept yet. It is sent again as it is, and so counts once.
    waiting: Vec<RecordApiUseRequest>,
    /// Who is to be told what API keys have used today, until it is done.
    untold: Option<Arc<Guard>>,
}

impl Keeper {
    /// The guard is told what was used before, so that a restart gives nobody another quota.
    pub fn new(uses: Arc<Uses>, identity: Arc<dyn Identity>, guard: Arc<Guard>) -> Self {
        Self { uses, identity, waiting: Vec::new(), untold: Some(guard) }
    }

    /// Keeps what was counted, once a minute, for ever.
    pub async fn run(&mut self) {
        loop {
            self.keep().await;
            tokio::time::sleep(KEPT_EVERY).await;
        }
    }

    /// Keeps what was counted so far.
    pub async fn keep(&mut self) {
        // Before our own counts are among those that are kept.
        if let Some(guard) = &self.untold {
            if let Err(error) = restore(guard, &*self.identity).await {
                tracing::warn!(
                    reason = error.reason(),
                    "it is not known what keys have used today"
                );
                return;
            }
            self.untold = None;
        }
        self.waiting.extend(messages(self.uses.take()));
        if self.waiting.len() > MOST_WAITING {
            let lost = self.waiting.len() - MOST_WAITING;
            tracing::error!(batches = lost, "counts of calls are lost");
            self.waiting.drain(..lost);
        }
        while let Some(message) = self.waiting.first() {
            let kept = self.identity.record_api_use(&ours(), message.clone()).await;
            if let Err(error) = kept {
                tracing::warn!(reason = error.reason(), "counts of calls are not kept yet");
                return;
            }
            self.waiting.remove(0);
        }
    }
}

/// Tells the guard what API keys have used today.
async fn restore(guard: &Guard, identity: &dyn Identity) -> Result<(), Error> {
    let day = now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let mut request = ListApiUseRequest { day, page_size: Some(PAGE), ..Default::default() };
    loop {
        let page = identity.list_api_use(&ours(), request.clone()).await?;
        for one in &page.uses {
            if let (Some(key), Ok(count)) = (&one.key_id, u64::try_from(one.count)) {
                guard.restore(key, count);
            }
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_none() {
            return Ok(());
        }
    }
}

fn messages(taken: Vec<(Use, u64)>) -> Vec<RecordApiUseRequest> {
    let mut by_day: BTreeMap<Date, Vec<ApiUse>> = BTreeMap::new();
    for (one, count) in taken {
        by_day.entry(one.day).or_default().push(ApiUse {
            username: one.user,
            key_id: one.key,
            method: one.method.to_owned(),
            result: one.result.to_owned(),
            count: i64::try_from(count).unwrap_or(i64::MAX),
        });
    }
    let days = by_day.into_iter().map(|(day, uses)| (day.to_string(), uses));
    let parts = days.flat_map(|(day, uses)| {
        let parts: Vec<_> = uses.chunks(MOST_USES).map(<[ApiUse]>::to_vec).collect();
        parts.into_iter().map(move |uses| (day.clone(), uses))
    });
    parts.map(|(day, uses)| RecordApiUseRequest { batch_id: new_id(), day, uses }).collect()
}

fn ours() -> Context {
    let context = Context::new(Caller::system(OURSELVES), "system", new_id());
    context.with_deadline(Instant::now() + ANSWER_TIME)
}
