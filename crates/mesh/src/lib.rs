//! How services meet: they find each other, share the load, keep deadlines, survive each other's
//! failures, refuse what is too much, and say on whose behalf they call.
//!
//! This crate knows no service, no message and no HTTP route. Time and chance are handed in, so that
//! every algorithm is tested with values. Start reading at [`Channel`]; what it is told is in
//! [`Options`], where it finds endpoints in [`discovery`]. The server's side is [`shedding`],
//! [`deadline`], [`breaker`], [`caller_token`]; [`cache`], [`rate_limit`] and [`quota`] stand alone.

pub mod breaker;
pub mod cache;
pub mod caller_token;
mod channel;
pub mod clock;
pub mod deadline;
pub mod discovery;
pub mod metrics;
pub mod quota;
pub mod rate_limit;
pub mod shedding;
mod single_flight;
#[cfg(test)]
mod test_clock;
pub mod tls;
mod window;

pub use channel::{Channel, MethodPolicy, Options};
pub use clock::{Chance, Clock, RuntimeClock, SplitMix};
pub use discovery::Discovery;
