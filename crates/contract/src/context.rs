//! The circumstances of one call.

use std::time::Instant;

use crate::Caller;

/// Everything a service knows about a call besides the request itself.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who calls.
    pub caller: Caller,
    /// The id of this call in logs and answers. Not the `request_id` of a message, which a client
    /// makes once per intention and repeats with it.
    pub request_id: String,
    /// When the answer is no longer wanted.
    pub deadline: Option<Instant>,
    /// The door through which the call came: `web`, `api`, `import`, `epro`, `imaging`, `system`.
    pub origin: String,
}

impl Context {
    /// A call by `caller`, through the door `origin`, without a deadline.
    pub fn new(caller: Caller, origin: impl Into<String>, request_id: impl Into<String>) -> Self {
        Self { caller, request_id: request_id.into(), deadline: None, origin: origin.into() }
    }
}
