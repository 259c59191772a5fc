//! The public key that signs checkpoints, as it is noted outside the data folder.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use base64::{Engine as _, prelude::BASE64_STANDARD};

/// The key in Base64: 44 characters.
pub fn text(key: &[u8; 32]) -> String {
    BASE64_STANDARD.encode(key)
}

/// Reads a key in Base64, or a file that holds one.
pub fn read(key_or_file: &str) -> Result<[u8; 32]> {
    if let Some(key) = parse(key_or_file) {
        return Ok(key);
    }
    let path = Path::new(key_or_file);
    if !path.exists() {
        anyhow::bail!("'{key_or_file}' is neither a file nor a public key in Base64");
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {key_or_file}"))?;
    parse(&text).with_context(|| format!("{key_or_file} does not hold a public key in Base64"))
}

fn parse(text: &str) -> Option<[u8; 32]> {
    BASE64_STANDARD.decode(text.trim()).ok()?.try_into().ok()
}
