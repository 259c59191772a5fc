//! A service's gRPC doors, and the way to a service that is elsewhere.
//!
//! A [`Server`] answers for services of this process: their generated `doors()` are bound to it. A
//! generated `…Remote` implements the service's trait by calling another process over a
//! [`Channel`]. Between them travels everything that a [`Context`](crate::Context) says, in
//! [`metadata`], and the whole of an [`Error`](crate::Error), in `status`. Messages are encoded
//! and decoded in the generated code, so that everything here exists once and not per method.
//!
//! tonic speaks the protocol and is seen by nobody but this module and whoever makes channels.

mod admission;
mod codec;
mod gatekeeper;
pub mod metadata;
mod remote;
mod server;
mod status;
mod timeout;

pub use admission::Admission;
pub use gatekeeper::{Arrival, Gate, Gatekeeper};
pub use remote::{BoxError, Channel, Remote, channel};
pub use server::{Answer, Answering, Door, Limits, Server, decode, refusal};
pub(crate) use status::json_of;
