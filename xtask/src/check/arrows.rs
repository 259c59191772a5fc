//! The arrows between our crates, compared with the table in ARCHITECTURE.md.

use super::metadata::Metadata;
use crate::tree;
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = "ARCHITECTURE.md";
const HEADING: &str = "| crate | may use |";
const PREFIX: &str = "casebook-";

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// What the table allows.
enum Allowed {
    Everything,
    Only(BTreeSet<String>),
}

/// Arrows that the table does not allow, and crates that it does not know or that are gone.
/// Dependencies of tests are free.
pub fn findings() -> Result<Vec<String>> {
    Ok(compare(&table(&tree::read(PAGE)?)?, &arrows(&Metadata::read()?)))
}

fn compare(table: &BTreeMap<String, Allowed>, arrows: &Arrows) -> Vec<String> {
    let mut findings = Vec::new();
    for (from, uses) in arrows {
        match table.get(from) {
            None => findings.push(format!("{PAGE}: no row for the crate {from}")),
            Some(Allowed::Everything) => {}
            Some(Allowed::Only(allowed)) => {
                for to in uses.difference(allowed) {
                    findings.push(format!("{from} uses {to}, which {PAGE} does not allow"));
                }
            }
        }
    }
    let gone = table.keys().filter(|name| !arrows.contains_key(*name));
    findings.extend(gone.map(|name| format!("{PAGE}: there is no crate {name}")));
    findings
}

/// The crates of the workspace, each with those that it uses outside its tests.
fn arrows(metadata: &Metadata) -> Arrows {
    let ours: BTreeSet<&str> = metadata.members().map(|package| package.name.as_str()).collect();
    let uses = |package: &super::metadata::Package| {
        let normal = package.dependencies.iter().filter(|one| one.kind.as_deref() != Some("dev"));
        let inside = normal.filter(|one| ours.contains(one.name.as_str()));
        inside.map(|one| short(&one.name)).collect()
    };
    metadata.members().map(|package| (short(&package.name), uses(package))).collect()
}

fn short(name: &str) -> String {
    name.strip_prefix(PREFIX).unwrap_or(name).to_owned()
}

/// Reads rows such as `| store | journal |`, `| kernel | nothing |`, `| casebook | everything |`.
fn table(page: &str) -> Result<BTreeMap<String, Allowed>> {
    let mut rows = page.lines().skip_while(|line| *line != HEADING).skip(2).peekable();
    if rows.peek().is_none() {
        bail!("{PAGE} has no table that begins with `{HEADING}`");
    }
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| row(line).with_context(|| format!("{PAGE}: not a row of two cells: {line}")))
        .collect()
}

fn row(line: &str) -> Option<(String, Allowed)> {
    let mut cells = line.trim_matches('|').split('|').map(str::trim);
    let name = cells.next()?.to_owned();
    let allowed = match (cells.next()?, cells.next()) {
        (_, Some(_)) => return None,
        ("everything", None) => Allowed::Everything,
        ("nothing", None) => Allowed::Only(BTreeSet::new()),
        (list, None) => Allowed::Only(list.split(',').map(|one| one.trim().to_owned()).collect()),
    };
    Some((name, allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "text\n| crate | may use |\n|---|---|\n| kernel | nothing |\n\
                         | rules | kernel |\n| program | everything |\n\nmore | text\n";

    fn arrows(given: &[(&str, &[&str])]) -> Arrows {
        let set = |uses: &[&str]| uses.iter().map(|one| (*one).to_owned()).collect();
        given.iter().map(|(name, uses)| ((*name).to_owned(), set(uses))).collect()
    }

    #[test]
    fn arrows_of_the_table_are_allowed() {
        let given = arrows(&[("kernel", &[]), ("rules", &["kernel"]), ("program", &["rules"])]);
        assert_eq!(compare(&table(TABLE).unwrap(), &given), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_against_the_table_is_found() {
        let given = arrows(&[("kernel", &["rules"]), ("rules", &["kernel"]), ("program", &[])]);
        let found = compare(&table(TABLE).unwrap(), &given);
        assert_eq!(found, ["kernel uses rules, which ARCHITECTURE.md does not allow"]);
    }

    #[test]
    fn new_and_lost_crates_are_found() {
        let given = arrows(&[("kernel", &[]), ("rules", &["kernel"]), ("new", &[])]);
        let found = compare(&table(TABLE).unwrap(), &given);
        assert!(found[0].contains("no row for the crate new"), "{found:?}");
        assert!(found[1].contains("there is no crate program"), "{found:?}");
    }

    #[test]
    fn a_page_without_the_table_is_refused() {
        assert!(table("no table here").is_err());
    }
}
