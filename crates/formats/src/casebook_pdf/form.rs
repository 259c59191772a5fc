//! One form as it appears to its reader: its state, its items in their groups with their queries,
//! and its signature.

use std::collections::BTreeSet;

use kernel::{
    ItemOid, QueryId,
    casebook::{FormRecord, ItemKey, Query, RecordKey, Row as Values, RowKey},
    study::{GroupShape, StudyEventKind},
};

use super::{
    flow::Flow,
    fonts::Style,
    queries::{about, query},
    reader::Reader,
    sheet::{ALARM, ENTRY, GREY, QUERY, SMALL, STRONG, TEXT},
    signature,
    table::{Cell, Row, Table},
    trail,
};

/// A repeating group with more items than that has its rows side by side, so many of them.
const MOST_COLUMNS: usize = 6;
const SIDE_BY_SIDE: usize = 4;
/// What follows a heading on its page, in points.
const KEEP: f32 = 90.0;

/// What is set of one form.
struct Form<'r, 'a> {
    reader: &'r Reader<'a>,
    key: &'r RecordKey,
    record: &'r FormRecord,
    queries: Vec<&'a Query>,
    /// The queries that are set.
    asked: BTreeSet<&'a QueryId>,
    values: u64,
    /// The rows and items that are set.
    shown: BTreeSet<ItemKey>,
}

/// Sets a form with its queries, signature and audit trail; says how many values it shows.
pub(super) fn form(flow: &mut Flow, reader: &Reader<'_>, key: &RecordKey) -> u64 {
    let empty = FormRecord::default();
    let record = reader.record(key).unwrap_or(&empty);
    flow.heading(2, &reader.form(&key.form, &key.form_repeat), KEEP);
    let mut form = Form {
        reader,
        key,
        record,
        queries: reader.book.casebook.queries_of(key).collect(),
        asked: BTreeSet::new(),
        values: 0,
        shown: BTreeSet::new(),
    };
    form.state(flow);
    form.groups(flow);
    form.others(flow);
    form.rest_of_queries(flow);
    signature::of_record(flow, reader, key);
    trail::of_record(flow, reader, key);
    form.values
}

impl Form<'_, '_> {
    fn state(&self, flow: &mut Flow) {
        let (words, record) = (self.reader.words, self.record);
        let collected: usize =
            record.rows.values().filter(|row| !row.removed).map(|row| row.items.len()).sum();
        let mut facts = vec![
            (if record.complete { words.complete } else { words.in_progress }).to_owned(),
            (words.verified_of)(record.verified.len(), collected),
        ];
        let marks = [(record.frozen, words.frozen), (record.locked, words.locked)];
        facts.extend(marks.iter().filter(|(is_set, _)| *is_set).map(|(_, word)| (*word).into()));
        let place = format!("{} · {} {}", self.key.event, self.key.form, self.key.form_repeat);
        flow.paragraph(&format!("{}  ·  {place}", facts.join("  ·  ")), SMALL);
        if record.removed {
            flow.paragraph(words.record_removed, ALARM);
        }
        flow.gap(3.0);
    }

    fn groups(&mut self, flow: &mut Flow) {
        let reader = self.reader;
        let Some(shape) = reader.design().shape(&self.key.form) else { return };
        let form = reader.form(&self.key.form, &"1".into());
        for group in &shape.groups {
            let title = reader.group(&group.oid);
            if title != form && shape.groups.len() > 1 {
                flow.need(KEEP / 2.0);
                flow.gap(2.0);
                flow.paragraph(&title, STRONG);
            }
            let rows = Reader::rows(self.record).remove(&group.oid).unwrap_or_default();
            match () {
                () if group.items.is_empty() => {}
                () if !group.repeats => {
                    let first = RowKey { group: group.oid.clone(), repeat: "1".into() };
                    let keys = if rows.is_empty() { vec![&first] } else { rows };
                    for key in keys {
                        self.single(flow, group, key);
                    }
                }
                () if rows.is_empty() => flow.paragraph(reader.words.no_rows, SMALL),
                () if group.items.len() <= MOST_COLUMNS => self.rows(flow, group, &rows),
                () => {
                    let across = rows.len().min(SIDE_BY_SIDE);
                    for rows in rows.chunks(across) {
                        self.beside(flow, group, rows, across);
                    }
                }
            }
        }
    }

    /// A row as a list of items.
    fn single(&mut self, flow: &mut Flow, group: &GroupShape, key: &RowKey) {
        let words = self.reader.words;
        let mut table =
            Table::new([("", 14.0), (words.item, 40.0), (words.value, 32.0), (words.review, 14.0)]);
        let row = self.record.rows.get(key);
        let is_removed = row.is_some_and(|row| row.removed);
        if group.repeats || is_removed {
            let mut title = format!("{} {}", words.row, key.repeat);
            if is_removed {
                title = format!("{title} · {}", words.removed);
            }
            table.push(Row::across(4, Cell::text(title, STRONG), ENTRY).kept());
        }
        for item in &group.items {
            let at = ItemKey { row: key.clone(), item: item.oid.clone() };
            let name = Cell::text(item.name.to_string(), SMALL);
            let question = Cell::text(self.reader.item(&item.oid), TEXT);
            let value = Cell::text(self.value(row, &item.oid), style(is_removed));
            let review = Cell::text(self.review(&at, item.method.is_some()), SMALL);
            table.push(Row::of(vec![name, question, value, review]));
            self.ask(&mut table, &at, false);
            self.shown.insert(at);
        }
        table.set(flow);
    }

    /// Rows as a table with a column for each item.
    fn rows(&mut self, flow: &mut Flow, group: &GroupShape, rows: &[&RowKey]) {
        let words = self.reader.words;
        let names: Vec<String> =
            group.items.iter().map(|item| self.reader.item(&item.oid)).collect();
        #[expect(clippy::cast_precision_loss, reason = "there are few columns")]
        let width = 90.0 / group.items.len().max(1) as f32;
        let columns = names.iter().map(|name| (name.as_str(), width));
        let mut table = Table::new(std::iter::once((words.row, 10.0)).chain(columns));
        for key in rows {
            let row = self.record.rows.get(*key);
            let is_removed = row.is_some_and(|row| row.removed);
            let mut number = Cell::text(key.repeat.as_str(), TEXT);
            if is_removed {
                number = number.and(words.removed, SMALL);
            }
            let mut cells = vec![number];
            for item in &group.items {
                let at = ItemKey { row: (*key).clone(), item: item.oid.clone() };
                let value = Cell::text(self.value(row, &item.oid), style(is_removed));
                let review = self.review(&at, item.method.is_some());
                cells.push(if review.is_empty() { value } else { value.and(review, SMALL) });
                self.shown.insert(at);
            }
            table.push(Row::of(cells));
            for item in &group.items {
                let at = ItemKey { row: (*key).clone(), item: item.oid.clone() };
                self.ask(&mut table, &at, true);
            }
        }
        table.set(flow);
    }

    /// Rows side by side, with a line for each item; there is room for so many of them.
    fn beside(&mut self, flow: &mut Flow, group: &GroupShape, rows: &[&RowKey], across: usize) {
        let words = self.reader.words;
        let removed = |key: &RowKey| self.record.rows.get(key).is_some_and(|row| row.removed);
        let titles: Vec<String> = rows
            .iter()
            .map(|key| {
                let title = format!("{} {}", words.row, key.repeat);
                if removed(key) { format!("{title} · {}", words.removed) } else { title }
            })
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "there are few columns")]
        let (width, free) = (72.0 / across as f32, (across - rows.len()) as f32);
        let columns = titles.iter().map(|title| (title.as_str(), width));
        let columns = std::iter::once((words.item, 28.0)).chain(columns);
        let mut table = Table::new(columns.chain([("", width * free)]));
        for item in &group.items {
            let mut cells = vec![Cell::text(self.reader.item(&item.oid), TEXT)];
            let keys =
                rows.iter().map(|key| ItemKey { row: (*key).clone(), item: item.oid.clone() });
            let keys: Vec<ItemKey> = keys.collect();
            for at in &keys {
                let row = self.record.rows.get(&at.row);
                let is_removed = row.is_some_and(|row| row.removed);
                let value = Cell::text(self.value(row, &item.oid), style(is_removed));
                let review = self.review(at, item.method.is_some());
                cells.push(if review.is_empty() { value } else { value.and(review, SMALL) });
            }
            table.push(Row::of(cells));
            for at in &keys {
                self.ask(&mut table, at, true);
            }
            self.shown.extend(keys);
        }
        table.set(flow);
    }

    fn value(&mut self, row: Option<&Values>, item: &ItemOid) -> String {
        let datum = row.and_then(|row| row.items.get(item));
        self.values += u64::from(datum.is_some());
        self.reader.value(item, datum)
    }

    /// What is known of a value besides: derived, verified, changed since.
    fn review(&self, at: &ItemKey, is_derived: bool) -> String {
        let words = self.reader.words;
        let changed = self.reader.book.casebook.changed_since_verified.get(self.key);
        let facts = [
            (is_derived, words.derived),
            (self.record.verified.contains(at), words.verified),
            (changed.is_some_and(|changed| changed.contains(at)), words.changed_since),
        ];
        let facts = facts.iter().filter(|(is_so, _)| *is_so).map(|(_, word)| *word);
        facts.collect::<Vec<_>>().join(", ")
    }

    /// The queries about an item, below it.
    fn ask(&mut self, table: &mut Table, at: &ItemKey, with_place: bool) {
        let columns = table.columns();
        for found in about(&self.queries, at) {
            self.asked.insert(&found.opened.id);
            let cell = query(self.reader, found, with_place);
            table.push(Row::across(columns, cell, QUERY));
        }
    }

    /// Values whose items the form no longer has: an amendment took them out.
    fn others(&mut self, flow: &mut Flow) {
        let (words, record) = (self.reader.words, self.record);
        let mut table = Table::new([(words.item, 46.0), (words.value, 54.0)]);
        for (key, row) in &record.rows {
            for item in row.items.keys() {
                let at = ItemKey { row: key.clone(), item: item.clone() };
                if !self.shown.contains(&at) {
                    let value = self.value(Some(row), item);
                    let name = Cell::text(self.reader.item_place(&at), TEXT);
                    table.push(Row::of(vec![name, Cell::text(value, style(row.removed))]));
                    self.ask(&mut table, &at, false);
                }
            }
        }
        if !table.is_empty() {
            flow.need(KEEP);
            flow.paragraph(words.other_values, STRONG);
            table.set(flow);
        }
    }

    /// Queries about the whole form, and those whose item is not there.
    fn rest_of_queries(&self, flow: &mut Flow) {
        let mut table = Table::new([("", 100.0)]);
        for found in self.queries.iter().filter(|one| !self.asked.contains(&one.opened.id)) {
            table.push(Row::across(1, query(self.reader, found, true), QUERY));
        }
        if !table.is_empty() {
            flow.need(KEEP);
            flow.paragraph(self.reader.words.queries, STRONG);
            table.set(flow);
        }
    }
}

fn style(is_removed: bool) -> Style {
    if is_removed { GREY } else { TEXT }
}

/// The date of a visit, and whether it is signed as a whole.
pub(super) fn visit(
    flow: &mut Flow,
    reader: &Reader<'_>,
    (event, repeat): &(kernel::StudyEventOid, kernel::RepeatKey),
) {
    flow.heading(1, &reader.event(event, repeat), KEEP * 2.0);
    let casebook = reader.book.casebook;
    let date = kernel::casebook::event_date(reader.design(), casebook, event, repeat);
    let kind = reader.design().event(event).map(|event| event.kind);
    // What is common to the whole study, as adverse events are, is no visit.
    if date.is_some() || kind != Some(StudyEventKind::Common) {
        let date = date.map_or_else(|| reader.words.no_date.to_owned(), |date| date.to_string());
        flow.paragraph(&format!("{}: {date}", reader.words.visit_date), TEXT);
    }
    flow.paragraph(&format!("{event} · {repeat}"), SMALL);
    signature::of_visit(flow, reader, event, repeat);
}
