//! Compiles the `.proto` files, without an installed protoc.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use prost_reflect::DescriptorPool;
use protox::Compiler;

/// The compiled files, in the forms that the targets want.
pub struct Contract {
    pub pool: DescriptorPool,
    /// A `FileDescriptorSet` with imports and comments.
    pub encoded: Vec<u8>,
}

pub fn compile(root: &str) -> Result<Contract> {
    println!("cargo:rerun-if-changed={root}");
    println!("cargo:rerun-if-changed=build");

    let mut files = Vec::new();
    proto_files(Path::new(root), &mut files)?;
    files.sort();

    let mut compiler = Compiler::new([root])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    Ok(Contract {
        pool: compiler.descriptor_pool(),
        encoded: compiler.encode_file_descriptor_set(),
    })
}

fn proto_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            proto_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    Ok(())
}
