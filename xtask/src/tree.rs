//! The files of the repository, without what builds and tests leave behind.

use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

const LEFT_BEHIND: [&str; 10] = [
    ".git",
    "target",
    "node_modules",
    "__pycache__",
    "casebook-data",
    "corpus",
    "artifacts",
    "dist",
    "shots",
    "test-results",
];

/// One file: where it is below the root, and what it says if it is text.
pub struct File {
    pub path: String,
    pub text: Option<String>,
}

impl File {
    /// The extension, or nothing.
    pub fn kind(&self) -> &str {
        Path::new(&self.path).extension().and_then(|kind| kind.to_str()).unwrap_or_default()
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// All files, sorted by path.
pub fn files() -> Result<Vec<File>> {
    let mut files = Vec::new();
    collect(&root(), "", &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// Reads one file below the root.
pub fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {path}"))
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {prefix}"))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            if !LEFT_BEHIND.contains(&name.as_str()) {
                collect(&entry.path(), &format!("{path}/"), files)?;
            }
        } else {
            let bytes = fs::read(entry.path()).with_context(|| format!("cannot read {path}"))?;
            files.push(File { path, text: String::from_utf8(bytes).ok() });
        }
    }
    Ok(())
}
