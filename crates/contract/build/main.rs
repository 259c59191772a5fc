//! Turns the `.proto` files into everything that is said about them elsewhere.
//!
//! One file per target: `messages` (plain messages and their JSON), `traits` (one trait per
//! service), `rest` (routes), `openapi` (the document). `model` is what they share: services,
//! methods and HTTP bindings, read from the descriptors and checked. A further target is a further
//! file and one line here.

mod descriptors;
mod messages;
mod model;
mod names;
mod openapi;
mod rest;
mod traits;

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result};

const PROTO_ROOT: &str = "../../proto";

fn main() -> Result<()> {
    let out = PathBuf::from(env::var("OUT_DIR").context("cargo sets OUT_DIR")?);

    let contract = descriptors::compile(PROTO_ROOT)?;
    fs::write(out.join("descriptors.bin"), &contract.encoded)?;
    messages::generate(&contract)?;

    let services = model::services(&contract.pool)?;
    for service in &services {
        fs::write(out.join(format!("{}.traits.rs", service.package)), traits::generate(service))?;
        fs::write(out.join(format!("{}.rest.rs", service.package)), rest::generate(service)?)?;
    }
    fs::write(out.join("openapi.json"), openapi::generate(&contract.pool, &services)?)?;
    Ok(())
}
