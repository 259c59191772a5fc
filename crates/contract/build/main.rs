//! Turns the `.proto` files into everything that is said about them elsewhere.
//!
//! One file per target: `messages` (plain messages and their JSON), `traits` (one trait per
//! service), `rest` (routes), `grpc` (doors and remotes), `details` (of errors), `methods` (the table
//! of all methods), `secrets` (what is not printed), `openapi` (the document), `protos` (their text),
//! `packages` (the modules in which all this stands). `model` is what they share: services,
//! methods, HTTP bindings and `access`, read from the descriptors and checked. A further target is
//! a further file and one line here; a further service is a folder in `proto`.

mod access;
mod descriptors;
mod details;
mod grpc;
mod messages;
mod methods;
mod model;
mod names;
mod openapi;
mod packages;
mod protos;
mod rest;
mod secrets;
mod traits;

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};

const PROTO_ROOT: &str = "../../proto";

fn main() -> Result<()> {
    let out = PathBuf::from(env::var("OUT_DIR").context("cargo sets OUT_DIR")?);

    let contract = descriptors::compile(PROTO_ROOT)?;
    fs::write(out.join("descriptors.bin"), &contract.encoded)?;
    messages::generate(&contract)?;

    let services = model::services(&contract.pool)?;
    for service in &services {
        let file = |target: &str| out.join(format!("{}.{target}.rs", service.package));
        let alone = services.iter().filter(|other| other.package == service.package).count() == 1;
        ensure!(alone, "{} has two services; give each its package", service.package);
        fs::write(file("traits"), traits::generate(service))?;
        fs::write(file("rest"), rest::generate(service)?)?;
        fs::write(file("grpc"), grpc::generate(service)?)?;
    }
    fs::write(out.join("details.rs"), details::generate(&contract.pool)?)?;
    fs::write(out.join("methods.rs"), methods::generate(&services)?)?;
    for (package, code) in secrets::generate(&contract.pool) {
        fs::write(out.join(format!("{package}.secrets.rs")), code)?;
    }
    fs::write(out.join("packages.rs"), packages::generate(&contract.pool, &out)?)?;
    fs::write(out.join("protos.rs"), protos::generate(&contract.pool, PROTO_ROOT)?)?;
    fs::write(out.join("openapi.json"), openapi::generate(&contract.pool, &services)?)?;
    Ok(())
}
