//! Has a say in each call that came over gRPC, once it is known who calls.

use std::{fmt, sync::Arc};

use crate::{Caller, Error};

/// What is known of a call before it is made.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    pub caller: &'a Caller,
    /// One of our own services passes the call on: the caller was let in at another door.
    pub is_passed_on: bool,
    /// The study that the request names.
    pub study: Option<&'a str>,
}

/// Lets calls in, or refuses them.
pub trait Gatekeeper: Send + Sync + 'static {
    /// Called once for each call, after the caller has proven who he is.
    fn let_in(&self, arrival: Arrival<'_>) -> Result<(), Error>;
}

/// The gatekeeper of one call. A door puts it among the extensions of the request.
#[derive(Clone)]
pub struct Gate(pub Arc<dyn Gatekeeper>);

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}
