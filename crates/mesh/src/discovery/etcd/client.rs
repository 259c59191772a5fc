//! The calls of etcd that are used, over a channel of our own, so that a dead member is passed over.

use super::EtcdOptions;
use crate::{
    channel::{Channel, MethodPolicy, Options},
    discovery::Fixed,
    tls::TlsFault,
};
use futures::{StreamExt, stream};
use pb::{
    KeyValue, LeaseGrantRequest, LeaseKeepAliveRequest, LeaseKeepAliveResponse, LeaseRevokeRequest,
    PutRequest, RangeRequest, WatchCreateRequest, WatchRequest, WatchResponse, kv_client::KvClient,
    lease_client::LeaseClient, watch_client::WatchClient, watch_request::RequestUnion,
};
use std::{future::Future, time::Duration};
use tonic::{Code, Request, Response, Status, Streaming, metadata::MetadataValue};

/// The generated messages.
#[expect(clippy::pedantic, reason = "generated")]
pub(super) mod pb {
    tonic::include_proto!("etcdserverpb");
}

/// For a call that is no stream, and for a stream to begin; go-zero's.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Makes a member that is cut off from the others refuse, instead of telling old news.
const REQUIRE_LEADER: &str = "hasleader";

#[derive(Clone)]
pub(super) struct Client {
    kv: KvClient<Channel>,
    lease: LeaseClient<Channel>,
    watch: WatchClient<Channel>,
}

impl Client {
    pub fn new(options: EtcdOptions) -> Result<Self, TlsFault> {
        let hosts = Fixed::of("etcd", options.hosts);
        let mut channel = Options::new(options.clock, options.chance).with_policy(policy);
        channel.tls = options.tls;
        let channel = Channel::new("etcd", &hosts, channel)?;
        Ok(Self {
            kv: KvClient::new(channel.clone()),
            lease: LeaseClient::new(channel.clone()),
            watch: WatchClient::new(channel),
        })
    }

    /// The keys that begin with a prefix, and the revision at which this was so.
    pub async fn list(&self, prefix: &str) -> Result<(Vec<KeyValue>, i64), Status> {
        let range = RangeRequest { key: prefix.into(), range_end: end_of(prefix) };
        let found = self.kv.clone().range(range).await?.into_inner();
        Ok((found.kvs, found.header.unwrap_or_default().revision))
    }

    /// Puts a value that lives as long as its lease. Returns the revision after it.
    pub async fn put(&self, key: &str, value: &str, lease: i64) -> Result<i64, Status> {
        let put = PutRequest { key: key.into(), value: value.into(), lease };
        let answer = self.kv.clone().put(put).await?.into_inner();
        Ok(answer.header.unwrap_or_default().revision)
    }

    pub async fn grant(&self, ttl: Duration) -> Result<i64, Status> {
        let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        let grant = LeaseGrantRequest { ttl: seconds, id: 0 };
        let granted = self.lease.clone().lease_grant(grant).await?.into_inner();
        if granted.error.is_empty() { Ok(granted.id) } else { Err(Status::aborted(granted.error)) }
    }

    /// Ends a lease, with what lives by it. One that has ended already is no error.
    pub async fn revoke(&self, lease: i64) -> Result<(), Status> {
        match self.lease.clone().lease_revoke(LeaseRevokeRequest { id: lease }).await {
            Err(status) if status.code() != Code::NotFound => Err(status),
            _ => Ok(()),
        }
    }

    /// Keeps a lease alive for as long as the answers are read, three times in its length.
    pub async fn keep_alive(
        &self,
        lease: i64,
        ttl: Duration,
    ) -> Result<Streaming<LeaseKeepAliveResponse>, Status> {
        let beats = stream::unfold(Duration::ZERO, move |wait| async move {
            tokio::time::sleep(wait).await;
            Some((LeaseKeepAliveRequest { id: lease }, ttl / 3))
        });
        let mut lease = self.lease.clone();
        begin(lease.lease_keep_alive(beats)).await
    }

    /// What happens to keys from a revision on: to one, or to all that begin with a prefix.
    pub async fn watch(
        &self,
        key: &str,
        is_prefix: bool,
        start_revision: i64,
    ) -> Result<Streaming<WatchResponse>, Status> {
        let range_end = if is_prefix { end_of(key) } else { Vec::new() };
        let create = WatchCreateRequest { key: key.into(), range_end, start_revision };
        let create = WatchRequest { request_union: Some(RequestUnion::CreateRequest(create)) };
        let asked = stream::once(async { create }).chain(stream::pending());
        let mut request = Request::new(asked);
        request.metadata_mut().insert(REQUIRE_LEADER, MetadataValue::from_static("true"));
        let mut watch = self.watch.clone();
        begin(watch.watch(request)).await
    }
}

async fn begin<T>(
    call: impl Future<Output = Result<Response<Streaming<T>>, Status>>,
) -> Result<Streaming<T>, Status> {
    let begun = tokio::time::timeout(TIMEOUT, call).await;
    Ok(begun.map_err(|_| Status::deadline_exceeded("etcd does not answer"))??.into_inner())
}

/// A second lease is left to expire, a second put puts the same: all but the streams may be repeated.
fn policy(path: &str) -> MethodPolicy {
    let is_stream = path.ends_with("/Watch") || path.ends_with("/LeaseKeepAlive");
    let timeout = (!is_stream).then_some(TIMEOUT);
    MethodPolicy { safe_to_repeat: !is_stream, timeout, breaker: false }
}

/// The first key after all that begin with a prefix.
fn end_of(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        // No byte of UTF-8 is 255.
        *last += 1;
    }
    end
}
