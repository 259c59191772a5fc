//! Files that may be longer than the limit. The list may only get shorter.

use anyhow::{Context, Result};
use std::collections::BTreeMap;

/// Where the list is: lines of a path, a colon, and the reason.
pub const PAGE: &str = "xtask/tidy-exceptions.txt";

/// The paths of the list, each with its reason.
pub fn parse(text: &str) -> Result<BTreeMap<&str, &str>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (path, reason) = line.split_once(": ").unwrap_or((line, ""));
            let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
            Ok((path, reason.with_context(|| format!("{PAGE}: {path} has no reason"))?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_needs_a_reason() {
        assert_eq!(parse("# long\n\na.rs: a table\n").unwrap()["a.rs"], "a table");
        assert!(parse("a.rs\n").is_err());
        assert!(parse("a.rs: \n").is_err());
    }
}
