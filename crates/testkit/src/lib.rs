//! A world for tests: what a test starts, uses and leaves behind clean. Never part of the product.

#[cfg(feature = "wire")]
pub mod access;
pub mod clock;
pub mod etcd;
pub mod gozero;
pub mod languages;
pub mod postgres;
pub mod study;
#[cfg(feature = "wire")]
pub mod wire;
