//! What a job of the store carries: for whom the work is done, and how far it has come.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
};

use contract::{Authentication, Caller, Context};
use serde::{Deserialize, Serialize};

use crate::{Failure, failure::Result};

/// The payload of a job of the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Work {
    /// Whoever asked, with the grants that were in force then.
    caller: Caller,
    origin: String,
    request_id: String,
    pub progress: Progress,
}

/// How far the work has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub done: u64,
    pub total: Option<u64>,
    pub bytes: u64,
    pub attempt: i64,
    pub applying: bool,
}

/// Where the work counts while it is done.
#[derive(Debug, Default)]
pub(super) struct Meter {
    pub done: AtomicU64,
    /// 0 when it is not known.
    pub total: AtomicU64,
    pub bytes: Arc<AtomicU64>,
    pub attempt: AtomicI64,
    pub applying: AtomicBool,
}

impl Work {
    pub fn new(context: &Context) -> Self {
        let mut caller = context.caller.clone();
        // The password was shown for the call that asked, not for what is done later.
        if caller.authentication == Authentication::Password {
            caller.authentication = Authentication::Token;
        }
        Self {
            caller,
            origin: context.origin.clone(),
            request_id: context.request_id.clone(),
            progress: Progress::default(),
        }
    }

    /// The same work, so far.
    pub fn at(&self, progress: Progress) -> Self {
        Self { progress, ..self.clone() }
    }

    /// As a call that nobody waits for.
    pub fn context(&self) -> Context {
        Context::new(self.caller.clone(), self.origin.clone(), self.request_id.clone())
    }

    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self)
            .map_err(|error| Failure::Broke(format!("work cannot be written: {error}")))
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes)
            .map_err(|error| Failure::Broke(format!("work cannot be read: {error}")))
    }
}

impl Meter {
    pub fn read(&self) -> Progress {
        Progress {
            done: self.done.load(Relaxed),
            total: Some(self.total.load(Relaxed)).filter(|total| *total > 0),
            bytes: self.bytes.load(Relaxed),
            attempt: self.attempt.load(Relaxed),
            applying: self.applying.load(Relaxed),
        }
    }
}
