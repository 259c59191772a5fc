//! Target: the `.proto` files as they were written, for whoever makes a client of his own.

use std::{fmt::Write as _, path::Path};

use anyhow::Result;
use prost_reflect::DescriptorPool;

pub fn generate(pool: &DescriptorPool, root: &str) -> Result<String> {
    let mut code = String::new();
    writeln!(code, "/// The `.proto` files: the path by which they are imported, and the text.")?;
    writeln!(code, "pub const PROTOS: &[(&str, &str)] = &[")?;
    let files = pool.files();
    for name in files.map(|file| file.name().to_owned()) {
        // What every compiler of protobuf brings along is not among ours.
        if Path::new(root).join(&name).exists() {
            let file = format!("/{root}/{name}");
            let text = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {file:?}))");
            writeln!(code, "    ({name:?}, {text}),")?;
        }
    }
    writeln!(code, "];")?;
    Ok(code)
}
