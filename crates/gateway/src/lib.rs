//! HTTP: the one crate that speaks it.
//!
//! A [`Gateway`] is given services, as the routes of their contracts, and somebody who knows the
//! callers. It makes of them an axum router that answers REST and gRPC calls on one
//! port, describes the interface, answers for health and readiness, and has a start page. [`serve`]
//! runs it on a socket until it is told to drain.
//!
//! It knows no service by name, no rule of a trial, no store and no password. Start reading at
//! [`Gateway`], then `door`, the way of every request, and `call`.

mod api;
mod body;
mod call;
mod cookie;
mod credentials;
mod door;
mod drain;
mod file_name;
mod gateway;
mod guard;
mod health;
mod https;
pub mod measures;
mod oauth;
mod pages;
mod passage;
mod problem;
mod redcap;
mod request_id;
mod security;
mod server;
mod silence;
mod tls;
mod uses;
mod watching;
mod web;

pub use cookie::Cookies;
pub use drain::Drain;
pub use gateway::{Gateway, Limits, Readiness, Tracer};
pub use guard::{Guard, Protection};
pub use https::HttpsClient;
pub use redcap::{Redcap, RedcapSettings};
pub use server::{Serving, serve, serve_with};
pub use tls::Tls;
pub use uses::{Use, Uses};
pub use watching::watching;
