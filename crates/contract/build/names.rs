//! How names in `.proto` files are spelled in Rust and in JSON.

use anyhow::{Result, bail};

const KEYWORDS: [&str; 12] =
    ["type", "match", "ref", "move", "use", "where", "for", "in", "loop", "fn", "mod", "self"];

/// The Rust path of a message or enum, for example `crate::edc::v1::subject::Status`.
///
/// `package` is the part of the full name that is the package.
pub fn rust_path(package: &str, full_name: &str) -> String {
    let inside = full_name.strip_prefix(package).unwrap_or(full_name).trim_start_matches('.');
    let mut parts: Vec<&str> = inside.split('.').collect();
    let name = parts.pop().unwrap_or_default();
    let outer = parts.iter().map(|part| snake(part) + "::").collect::<String>();
    format!("{}::{outer}{name}", rust_module(package))
}

/// The module of a package: `casebook.edc.v1` is `crate::edc::v1`.
pub fn rust_module(package: &str) -> String {
    let inside = package.strip_prefix("casebook.").unwrap_or(package);
    format!("crate::{}", inside.replace('.', "::"))
}

/// The Rust field of a proto field. Keywords are refused: a better name is easily found.
pub fn rust_field(name: &str) -> Result<&str> {
    if KEYWORDS.contains(&name) {
        bail!("the bound field `{name}` is a keyword in Rust; choose another name");
    }
    Ok(name)
}

/// `SaveForm` as `save_form`.
pub fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// `READ_DATA` as `ReadData`, `identity` as `Identity`.
pub fn camel(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for word in name.split('_').filter(|word| !word.is_empty()) {
        text.push_str(&word[..1].to_ascii_uppercase());
        text.push_str(&word[1..].to_ascii_lowercase());
    }
    text
}
