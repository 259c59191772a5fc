//! One form record of an import: what each of its rows becomes.

use std::collections::{BTreeMap, BTreeSet};

use journal::Hash;
use kernel::{
    RequestId, Wording,
    casebook::{Assignment, Casebook, Entered, Event, RecordPart, Refusal, SaveForm},
};

use super::{
    Expect, Given, Place, RecordUnit, Run,
    report::{Outcome, RowReport},
};
use crate::{
    change::{Change, Writer},
    compiled::FormRules,
    decide,
};

/// What came of a record.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub rows: Vec<RowReport>,
    pub saved: bool,
    pub values: u64,
    pub opened: u64,
    pub closed: u64,
}

/// Saves the record as far as its rows are good; a row with a bad value is rejected whole.
pub(super) fn apply(run: &Run, writer: &mut Writer<'_>, unit: &RecordUnit) -> Applied {
    let mut applied = Applied::default();
    let whole = save_of(run, unit, &|_| true);
    let mut rejected = unexpected(run, writer, unit, &whole);
    loop {
        let good = |row: u64| !rejected.contains_key(&row);
        let save = save_of(run, unit, &good);
        let request = request(run, unit, &save);
        if writer.book.casebook.requests.contains_key(&request) {
            tell(unit, &rejected, |_| Outcome::Unchanged, &mut applied);
            return applied;
        }
        let existed = writer.book.casebook.record(&unit.record).is_some();
        match decide_unit(run, &writer.book.casebook, unit, &save) {
            Ok(events) => {
                let touched = touched_rows(unit, &events);
                count(&events, &mut applied);
                let change = Change {
                    permit: &run.permit,
                    origin: "import",
                    subject: &unit.subject,
                    request,
                    reason: Some(run.options.reason.clone()),
                };
                applied.saved = !events.is_empty();
                writer.take(&change, &events);
                let notes = notes(run, &writer.book.casebook, unit);
                let outcome = |row: u64| match (touched.contains(&row), existed) {
                    (false, _) => Outcome::Unchanged,
                    (true, true) => Outcome::Changed,
                    (true, false) => Outcome::Accepted,
                };
                tell(unit, &rejected, outcome, &mut applied);
                add(&notes, &mut applied.rows);
                return applied;
            }
            Err(refusal) => {
                let before = rejected.len();
                reject(unit, &refusal, &mut rejected);
                if rejected.len() == before || rejected.len() >= unit.rows.len() {
                    for place in &unit.rows {
                        rejected.entry(place.row).or_insert_with(|| said(&refusal));
                    }
                    tell(unit, &rejected, |_| Outcome::Rejected, &mut applied);
                    return applied;
                }
            }
        }
    }
}

/// The rows whose transaction does not fit what is there. A file that was applied before is not
/// held against what it has done itself.
fn unexpected(
    run: &Run,
    writer: &Writer<'_>,
    unit: &RecordUnit,
    whole: &SaveForm,
) -> BTreeMap<u64, String> {
    let casebook = &writer.book.casebook;
    let mut rejected = BTreeMap::new();
    if casebook.requests.contains_key(&request(run, unit, whole)) {
        return rejected;
    }
    let record = casebook.record(&unit.record);
    for cell in &unit.cells {
        let there = record.and_then(|record| record.datum(&cell.item.row, &cell.item.item));
        let why = match (cell.expect, there.is_some()) {
            (Expect::Blank, true) => "is inserted and has a value already",
            (Expect::Value, false) => "is updated or removed and has no value",
            _ => continue,
        };
        rejected.insert(cell.row, format!("{} {why}", cell.column));
    }
    rejected
}

fn save_of(run: &Run, unit: &RecordUnit, good: &dyn Fn(u64) -> bool) -> SaveForm {
    let assignments = unit
        .cells
        .iter()
        .filter(|cell| good(cell.row))
        .map(|cell| Assignment {
            row: cell.item.row.clone(),
            item: cell.item.item.clone(),
            entered: match &cell.given {
                Given::Text(raw) => Entered::Value { raw: raw.clone(), unit: cell.unit.clone() },
                Given::Missing(reason) => Entered::Missing(*reason),
                Given::Clear => Entered::Clear,
            },
        })
        .collect();
    SaveForm {
        record: unit.record.clone(),
        seen_version: None,
        complete: unit.complete.or(run.options.complete.then_some(true)),
        assignments,
        reason: Some(run.options.reason.clone()),
    }
}

/// The same content of the same place in the same file is the same request.
fn request(run: &Run, unit: &RecordUnit, save: &SaveForm) -> RequestId {
    let content = format!(
        "{}\u{1f}{}\u{1f}{:?}\u{1f}{:?}\u{1f}{:?}",
        run.file_digest, unit.subject, unit.record, save.assignments, unit.remove
    );
    RequestId::new(format!("import-{}", &Hash::of(content.as_bytes()).to_string()[..32]))
}

fn decide_unit(
    run: &Run,
    casebook: &Casebook,
    unit: &RecordUnit,
    save: &SaveForm,
) -> Result<Vec<Event>, Refusal> {
    let mut events = Vec::new();
    if !save.assignments.is_empty() || unit.remove.is_empty() {
        let version = run.study.of(casebook);
        run.edc.files_present(version, (&run.study.oid, &unit.subject), save)?;
        let decided = decide::save_form(version, &unit.subject, casebook, save)?;
        events = decided.events;
    }
    for row in &unit.remove {
        let record = casebook.record(&unit.record).ok_or(Refusal::RecordUnknown)?;
        let removed = match row {
            None => record.removed,
            Some(row) => record.rows.get(row).ok_or(Refusal::RecordUnknown)?.removed,
        };
        if !removed {
            let part = RecordPart { record: unit.record.clone(), row: row.clone() };
            events.push(Event::Removed(part));
            events.extend(decide::close_queries_of(casebook, &unit.record, row.as_ref()));
        }
    }
    Ok(events)
}

/// What is to be known of rows of the file that were loaded: why no reference range was found.
fn notes(run: &Run, casebook: &Casebook, unit: &RecordUnit) -> BTreeMap<u64, Wording> {
    let version = run.study.of(casebook);
    let mut notes = BTreeMap::new();
    if !version.rules(&unit.record.form).is_some_and(FormRules::read_ranges) {
        return notes;
    }
    let rows: BTreeSet<_> = unit.cells.iter().map(|cell| (cell.row, &cell.item.row)).collect();
    for (number, row) in rows {
        let found = decide::range_notes(version, casebook, &unit.record, row);
        if !found.is_empty() {
            let joined = |text: fn(&Wording) -> &str, between: &str| {
                found.iter().map(text).collect::<Vec<_>>().join(between)
            };
            let said = Wording::new(joined(|one| &one.en, "; "), joined(|one| &one.zh, "；"));
            notes.insert(number, said);
        }
    }
    notes
}

/// Adds notes to rows that were loaded.
fn add(notes: &BTreeMap<u64, Wording>, rows: &mut [RowReport]) {
    let loaded = |row: &&mut RowReport| matches!(row.outcome, Outcome::Accepted | Outcome::Changed);
    for row in rows.iter_mut().filter(loaded) {
        if let Some(note) = notes.get(&row.place.row) {
            row.reason.clone_from(&note.en);
            row.reason_zh = Some(note.zh.clone());
        }
    }
}

/// The rows of the file whose values changed something.
fn touched_rows(unit: &RecordUnit, events: &[Event]) -> std::collections::BTreeSet<u64> {
    let mut touched = std::collections::BTreeSet::new();
    for event in events {
        match event {
            Event::FormSaved(saved) => {
                let changed: std::collections::HashSet<_> =
                    saved.changes().map(|(row, change)| (row, &change.0)).collect();
                let rows = unit
                    .cells
                    .iter()
                    .filter(|cell| changed.contains(&(&cell.item.row, &cell.item.item)));
                touched.extend(rows.map(|cell| cell.row));
                if saved.complete.is_some() && touched.is_empty() {
                    touched.extend(unit.rows.iter().map(|place| place.row));
                }
            }
            Event::Removed(_) => touched.extend(unit.rows.iter().map(|place| place.row)),
            _ => {}
        }
    }
    touched
}

fn count(events: &[Event], applied: &mut Applied) {
    for event in events {
        match event {
            Event::FormSaved(saved) => applied.values += saved.changes().count() as u64,
            Event::QueryOpened(_) => applied.opened += 1,
            Event::QueryClosed { .. } => applied.closed += 1,
            _ => {}
        }
    }
}

/// Marks the rows that a refusal is about; all of them when it is about the record.
fn reject(unit: &RecordUnit, refusal: &Refusal, rejected: &mut BTreeMap<u64, String>) {
    let Refusal::ValueInvalid(faults) = refusal else {
        for place in &unit.rows {
            rejected.insert(place.row, said(refusal));
        }
        return;
    };
    for fault in faults {
        for cell in unit.cells.iter().filter(|cell| cell.item == fault.item) {
            let why = format!("column {}: {}", cell.column, fault.why);
            let reasons = rejected.entry(cell.row).or_default();
            if !reasons.is_empty() {
                reasons.push_str("; ");
            }
            reasons.push_str(&why);
        }
    }
}

fn said(refusal: &Refusal) -> String {
    format!("{}: {refusal}", refusal.code())
}

fn tell(
    unit: &RecordUnit,
    rejected: &BTreeMap<u64, String>,
    outcome: impl Fn(u64) -> Outcome,
    applied: &mut Applied,
) {
    for place in &unit.rows {
        let report = |outcome, reason| RowReport::new(Place { ..*place }, outcome, reason);
        applied.rows.push(match rejected.get(&place.row) {
            Some(reason) => report(Outcome::Rejected, reason.clone()),
            None => report(outcome(place.row), String::new()),
        });
    }
}
