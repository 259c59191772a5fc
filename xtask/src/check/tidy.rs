//! Layout that no other tool watches. The length of functions is left to clippy.

use super::{exceptions, refusals};
use crate::tree::{self, File};
use anyhow::Result;
use std::collections::BTreeSet;

const LONGEST_FILE_LINES: usize = 400;
const CODE: [&str; 9] = ["rs", "proto", "py", "sh", "ts", "tsx", "css", "html", "js"];
/// Ends of what editors and merges leave.
const LEFTOVERS: [&str; 4] = ["orig", "rej", "bak", "swp"];
const PROSE: [&str; 3] = ["md", "toml", "txt"];
const WORDS_PAGE: &str = "xtask/forbidden-words.txt";
const FIXTURES: [&str; 3] = ["data", "fixtures", "seeds"];
const MAP: &str = "ARCHITECTURE.md";
const SOURCE_PAGE: &str = "PROVENANCE.md";

/// All findings, each with its file.
pub fn findings() -> Result<Vec<String>> {
    let files = tree::files()?;
    let mut findings = too_long(&files, &tree::read(exceptions::PAGE)?)?;
    let words = tree::read(WORDS_PAGE)?;
    findings.extend(forbidden_words(&files, &words));
    findings.extend(fixtures_without_source(&files));
    findings.extend(left_behind(&files));
    findings.extend(refusals::findings(&files));
    findings.extend(lost_paths(&files, &tree::read(MAP)?));
    Ok(findings)
}

fn too_long(files: &[File], exceptions: &str) -> Result<Vec<String>> {
    let mut exceptions = exceptions::parse(exceptions)?;
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| CODE.contains(&file.kind()) && !is_fixture(&file.path)) {
        let lines = file.text.as_deref().map_or(0, |text| text.lines().count());
        if lines > LONGEST_FILE_LINES && exceptions.remove(file.path.as_str()).is_none() {
            let path = &file.path;
            findings.push(format!("{path}: {lines} lines, the limit is {LONGEST_FILE_LINES}"));
        }
    }
    let unused = exceptions.keys();
    findings.extend(unused.map(|path| format!("{}: {path} needs no exception", exceptions::PAGE)));
    Ok(findings)
}

/// What editors and merges leave beside a file.
fn left_behind(files: &[File]) -> Vec<String> {
    let left = files.iter().filter(|file| LEFTOVERS.contains(&file.kind()));
    left.map(|file| format!("{}: left behind by a tool; remove it", file.path)).collect()
}

fn forbidden_words(files: &[File], words: &str) -> Vec<String> {
    let words = words.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let words: Vec<&str> = words.collect();
    let watched = files.iter().filter(|file| {
        let kind = file.kind();
        file.path != WORDS_PAGE
            && !is_fixture(&file.path)
            && (CODE.contains(&kind) || PROSE.contains(&kind))
    });
    let mut findings = Vec::new();
    for file in watched {
        for (line, number) in file.text.as_deref().unwrap_or_default().lines().zip(1..) {
            let found = words.iter().filter(|word| contains_word(line, word));
            findings.extend(found.map(|word| format!("{}:{number}: `{word}`", file.path)));
        }
    }
    findings
}

/// Whether the line contains the text, not as a part of a longer word.
fn contains_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let begins_as_word = word.starts_with(is_part);
    let ends_as_word = word.ends_with(is_part);
    line.match_indices(word).any(|(at, _)| {
        let free_before = !begins_as_word || !line[..at].ends_with(is_part);
        free_before && !(ends_as_word && line[at + word.len()..].starts_with(is_part))
    })
}

/// Folders of fixtures with a file for which no page, there or further up among the fixtures, says
/// where it is from.
fn fixtures_without_source(files: &[File]) -> Vec<String> {
    let pages: BTreeSet<&str> =
        files.iter().filter_map(|file| file.path.strip_suffix(SOURCE_PAGE)).collect();
    let lacking: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| {
            let outermost = fixture_folder(&file.path)?;
            let inside = file.path.match_indices('/').map(|(at, _)| &file.path[..=at]);
            let mut folders = inside.filter(|folder| folder.len() > outermost.len());
            let innermost = file.path.rsplit_once('/').map(|(folder, _)| folder);
            if folders.any(|folder| pages.contains(folder)) { None } else { innermost }
        })
        .collect();
    let say = |folder| format!("{folder}: no {SOURCE_PAGE} says where this is from");
    lacking.into_iter().map(say).collect()
}

/// Source files that the map of the code names, below the root or `crates/`, and that are gone.
fn lost_paths(files: &[File], map: &str) -> Vec<String> {
    let named = map.split('`').skip(1).step_by(2);
    let named = named.filter(|text| text.contains('/') && text.strip_suffix(".rs").is_some());
    let is_there = |path: &str| {
        files.iter().any(|file| {
            file.path.strip_prefix("crates/").unwrap_or(&file.path) == path || file.path == path
        })
    };
    let lost: BTreeSet<&str> = named.filter(|path| !is_there(path)).collect();
    lost.into_iter().map(|path| format!("{MAP}: there is no {path}")).collect()
}

fn is_fixture(path: &str) -> bool {
    fixture_folder(path).is_some()
}

/// The outermost folder of the path that is named as one of fixtures.
fn fixture_folder(path: &str) -> Option<&str> {
    let (folders, _) = path.rsplit_once('/')?;
    let mut end = 0;
    for name in folders.split('/') {
        end += name.len();
        if FIXTURES.contains(&name) {
            return Some(&path[..end]);
        }
        end += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: Some(text.to_owned()) }
    }

    #[test]
    fn a_long_file_is_found_unless_it_is_an_exception() {
        let files = [file("a.rs", &"x\n".repeat(401)), file("b.rs", &"x\n".repeat(400))];
        assert_eq!(too_long(&files, "").unwrap(), ["a.rs: 401 lines, the limit is 400"]);
        assert_eq!(too_long(&files, "a.rs: a table\n").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_exception_that_is_not_needed_is_found() {
        let found = too_long(&[file("a.rs", "x\n")], "a.rs: was long\n").unwrap();
        assert_eq!(found, ["xtask/tidy-exceptions.txt: a.rs needs no exception"]);
    }

    #[test]
    fn forbidden_words_are_found_as_words_with_their_line() {
        let files = [file("a.rs", "one\nmark it LATER\nLATERAL\n"), file("b.bin", "LATER")];
        assert_eq!(forbidden_words(&files, "# words\nLATER\n"), ["a.rs:2: `LATER`"]);
    }

    #[test]
    fn what_a_tool_left_behind_is_found() {
        let files = [file("a.rs", ""), file("a.rs.orig", ""), file("b.patch.rej", "")];
        let found: Vec<String> = left_behind(&files);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("a.rs.orig: "), "{found:?}");
    }

    #[test]
    fn a_path_on_the_map_that_is_gone_is_found() {
        let files = [file("crates/a/src/b.rs", ""), file("xtask/src/c.rs", "")];
        let map = "See `a/src/b.rs`, `crates/a/src/b.rs`, `xtask/src/c.rs` and `a/src/old.rs`.";
        assert_eq!(lost_paths(&files, map), ["ARCHITECTURE.md: there is no a/src/old.rs"]);
    }

    #[test]
    fn fixtures_need_a_page_that_names_their_source() {
        let lacking = [file("crates/a/tests/data/odm/x.xml", "")];
        let found = fixtures_without_source(&lacking);
        assert_eq!(found, ["crates/a/tests/data/odm: no PROVENANCE.md says where this is from"]);
        for page in ["demo/data/PROVENANCE.md", "demo/data/raw/PROVENANCE.md"] {
            let complete = [file("demo/data/raw/x.csv", ""), file(page, "")];
            assert_eq!(fixtures_without_source(&complete), Vec::<String>::new());
        }
        let elsewhere = [file("demo/data/raw/x.csv", ""), file("demo/PROVENANCE.md", "")];
        assert_eq!(fixtures_without_source(&elsewhere).len(), 1);
    }
}
