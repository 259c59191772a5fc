//! Target: the modules of all packages, so that a further package is a further folder in `proto`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use anyhow::Result;
use prost_reflect::DescriptorPool;

/// What only the generator reads has no form in Rust.
const FOR_THE_GENERATOR: [&str; 1] = ["casebook.api.v1"];
const OURS: [&str; 2] = ["casebook.", "google.api"];

const ALLOWED: &str = "#[allow(clippy::pedantic, unused_mut, reason = \"the code is generated\")]";

/// What of a package is in the module itself.
const PARTS: [&str; 4] = ["", ".serde", ".secrets", ".traits"];

/// What has a module of its own.
const DOORS: [(&str, &str); 2] = [
    ("rest", "The REST routes of the service."),
    ("grpc", "The gRPC doors of the service, and the way to it from another process."),
];

#[derive(Default)]
struct Module {
    inner: BTreeMap<String, Module>,
    package: Option<String>,
}

pub fn generate(pool: &DescriptorPool, out: &Path) -> Result<String> {
    let packages: BTreeSet<String> =
        pool.files().map(|file| file.package_name().to_owned()).collect();
    let mut root = Module::default();
    for package in packages {
        let is_ours = OURS.iter().any(|ours| package.starts_with(ours));
        if !is_ours || FOR_THE_GENERATOR.contains(&package.as_str()) {
            continue;
        }
        let path = package.strip_prefix("casebook.").unwrap_or(&package);
        let module = path
            .split('.')
            .fold(&mut root, |module, name| module.inner.entry(name.to_owned()).or_default());
        module.package = Some(package);
    }
    let mut code = String::new();
    write_modules(&mut code, &root, out)?;
    Ok(code)
}

fn write_modules(code: &mut String, module: &Module, out: &Path) -> Result<()> {
    for (name, inner) in &module.inner {
        let about = match &inner.package {
            Some(package) => format!("The messages and services of `{package}`."),
            None => format!("The contract of `{name}`."),
        };
        writeln!(code, "/// {about}")?;
        if inner.package.is_some() {
            writeln!(code, "{ALLOWED}")?;
        }
        writeln!(code, "pub mod {name} {{")?;
        if let Some(package) = &inner.package {
            for part in PARTS {
                write_include(code, &format!("{package}{part}.rs"), out)?;
            }
            for (doors, about) in DOORS {
                let file = format!("{package}.{doors}.rs");
                if out.join(&file).exists() {
                    writeln!(code, "/// {about}\npub mod {doors} {{")?;
                    write_include(code, &file, out)?;
                    writeln!(code, "}}")?;
                }
            }
        }
        write_modules(code, inner, out)?;
        writeln!(code, "}}")?;
    }
    Ok(())
}

fn write_include(code: &mut String, file: &str, out: &Path) -> Result<()> {
    if out.join(file).exists() {
        writeln!(code, "include!(concat!(env!(\"OUT_DIR\"), \"/{file}\"));")?;
    }
    Ok(())
}
