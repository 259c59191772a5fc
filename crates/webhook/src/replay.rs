//! Sends events again from a time or event on.

use crate::{
    Webhooks,
    endpoint::{Endpoint, EndpointEvent},
    endpoints::Cause,
    message::{id, time_of},
    told,
};
use contract::{
    Context, Error,
    webhook::v1::{ReplayRequest, replay_request::From},
};
use store::{Position, Store};

/// By how much the times of entries may be out of their order: clocks of several machines.
const DISORDER_MS: i64 = 5 * 60 * 1_000;
const ENTRIES_PER_READ: u32 = 500;
/// How many entries are searched for an event at most.
const MOST_SEARCHED: usize = 200_000;

impl Webhooks {
    pub(crate) async fn do_replay(
        &self,
        context: &Context,
        request: ReplayRequest,
    ) -> Result<(), Error> {
        let ReplayRequest { study_oid, endpoint_id, from, request_id } = request;
        let author = self.author(context, &study_oid, request_id.as_ref())?;
        let store: &dyn Store = &**self.endpoints.store();
        let after = match from {
            None => return Err(Error::invalid("fromTime", "a time or an event is needed")),
            Some(From::FromTime(time)) => Ok(Some(before(store, time.as_millisecond()).await)),
            Some(From::FromEventId(event_id)) => {
                find(store, &study_oid, &endpoint_id, &event_id).await.map(|found| found.map(Ok))
            }
        };
        let after = after.and_then(Option::transpose);
        let after = after.map_err(|error| self.endpoints.broken("find where to replay", error))?;
        let Some(Position(after)) = after else {
            let message = "no event of this endpoint has that id";
            return Err(Error::not_found("EVENT_ID_UNKNOWN", message));
        };
        let decide = |_: &Endpoint| Ok(Some(EndpointEvent::ReplayRequested { after }));
        self.change(&study_oid, &endpoint_id, &author, decide).await.map(drop)
    }
}

/// A position behind which everything that was recorded at or after a time stands. Found by
/// halving; since the order of the journal is not exactly that of the clocks, it looks for a
/// somewhat earlier time.
async fn before(store: &dyn Store, time_ms: i64) -> Result<Position, Cause> {
    let time_ms = time_ms.saturating_sub(DISORDER_MS);
    let (mut low, mut high) = (0, store.last_position().await?.0);
    while low < high {
        let middle = low + (high - low) / 2;
        let next = store.follow(Position(middle), 1).await?;
        let Some((position, _, sealed)) = next.first() else {
            high = middle;
            continue;
        };
        if sealed.view()?.recorded_at_ms < time_ms {
            low = position.0;
        } else {
            high = middle;
        }
    }
    Ok(Position(low))
}

/// The position right before the entry that an event tells.
async fn find(
    store: &dyn Store,
    study: &str,
    endpoint_id: &str,
    event_id: &str,
) -> Result<Option<Position>, Cause> {
    let Some(time_ms) = time_of(event_id) else { return Ok(None) };
    let mut after = before(store, time_ms).await?;
    let mut searched = 0;
    while searched < MOST_SEARCHED {
        let entries = store.follow(after, ENTRIES_PER_READ).await?;
        if entries.is_empty() {
            return Ok(None);
        }
        searched += entries.len();
        for (position, log, sealed) in entries {
            let recorded_at_ms = sealed.view()?.recorded_at_ms;
            if recorded_at_ms > time_ms.saturating_add(2 * DISORDER_MS) {
                return Ok(None);
            }
            if recorded_at_ms == time_ms
                && told::concerns(&log, study)
                && id(endpoint_id, &sealed.hash, recorded_at_ms) == event_id
            {
                return Ok(Some(after));
            }
            after = position;
        }
    }
    Ok(None)
}
