//! What services promise each other.
//!
//! The promises are written in `.proto` files; messages, their JSON, one async trait per service,
//! the REST routes and the OpenAPI document are generated from them when this crate is built.
//! Around them stand the things every call needs: the [`Context`] it is made in, the [`Caller`]
//! who makes it and the [`Permit`] a caller can obtain, and the one [`Error`] that is answered.
//!
//! This crate knows no HTTP server, no store and no rule of a trial. Start reading at
//! `proto/casebook/edc/v1/edc.proto`, then [`edc::v1::Edc`], then [`rest::Route`].

mod authenticator;
mod caller;
mod context;
mod error;
mod permit;
pub mod rest;
mod role;
pub mod timestamp;

pub use authenticator::{Authenticator, Credentials};
pub use caller::{Authentication, Caller, Grant, Sites};
pub use context::Context;
pub use error::{Code, DOMAIN, Detail, Error, FieldViolation};
pub use permit::{Act, Permit, Scope};
pub use role::Role;
pub use timestamp::Timestamp;

/// The OpenAPI 3.1 document of all services, as JSON.
pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The compiled `.proto` files with their comments: an encoded `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The contract of the EDC service.
pub mod edc {
    /// The first version.
    #[expect(clippy::pedantic, reason = "the code is generated")]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/casebook.edc.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/casebook.edc.v1.serde.rs"));
        include!(concat!(env!("OUT_DIR"), "/casebook.edc.v1.traits.rs"));

        /// The REST routes of the service.
        pub mod rest {
            include!(concat!(env!("OUT_DIR"), "/casebook.edc.v1.rest.rs"));
        }
    }
}

/// What Google publishes for describing HTTP interfaces.
pub mod google {
    /// Raw HTTP content and the annotations of methods.
    #[expect(clippy::pedantic, reason = "the code is generated")]
    pub mod api {
        include!(concat!(env!("OUT_DIR"), "/google.api.rs"));
        include!(concat!(env!("OUT_DIR"), "/google.api.serde.rs"));
    }
}
