//! Real vital signs, one row of nineteen values for each visit, to be replicated.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::{
    place::root,
    study::{DERIVED, ITEMS},
};

/// The notes: what nobody measured but people write.
const NOTES: [&str; 4] = [
    "no complaints",
    "rested before the measurement",
    "slight dizziness on standing up, resolved",
    "measured on the left arm",
];

/// The values of one visit in the order of [`entered`].
pub type Visit = Vec<String>;

/// The names of the items that are entered.
pub fn entered() -> impl Iterator<Item = &'static str> {
    ITEMS.iter().map(|(name, ..)| *name).filter(|name| *name != DERIVED)
}

#[derive(Debug, Deserialize)]
struct Raw {
    #[serde(rename = "PATNUM")]
    subject: String,
    #[serde(rename = "INSTANCE")]
    visit: String,
    #[serde(rename = "VTLD")]
    date: String,
    #[serde(rename = "IT.HEIGHT_VSORRES")]
    height: String,
    #[serde(rename = "IT.WEIGHT")]
    weight: String,
    #[serde(rename = "IT.TEMP")]
    temperature: String,
    #[serde(rename = "IT.TEMP_LOC")]
    location: String,
    #[serde(rename = "TMPTC")]
    time_point: String,
    #[serde(rename = "SYS_BP")]
    systolic: String,
    #[serde(rename = "DIA_BP")]
    diastolic: String,
    #[serde(rename = "PULSE")]
    pulse: String,
    #[serde(rename = "SUBPOS")]
    position: String,
}

/// What a subject was last measured at: height, weight, temperature, where.
type Last = [String; 4];

/// Every visit of the demonstration trial at which pressure and pulse were measured three times.
/// Height, weight and temperature are the last of the same subject where they were not measured.
pub fn real_visits() -> Result<Vec<Visit>> {
    let path = root().join("demo/data/raw/vs_raw.csv");
    let mut reader =
        csv::Reader::from_path(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut gathered: BTreeMap<(String, String), Vec<Raw>> = BTreeMap::new();
    let mut order = Vec::new();
    for row in reader.deserialize() {
        let row: Raw = row?;
        let key = (row.subject.clone(), format!("{}/{}", row.visit, row.date));
        let rows = gathered.entry(key.clone()).or_default();
        if rows.is_empty() {
            order.push(key);
        }
        rows.push(row);
    }
    let mut last: BTreeMap<String, Last> = BTreeMap::new();
    let mut visits = Vec::new();
    for key in order {
        let rows = &gathered[&key];
        let known = last.entry(key.0).or_default();
        for row in rows {
            remember(known, row);
        }
        if known.iter().all(|text| !text.is_empty()) {
            visits.extend(visit(rows, known, visits.len()));
        }
    }
    ensure!(visits.len() > 2_000, "only {} visits are complete", visits.len());
    Ok(visits)
}

fn remember(known: &mut Last, row: &Raw) {
    let found = [&row.height, &row.weight, &row.temperature, &row.location];
    for (kept, new) in known.iter_mut().zip(found).filter(|(_, new)| !new.is_empty()) {
        new.trim_start_matches('0').clone_into(kept);
    }
}

fn visit(rows: &[Raw], known: &Last, number: usize) -> Option<Visit> {
    let measured: Vec<&Raw> = rows
        .iter()
        .filter(|row| !row.time_point.is_empty() && !row.systolic.is_empty())
        .filter(|row| !row.diastolic.is_empty() && !row.pulse.is_empty())
        .collect();
    let [first, second, third] = measured[..] else { return None };
    let mut visit: Visit = vec![iso_date(&first.date)?];
    visit.extend(known.iter().cloned());
    for row in [first, second, third] {
        let whole = |text: &String| text.trim_end_matches(".0").to_owned();
        visit.extend([&row.systolic, &row.diastolic, &row.pulse].map(whole));
        visit.push(row.position.clone());
    }
    let method = if number.is_multiple_of(7) { "MANUAL" } else { "AUTOMATED" };
    visit.extend([method.to_owned(), NOTES[number % NOTES.len()].to_owned()]);
    Some(visit)
}

fn iso_date(text: &str) -> Option<String> {
    let date = jiff::civil::Date::strptime("%d-%b-%Y", text).ok()?;
    Some(date.to_string())
}
