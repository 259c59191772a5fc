//! Puts the items of one record into the tables.

use std::collections::HashMap;

use kernel::casebook::{DatumRef, RowRef};

use super::{Keys, field::push_field, table::TableOut};
use crate::{
    export::{ExportError, Out},
    tabular::{FormPlan, GroupPlan},
};

/// The repeat key of a group that does not repeat.
const ONLY_REPEAT: &str = "1";

pub(super) struct RecordWriter<'w, 'a> {
    other: &'w mut Out,
    tables: &'w mut [TableOut],
    units: &'w HashMap<String, Vec<u8>>,
    keys: &'w Keys,
    form: &'w str,
    pub(super) plan: Option<&'w FormPlan>,
    row: Option<RowRef<'a>>,
    at: RowAt<'w>,
    /// Where the next item of the row is looked for.
    next: usize,
    fault: Option<ExportError>,
}

/// Where the items of the row at hand go.
#[derive(Clone, Copy)]
enum RowAt<'w> {
    /// Nowhere: the row is removed.
    Nowhere,
    /// To the file of what has no column.
    Other,
    /// To the table of their group.
    Table(&'w GroupPlan),
}

impl<'w, 'a> RecordWriter<'w, 'a> {
    pub(super) fn new(
        other: &'w mut Out,
        tables: &'w mut [TableOut],
        units: &'w HashMap<String, Vec<u8>>,
        keys: &'w Keys,
        form: &'w str,
    ) -> Self {
        let (plan, row, at) = (None, None, RowAt::Nowhere);
        Self { other, tables, units, keys, form, plan, row, at, next: 0, fault: None }
    }

    pub(super) fn item(&mut self, row: &RowRef<'a>, item: Option<&str>, datum: DatumRef<'_>) {
        if !self.row.is_some_and(|current| is_same_row(&current, row)) {
            self.end_row();
            self.start_row(*row);
        }
        let Some(item) = item else { return };
        match self.at {
            RowAt::Nowhere => {}
            RowAt::Other => self.put_other(item, datum),
            RowAt::Table(group) => self.put(group, item, datum),
        }
    }

    /// Writes the last row and the row of the record.
    pub(super) fn end(mut self) -> Result<(), ExportError> {
        self.end_row();
        if let Some(table) = self.plan.and_then(|plan| plan.record_table) {
            let written = self.tables[table].end_row(&[&self.keys.text]);
            self.keep(written);
        }
        self.fault.map_or(Ok(()), Err)
    }

    fn start_row(&mut self, row: RowRef<'a>) {
        self.row = Some(row);
        self.next = 0;
        let groups = self.plan.map_or(&[][..], |plan| &plan.groups);
        let group = groups.iter().find(|group| *group.group == *row.group);
        self.at = match group {
            _ if row.removed => RowAt::Nowhere,
            Some(group) if group.repeats || row.repeat == ONLY_REPEAT => RowAt::Table(group),
            _ => RowAt::Other,
        };
    }

    fn end_row(&mut self) {
        if let (RowAt::Table(group), Some(row)) = (self.at, self.row)
            && group.repeats
        {
            let mut repeat = Vec::with_capacity(row.repeat.len() + 3);
            push_field(&mut repeat, row.repeat);
            repeat.push(b',');
            let written = self.tables[group.table].end_row(&[&self.keys.text, &repeat]);
            self.keep(written);
        }
        self.at = RowAt::Nowhere;
    }

    fn put(&mut self, group: &GroupPlan, item: &str, datum: DatumRef<'_>) {
        let Some(column) = group.items.find(item, &mut self.next) else {
            return self.put_other(item, datum);
        };
        let table = &mut self.tables[group.table];
        match datum {
            DatumRef::Value { unit: Some(_), .. } if !column.has_unit => {
                return self.put_other(item, datum);
            }
            DatumRef::Value { text, unit } => {
                table.put(column.cell, text);
                match unit.map(|oid| (oid, self.units.get(oid))) {
                    Some((_, Some(name))) => table.put_field(column.cell + 1, name),
                    Some((oid, None)) => table.put(column.cell + 1, oid),
                    None => {}
                }
            }
            DatumRef::Missing(reason) => table.put_missing(&column.label, reason.code()),
            DatumRef::Blank => return,
        }
        table.count_value();
    }

    /// Writes what has no column to the file for it.
    fn put_other(&mut self, item: &str, datum: DatumRef<'_>) {
        let (value, unit, missing) = match datum {
            DatumRef::Value { text, unit } => (text, unit.unwrap_or_default(), ""),
            DatumRef::Missing(reason) => ("", "", reason.code()),
            DatumRef::Blank => return,
        };
        let row = self.row.unwrap_or(RowRef { group: "", repeat: "", removed: false });
        let (before, after) = self.keys.text.split_at(self.keys.form_repeat);
        let buffer = &mut self.other.buffer;
        buffer.extend_from_slice(before);
        push_field(buffer, self.form);
        buffer.push(b',');
        buffer.extend_from_slice(after);
        for text in [row.group, row.repeat, item, value, unit] {
            push_field(buffer, text);
            buffer.push(b',');
        }
        push_field(buffer, missing);
        buffer.extend_from_slice(b"\r\n");
        self.other.rows += 1;
        self.other.values += 1;
        let settled = self.other.settle();
        self.keep(settled);
    }

    fn keep(&mut self, written: Result<(), ExportError>) {
        if let Err(fault) = written {
            self.fault.get_or_insert(fault);
        }
    }
}

/// Whether two views show the same row of one record: the same place in its bytes, which is quicker
/// to compare than keys.
fn is_same_row(a: &RowRef<'_>, b: &RowRef<'_>) -> bool {
    std::ptr::eq(a.repeat, b.repeat) && std::ptr::eq(a.group, b.group)
}
