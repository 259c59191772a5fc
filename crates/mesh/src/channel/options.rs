//! What a channel may be told.

use super::method::MethodPolicy;
use crate::{
    clock::{Chance, Clock},
    tls::ClientTls,
};
use http::{HeaderMap, HeaderName};
use std::{fmt, sync::Arc, time::Duration};

pub(super) type Policy = dyn Fn(&str) -> MethodPolicy + Send + Sync;
type IsSafe = dyn Fn(&HeaderMap) -> bool + Send + Sync;

/// How a channel connects and calls.
#[derive(Clone)]
pub struct Options {
    /// What is known of each method, by its path, such as `/casebook.edc.v1.Edc/SaveForm`.
    pub policy: Arc<Policy>,
    /// Whether one call is safe to repeat although its method is not always, as its headers say.
    pub is_safe: Arc<IsSafe>,
    /// The header with the time until an answer in pieces begins; its last piece may come later. It
    /// shrinks from hop to hop as `grpc-timeout` does.
    pub begin_timeout: Option<HeaderName>,
    /// For a connection to be made, with TLS.
    pub connect_timeout: Duration,
    /// While calls are under way, an endpoint is asked this often whether it is there; a peer in Go
    /// closes the connection when it is asked much more often.
    pub keep_alive_interval: Duration,
    /// Without an answer to that for so long, the connection counts as lost.
    pub keep_alive_timeout: Duration,
    /// Without it connections are plain.
    pub tls: Option<ClientTls>,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
}

impl Options {
    /// The defaults: no method is safe to repeat, calls have two seconds, connections are plain.
    pub fn new(clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self {
            policy: Arc::new(|_| MethodPolicy::default()),
            is_safe: Arc::new(|_| false),
            begin_timeout: None,
            connect_timeout: Duration::from_secs(1),
            keep_alive_interval: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(5),
            tls: None,
            clock,
            chance,
        }
    }

    #[must_use]
    pub fn with_policy(
        mut self,
        policy: impl Fn(&str) -> MethodPolicy + Send + Sync + 'static,
    ) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    #[must_use]
    pub fn with_safe_calls(
        mut self,
        is_safe: impl Fn(&HeaderMap) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.is_safe = Arc::new(is_safe);
        self
    }

    #[must_use]
    pub fn with_begin_timeout(mut self, header: HeaderName) -> Self {
        self.begin_timeout = Some(header);
        self
    }

    #[must_use]
    pub fn with_tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("connect_timeout", &self.connect_timeout)
            .field("keep_alive_interval", &self.keep_alive_interval)
            .field("keep_alive_timeout", &self.keep_alive_timeout)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}
