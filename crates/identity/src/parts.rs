//! What the service is put together from, and what it keeps in memory.

use crate::{
    Clock, Http, Mail, Random, Settings, access::AccessCounts, authenticate::Proven, oidc::Flows,
    password::Hasher, session::LastUse, throttle::Throttle, users::Users,
};
use std::{fmt, sync::Arc};
use store::Store;

/// What the service is put together from.
#[derive(Clone)]
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub clock: Clock,
    pub random: Random,
    pub settings: Settings,
    /// From which second factors follow. Not to be kept in the store; whoever loses it loses them.
    pub key: [u8; 32],
    pub mail: Arc<dyn Mail>,
    /// For asking OpenID providers.
    pub http: Arc<dyn Http>,
}

/// The parts at work.
pub struct Inner {
    pub(crate) users: Users,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) settings: Settings,
    pub(crate) key: [u8; 32],
    pub(crate) mail: Arc<dyn Mail>,
    pub(crate) http: Arc<dyn Http>,
    pub(crate) hasher: Hasher,
    pub(crate) proven: Proven,
    pub(crate) throttle: Throttle,
    pub(crate) used: LastUse,
    pub(crate) access: AccessCounts,
    pub(crate) flows: Flows,
}

impl Inner {
    pub(crate) fn of(parts: Parts) -> Self {
        let Parts { store, clock, random, settings, key, mail, http } = parts;
        Self {
            users: Users::new(store, Arc::clone(&random)),
            hasher: Hasher::new(settings.hashing, settings.log_ins_waiting, &random),
            proven: Proven::new(&random),
            throttle: Throttle::default(),
            used: LastUse::default(),
            access: AccessCounts::default(),
            flows: Flows::default(),
            clock,
            random,
            settings,
            key,
            mail,
            http,
        }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}
