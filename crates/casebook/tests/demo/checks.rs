//! The checks of the trial find what an independent count finds in the source data.

use std::{collections::BTreeMap, io::BufRead};

use super::trial::{TRIAL, cell, demo, rows};

/// Queries by check, from the export that carries them. A check on several forms counts as one.
fn queries_by_check() -> BTreeMap<String, u64> {
    let out = TRIAL.path("queries.ndjson");
    TRIAL.run(&["export"], &["--format", "ndjson", "--trail", "--unblinded", "--out", &out]);
    let mut counts = BTreeMap::new();
    let file = std::io::BufReader::new(std::fs::File::open(out).unwrap());
    for line in file.lines() {
        let record: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        for query in record["queries"].as_array().into_iter().flatten() {
            let Some(check) = query["check"].as_str() else { continue };
            let name = check.split('@').next().unwrap_or(check);
            if query["state"] == "OPEN" {
                *counts.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    counts
}

#[test]
fn checks_open_as_many_queries_as_an_independent_count_expects() {
    let counts = queries_by_check();
    let (mut compared, mut different) = (0, Vec::new());
    for row in rows(&demo().join("expected/checks.csv")) {
        let (check, expected) = (cell(&row, "check"), cell(&row, "fires"));
        if check == "total" {
            continue;
        }
        let found = counts.get(check).copied().unwrap_or_default();
        if found.to_string() != expected {
            different.push(format!("{check}: {found} queries, expected {expected}"));
        }
        compared += 1;
    }
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(compared, 60);
}

#[test]
fn the_summary_counts_what_the_source_has() {
    let summary: serde_json::Value = serde_json::from_str(TRIAL.summary.trim()).unwrap();
    assert_eq!(summary["subjects"], 306);
    assert_eq!(summary["sites"], 17);
    assert_eq!(summary["sourceRows"], 212_507);
}
