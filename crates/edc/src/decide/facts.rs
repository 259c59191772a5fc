//! What rules read of a casebook.

use std::sync::Arc;

use kernel::{
    Datum, FormOid, PartialDate, RepeatKey, StudyEventOid,
    casebook::{Casebook, FormRecord, ItemKey, RecordKey, RowKey},
    laboratory::{Asked, NoRange, ReferenceRange},
    study::{Design, StudyEventKind},
};
use rules::{Facts, Outcome};

use crate::compiled::{Compiled, FormRules};

/// A value with its place in the casebook.
pub(super) type Placed = ((RecordKey, ItemKey), Datum);

/// The facts of a whole casebook, for eligibility.
pub(crate) struct CasebookFacts<'a> {
    pub compiled: &'a Compiled,
    pub casebook: &'a Casebook,
}

/// The facts of one record, or of one row of it, within its casebook.
pub(crate) struct RecordFacts<'a> {
    pub compiled: &'a Compiled,
    pub casebook: &'a Casebook,
    pub rules: &'a FormRules,
    pub key: &'a RecordKey,
    /// The record as it would be after the save.
    pub record: &'a FormRecord,
    /// The record that is being saved, where that is another one.
    pub saving: Option<(&'a RecordKey, &'a FormRecord)>,
    pub row: Option<&'a RowKey>,
}

impl Facts for CasebookFacts<'_> {
    fn item(&self, _name: &str) -> Option<&Datum> {
        None
    }

    fn first(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        self.first_at(event, form, item).map(|(_, datum)| datum)
    }

    fn last(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        self.last_at(event, form, item).map(|(_, datum)| datum)
    }

    fn count(&self, form: &str) -> u32 {
        count(self.casebook, form)
    }

    fn code_list_has(&self, list: &str, value: &str) -> bool {
        code_list_has(&self.compiled.design, list, value)
    }
}

impl CasebookFacts<'_> {
    /// The value that `first` reads, with its place.
    pub(super) fn first_at(&self, event: &str, form: &str, item: &str) -> Option<Placed> {
        records(self.casebook, event, form).find_map(|(key, record)| self.read(key, record, item))
    }

    /// The value that `last` reads, with its place.
    pub(super) fn last_at(&self, event: &str, form: &str, item: &str) -> Option<Placed> {
        let of_event = records(self.casebook, event, form);
        of_event.filter_map(|(key, record)| self.read(key, record, item)).last()
    }

    fn read(&self, key: &RecordKey, record: &FormRecord, item: &str) -> Option<Placed> {
        let (item, datum) = placed(self.compiled.rules(&key.form)?, record, item).next_back()?;
        Some(((key.clone(), item), datum.clone()))
    }
}

impl Facts for RecordFacts<'_> {
    fn item(&self, name: &str) -> Option<&Datum> {
        let places = self.rules.names.get(name)?;
        if let Some(row) = self.row {
            let here = places.iter().find(|(place, _)| place.group == row.group);
            if let Some((_, item)) = here {
                return self.record.datum(row, item);
            }
        }
        places.iter().find_map(|(row, item)| self.record.datum(row, item))
    }

    fn previous(&self, item: &str) -> Option<Datum> {
        let design = &self.compiled.design;
        let position = |event: &StudyEventOid| {
            let scheduled = design.event(event)?.kind == StudyEventKind::Scheduled;
            design.event_position(event).filter(|_| scheduled)
        };
        let here = position(&self.key.event)?;
        let earlier = self.casebook.records.keys().filter(|key| {
            key.form == self.key.form && position(&key.event).is_some_and(|at| at < here)
        });
        let mut keys: Vec<&RecordKey> = earlier.collect();
        keys.sort_by_key(|key| (position(&key.event), repeat_number(&key.event_repeat)));
        keys.into_iter().rev().find_map(|key| {
            let record = self.record_at(key).filter(|record| !record.removed)?;
            let found = named(self.rules, record, item).rfind(|datum| datum.text().is_some());
            found.cloned()
        })
    }

    fn first(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        self.values(event, form, item).into_iter().next()
    }

    fn last(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        self.values(event, form, item).pop()
    }

    fn rows(&self, item: &str) -> Vec<Datum> {
        named(self.rules, self.record, item).cloned().collect()
    }

    fn count(&self, form: &str) -> u32 {
        let new = self.key.form.as_str() == form && self.casebook.record(self.key).is_none();
        count(self.casebook, form) + u32::from(new)
    }

    fn others(&self, items: &[String]) -> u32 {
        let mine: Option<Vec<&Datum>> = items.iter().map(|name| self.item(name)).collect();
        let Some(mine) = mine else { return 0 };
        let same = |key: &RecordKey, record: &FormRecord| -> usize {
            let rows = self.group_rows(record);
            let here = rows.into_iter().filter(|row| *row != self.row || key != self.key);
            here.filter(|row| {
                let facts = RecordFacts { key, record, row: *row, ..*self };
                items.iter().zip(&mine).all(|(name, mine)| facts.item(name) == Some(*mine))
            })
            .count()
        };
        let is_new = |key: &&RecordKey| !self.casebook.records.contains_key(*key);
        let saving = self.saving.map(|(key, _)| key).filter(is_new);
        let of_form = self.casebook.records.keys().chain(saving);
        let of_form = of_form.filter(|key| key.form == self.key.form && *key != self.key);
        let mut found = 0;
        for key in of_form {
            let record = self.record_at(key).filter(|record| !record.removed);
            found += record.map_or(0, |record| same(key, record));
        }
        found += same(self.key, self.record);
        u32::try_from(found).unwrap_or(u32::MAX)
    }

    fn reference_date(&self) -> Option<PartialDate> {
        reference_date(self.compiled, self.casebook)
    }

    fn range(&self, asked: &Asked<'_>) -> Result<Arc<ReferenceRange>, NoRange> {
        let none = || NoRange::Test(asked.test.to_owned());
        let enrolment = self.casebook.enrolment.as_ref().ok_or_else(none)?;
        self.compiled.ranges.find(&enrolment.site, asked)
    }

    fn code_list_has(&self, list: &str, value: &str) -> bool {
        code_list_has(&self.compiled.design, list, value)
    }
}

impl<'a> RecordFacts<'a> {
    /// The rows of a record that stand beside the one on which the rule runs; the record itself
    /// when it runs on no row.
    fn group_rows<'b>(&self, record: &'b FormRecord) -> Vec<Option<&'b RowKey>> {
        match self.row {
            None => vec![None],
            Some(row) => record
                .rows
                .iter()
                .filter(|(key, content)| key.group == row.group && !content.removed)
                .map(|(key, _)| Some(key))
                .collect(),
        }
    }

    fn record_at(&self, key: &RecordKey) -> Option<&'a FormRecord> {
        if key == self.key {
            return Some(self.record);
        }
        match self.saving {
            Some((saving, record)) if saving == key => Some(record),
            _ => self.casebook.records.get(key).map(AsRef::as_ref),
        }
    }

    fn values(&self, event: &str, form: &str, item: &str) -> Vec<Datum> {
        let Some(rules) = self.compiled.rules(&FormOid::from(form)) else { return Vec::new() };
        let is_it = |key: &RecordKey| key.event.as_str() == event && key.form.as_str() == form;
        let in_casebook = self.casebook.records.keys();
        let mut keys: Vec<&RecordKey> = in_casebook.filter(|key| is_it(key)).collect();
        let saving = self.saving.map(|(key, _)| key);
        for key in [Some(self.key), saving].into_iter().flatten() {
            if is_it(key) && !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.sort();
        keys.into_iter()
            .filter_map(|key| self.record_at(key))
            .filter(|record| !record.removed)
            .flat_map(|record| named(rules, record, item).cloned())
            .collect()
    }
}

/// The date that is study day 1 of a casebook.
pub(super) fn reference_date(compiled: &Compiled, casebook: &Casebook) -> Option<PartialDate> {
    let facts = CasebookFacts { compiled, casebook };
    match compiled.study_day_1.as_ref()?.evaluate(&facts) {
        Outcome::Value(date) => PartialDate::parse(&date),
        _ => None,
    }
}

/// Every value that a record has under an item name, row by row.
fn named<'a>(
    rules: &'a FormRules,
    record: &'a FormRecord,
    name: &str,
) -> impl DoubleEndedIterator<Item = &'a Datum> {
    let places = rules.names.get(name).map_or(&[][..], Vec::as_slice);
    record.rows.iter().filter(|(_, row)| !row.removed).flat_map(move |(key, row)| {
        let here = places.iter().filter(move |(place, _)| place.group == key.group);
        here.filter_map(move |(_, item)| row.items.get(item))
    })
}

/// The same with the place of each.
fn placed<'a>(
    rules: &'a FormRules,
    record: &'a FormRecord,
    name: &str,
) -> impl DoubleEndedIterator<Item = (ItemKey, &'a Datum)> {
    let places = rules.names.get(name).map_or(&[][..], Vec::as_slice);
    record.rows.iter().filter(|(_, row)| !row.removed).flat_map(move |(key, row)| {
        let here = places.iter().filter(move |(place, _)| place.group == key.group);
        here.filter_map(move |(_, item)| {
            let datum = row.items.get(item)?;
            Some((ItemKey { row: key.clone(), item: item.clone() }, datum))
        })
    })
}

fn records<'a>(
    casebook: &'a Casebook,
    event: &'a str,
    form: &'a str,
) -> impl Iterator<Item = (&'a RecordKey, &'a FormRecord)> {
    casebook
        .records
        .iter()
        .filter(move |(key, _)| key.event.as_str() == event && key.form.as_str() == form)
        .filter(|(_, record)| !record.removed)
        .map(|(key, record)| (key, &**record))
}

fn count(casebook: &Casebook, form: &str) -> u32 {
    let of_form = casebook.records.iter().filter(|(key, _)| key.form.as_str() == form);
    u32::try_from(of_form.filter(|(_, record)| !record.removed).count()).unwrap_or(u32::MAX)
}

fn code_list_has(design: &Design, list: &str, value: &str) -> bool {
    let list = design.code_list(&list.into());
    list.is_some_and(|list| list.items.iter().any(|item| item.coded_value == value))
}

/// Repeat keys in the order of their numbers; keys that are no numbers come last.
fn repeat_number(key: &RepeatKey) -> u32 {
    key.as_str().parse().unwrap_or(u32::MAX)
}
