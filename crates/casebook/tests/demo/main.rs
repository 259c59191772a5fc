//! The demonstration trial, built once by the program itself, and what can be asked of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod checks;
mod copy;
mod fhir;
mod house;
mod sdtm;
mod source;
mod trial;
