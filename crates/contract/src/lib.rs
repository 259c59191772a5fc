//! What services promise each other.
//!
//! The promises are written in `.proto` files; messages, their JSON, one async trait per service,
//! its REST routes, gRPC doors and remote, and the OpenAPI document are generated from them when
//! this crate is built. Around them stand the things every call needs: the [`Context`] it is made
//! in, the [`Caller`] who makes it and the [`Permit`] a caller can obtain, and the one [`Error`]
//! that is answered.
//!
//! This crate knows no HTTP server, no store and no rule of a trial. Start reading at
//! `proto/casebook/edc/v1/edc.proto`, then [`edc::v1::Edc`], then [`rest::Route`] and
//! [`grpc::Server`], the two ways in, and [`grpc::Remote`], the way to another process.

mod answer_size;
mod authenticator;
mod caller;
mod context;
mod error;
pub mod grpc;
mod left_out;
mod method;
pub mod page;
mod permit;
pub mod rest;
mod role;
pub mod timestamp;
mod trace;

pub use answer_size::AnswerSize;
pub use authenticator::{AccessJournal, Authenticator, CallerTokens, Credentials};
pub use caller::{Authentication, Caller, Grant, Sites, Studies};
pub use context::Context;
pub use error::{Code, DOMAIN, Detail, Error, ErrorDetail, FieldViolation};
pub use left_out::LeftOut;
pub use method::{Access, METHODS, Method, Priority, Reach, Repeat};
pub use permit::{Act, Permit, Scope};
pub use role::Role;
pub use timestamp::Timestamp;
pub use trace::{Trace, TraceUnreadable};

/// The OpenAPI 3.1 document of all services, as JSON.
pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The compiled `.proto` files with their comments: an encoded `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

include!(concat!(env!("OUT_DIR"), "/protos.rs"));

include!(concat!(env!("OUT_DIR"), "/packages.rs"));
