//! Calls about the use of the interface.

use super::{Answer, convert};
use crate::{Identity, api_use::Use};
use contract::{Context, identity::v1 as p};

pub(super) async fn record(
    identity: &Identity,
    context: &Context,
    r: p::RecordApiUseRequest,
) -> Answer<p::RecordApiUseResponse> {
    let uses = r.uses.into_iter().map(|one| Use {
        username: one.username,
        key_id: one.key_id,
        method: one.method,
        result: one.result,
        count: one.count,
    });
    identity.record_api_use(context, r.batch_id, &r.day, uses.collect()).await?;
    Ok(p::RecordApiUseResponse {})
}

pub(super) async fn list(
    identity: &Identity,
    context: &Context,
    r: p::ListApiUseRequest,
) -> Answer<p::ListApiUseResponse> {
    let limit = convert::page_size(r.page_size)?;
    let (username, after) = (r.username.as_deref(), r.page_token.as_deref());
    let page = identity.api_use(context, &r.day, username, after, limit).await?;
    let uses = page.uses.into_iter().map(|one| p::ApiUse {
        username: one.username,
        key_id: one.key_id,
        method: one.method,
        result: one.result,
        count: one.count,
    });
    Ok(p::ListApiUseResponse { uses: uses.collect(), next_page_token: page.next })
}
