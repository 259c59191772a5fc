//! A service's REST doors, independent of any HTTP server.
//!
//! The generated `routes()` of each service are bound to its implementation and collected in a
//! [`Router`]; the router finds the one for a method and a raw path, and calling it turns path,
//! query and body into the plain message, and the answer into bytes.

pub mod bind;
mod request;
mod route;
mod router;
mod template;

pub use request::Request;
pub use route::{Answer, Answering, Bound, Route, Verb};
pub use router::{Found, Router};
