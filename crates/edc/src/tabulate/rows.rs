//! The rows that a casebook gives a dataset.

use std::collections::{BTreeMap, HashSet};

use formats::export::{ExportError, RecordOut, SubjectOut};
use kernel::{
    Datum, FormOid, ItemOid, StudyEventOid,
    casebook::{DatumRef, RowKey},
    study::RowContext,
};
use rules::Outcome;

use super::{facts::RowFacts, plan::Plan};

/// What was collected of one subject: records as they come, without what was removed.
pub(super) struct Book {
    pub(super) site: String,
    pub(super) subject: String,
    pub(super) records: Vec<Record>,
}

pub(super) struct Record {
    pub(super) event: StudyEventOid,
    pub(super) event_repeat: String,
    pub(super) form: FormOid,
    pub(super) form_repeat: String,
    pub(super) rows: BTreeMap<RowKey, BTreeMap<ItemOid, Datum>>,
}

/// A row of a dataset.
pub(super) struct Row {
    /// The place of its record in the book.
    pub(super) record: usize,
    /// The repeat of the group that repeats.
    pub(super) key: Option<RowKey>,
    /// Whether it is written: it may be there for its number only.
    pub(super) kept: bool,
    /// The place of the item that gives the row.
    pub(super) each: Option<usize>,
    pub(super) context: Vec<Datum>,
}

impl Row {
    pub(super) fn context(&self, of: RowContext) -> Option<&Datum> {
        let at = RowContext::ALL.iter().position(|(context, _)| *context == of)?;
        self.context.get(at)
    }
}

impl Book {
    pub(super) fn new(subject: &SubjectOut<'_>) -> Self {
        let (site, subject) = (subject.site.to_owned(), subject.key.to_owned());
        Self { site, subject, records: Vec::new() }
    }

    pub(super) fn add(&mut self, out: &RecordOut<'_>) -> Result<(), ExportError> {
        if out.record.removed {
            return Ok(());
        }
        let mut rows: BTreeMap<RowKey, BTreeMap<ItemOid, Datum>> = BTreeMap::new();
        let read = out.record.for_each_item(|row, item, datum| {
            let datum = match datum {
                DatumRef::Value { text, unit } => {
                    Datum::Value { text: text.into(), unit: unit.map(Into::into) }
                }
                DatumRef::Missing(reason) => Datum::Missing(reason),
                DatumRef::Blank => return,
            };
            if let Some(item) = item.filter(|_| !row.removed) {
                let key = RowKey { group: row.group.into(), repeat: row.repeat.into() };
                rows.entry(key).or_default().insert(item.into(), datum);
            }
        });
        read.map_err(|source| ExportError::Record {
            place: format!("subject {}, event {}, form {}", self.subject, out.event, out.form),
            source: Box::new(source),
        })?;
        self.records.push(Record {
            event: out.event.into(),
            event_repeat: out.event_repeat.to_owned(),
            form: out.form.into(),
            form_repeat: out.form_repeat.to_owned(),
            rows,
        });
        Ok(())
    }
}

impl Record {
    /// What an item of the name holds: in the row at hand, else in a group that does not repeat.
    pub(super) fn item<'a>(
        &'a self,
        plan: &'a Plan,
        key: Option<&RowKey>,
        name: &str,
    ) -> Option<&'a Datum> {
        let places = plan.forms.get(&self.form)?.get(name)?;
        let here = key.and_then(|key| {
            let (_, _, item) = places.iter().find(|(group, _, _)| *group == key.group)?;
            self.rows.get(key)?.get(item)
        });
        here.or_else(|| self.values(plan, name, false).next())
    }

    /// What the items of a name hold, row by row; without those of repeating groups where not asked.
    pub(super) fn values<'a>(
        &'a self,
        plan: &'a Plan,
        name: &str,
        repeating: bool,
    ) -> impl Iterator<Item = &'a Datum> {
        let places = plan.forms.get(&self.form).and_then(|form| form.get(name));
        let places = places.map_or(&[][..], Vec::as_slice);
        self.rows.iter().flat_map(move |(key, row)| {
            let here = places
                .iter()
                .filter(move |(group, repeats, _)| *group == key.group && (repeating || !repeats));
            here.filter_map(move |(_, _, item)| row.get(item))
        })
    }
}

/// The rows of a dataset in the order in which they were collected.
pub(super) fn rows(plan: &Plan, book: &Book, dataset: usize) -> Result<Vec<Row>, ExportError> {
    let of = &plan.datasets[dataset];
    let mut all = Vec::new();
    for (at, record) in book.records.iter().enumerate() {
        let event = of.def.events.is_empty() || of.def.events.contains(&record.event);
        if record.form != of.def.form || !event {
            continue;
        }
        let keys: Vec<Option<RowKey>> = match &of.def.group {
            None => vec![None],
            Some(group) => {
                let keys = record.rows.keys().filter(|key| key.group == *group);
                keys.cloned().map(Some).collect()
            }
        };
        for key in keys {
            let context = context(plan, book, record, key.as_ref());
            all.push(Row { record: at, key, kept: true, each: None, context });
        }
    }
    if let Some(only) = &of.only {
        let mut kept = Vec::new();
        for row in all {
            match only.evaluate(&RowFacts::of_items(plan, book, dataset, &row)) {
                Outcome::True => kept.push(row),
                Outcome::Failed(error) => {
                    return Err(stopped(&of.def.name, book, &error.to_string()));
                }
                _ => {}
            }
        }
        all = kept;
    }
    if !of.def.last_of.is_empty() {
        keep_last(plan, book, &of.def.last_of, &mut all);
    }
    if !of.def.number_all {
        all.retain(|row| row.kept);
    }
    Ok(if of.def.each.is_empty() { all } else { each(plan, book, dataset, &all) })
}

/// Of the rows that hold the same in some items, only the last stays.
fn keep_last(plan: &Plan, book: &Book, names: &[String], rows: &mut [Row]) {
    let mut later: HashSet<Vec<Option<Datum>>> = HashSet::new();
    for row in rows.iter_mut().rev() {
        let record = &book.records[row.record];
        let item = |name: &String| record.item(plan, row.key.as_ref(), name).cloned();
        let same = names.iter().map(item).collect();
        row.kept = later.insert(same);
    }
}

/// A row for each item that holds something.
fn each(plan: &Plan, book: &Book, dataset: usize, rows: &[Row]) -> Vec<Row> {
    let mut all = Vec::new();
    for row in rows {
        for (at, each) in plan.datasets[dataset].def.each.iter().enumerate() {
            let key = row.key.clone();
            if book.records[row.record].item(plan, key.as_ref(), &each.item).is_some() {
                let context = row.context.clone();
                let (record, kept) = (row.record, row.kept);
                all.push(Row { record, key, kept, each: Some(at), context });
            }
        }
    }
    all
}

fn context(plan: &Plan, book: &Book, record: &Record, key: Option<&RowKey>) -> Vec<Datum> {
    let text = |of: RowContext| match of {
        RowContext::Study => plan.study.as_str(),
        RowContext::Site => &book.site,
        RowContext::Subject => &book.subject,
        RowContext::Event => record.event.as_str(),
        RowContext::EventRepeat => &record.event_repeat,
        RowContext::FormRepeat => &record.form_repeat,
        RowContext::GroupRepeat => key.map_or("", |key| key.repeat.as_str()),
    };
    RowContext::ALL.iter().map(|(of, _)| Datum::value(text(*of))).collect()
}

/// An export that cannot go on, with the place: never a value.
pub(super) fn stopped(place: &str, book: &Book, why: &str) -> ExportError {
    ExportError::DoesNotFit {
        what: format!("{place} of subject {}", book.subject),
        advice: format!("{why}; correct the record, or the mapping of the study version"),
    }
}
