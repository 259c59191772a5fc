//! Every code with which the program refuses is listed in docs/refusals.md, and no other.

use crate::tree::File;
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = "docs/refusals.md";

/// The files whose function `code` gives the codes of a trial's refusals, and of refused values.
const REFUSALS: [&str; 2] = ["/refusal.rs", "/unfit.rs"];
const CODE_FUNCTION: &str = "fn code(";

/// How errors with a code are made; the code is the first text behind it.
const MAKERS: [&str; 7] = [
    "Error::new(",
    "Error::refused(",
    "Error::not_found(",
    "Error::already_exists(",
    "Error::aborted(",
    "Error::exhausted(",
    "Self::new(Code::",
];

/// Codes that the page lacks, and codes of the page that are in no source file.
pub fn findings(files: &[File]) -> Vec<String> {
    let in_code = in_code(files);
    let page = files.iter().find(|file| file.path == PAGE).and_then(|file| file.text.as_deref());
    let on_page = page.map_or_else(BTreeSet::new, on_page);
    let lacking = in_code.iter().filter(|(code, _)| !on_page.contains(*code));
    let lacking = lacking.map(|(code, path)| format!("{path}: {code} is not listed in {PAGE}"));
    let gone = on_page.iter().filter(|code| !in_code.contains_key(*code));
    lacking.chain(gone.map(|code| format!("{PAGE}: nothing refuses with {code}"))).collect()
}

/// The codes of all crates, each with a file in which it stands.
fn in_code(files: &[File]) -> BTreeMap<&str, &str> {
    let mut codes = BTreeMap::new();
    let sources = files.iter().filter(|file| {
        file.path.starts_with("crates/") && file.path.contains("/src/") && file.kind() == "rs"
    });
    for file in sources {
        let text = file.text.as_deref().unwrap_or_default();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut add = |code| codes.insert(code, file.path.as_str());
        for maker in MAKERS {
            for code in text.split(maker).skip(1).filter_map(first_text) {
                add(code);
            }
        }
        if REFUSALS.iter().any(|end| file.path.ends_with(end)) {
            for code in text.split(CODE_FUNCTION).skip(1).flat_map(texts_of_body) {
                add(code);
            }
        }
    }
    codes
}

/// The first text of a statement, if it is a code.
fn first_text(statement: &str) -> Option<&str> {
    let statement = statement.split(';').next()?;
    statement.split('"').nth(1).filter(|text| is_code(text))
}

/// The codes in the body of a function of an `impl`.
fn texts_of_body(function: &str) -> impl Iterator<Item = &str> {
    let body = function.split("\n    }").next().unwrap_or_default();
    body.split('"').skip(1).step_by(2).filter(|text| is_code(text))
}

/// The codes in the first cells of the page's tables.
fn on_page(page: &str) -> BTreeSet<&str> {
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.filter(|text| is_code(text)).collect()
}

fn is_code(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() > 2
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Locked => "FORM_LOCKED",
            Self::Stale { .. } => "STALE_RECORD",
        }
    }
}
fn refuse() -> Error {
    let error = Error::new(Code::NotFound, "PATH_UNKNOWN", "no METHOD");
    Error::invalid("FIELD", "text")
}
#[cfg(test)]
fn test() { Error::refused("ONLY_IN_A_TEST", "") }
"#;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: Some(text.to_owned()) }
    }

    fn found(page: &str) -> Vec<String> {
        findings(&[file("crates/a/src/refusal.rs", SOURCE), file(PAGE, page)])
    }

    #[test]
    fn a_complete_page_has_no_findings() {
        let page = "| `FORM_LOCKED` | x |\n| `STALE_RECORD` | x |\n| `PATH_UNKNOWN` | x |\n";
        assert_eq!(found(page), Vec::<String>::new());
    }

    #[test]
    fn a_code_that_is_not_listed_is_found() {
        let page = "| `FORM_LOCKED` | x |\n| `PATH_UNKNOWN` | x |\n";
        let expected = "crates/a/src/refusal.rs: STALE_RECORD is not listed in docs/refusals.md";
        assert_eq!(found(page), [expected]);
    }

    #[test]
    fn a_listed_code_that_is_gone_is_found() {
        let page = "| `FORM_LOCKED` |\n| `STALE_RECORD` |\n| `PATH_UNKNOWN` |\n| `OLD` |\n";
        assert_eq!(found(page), ["docs/refusals.md: nothing refuses with OLD"]);
    }
}
