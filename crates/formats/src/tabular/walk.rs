//! Sorts the items of one record into rows.

use kernel::casebook::{DatumRef, RowRef};

use super::{Cell, FormPlan, GroupPlan, Storage, TableWriter, exporter::Tables, fit::fits};
use crate::export::{ExportError, RecordOut};

/// The repeat key of a group that does not repeat.
const ONLY_REPEAT: &str = "1";

pub(super) struct Walk<'w, 'a> {
    tables: &'w Tables,
    writer: &'w mut dyn TableWriter,
    study: &'w str,
    out: &'w RecordOut<'w>,
    form: Option<&'w FormPlan>,
    /// The row of the groups that do not repeat.
    record: Cells<'w>,
    /// The row of the repeat at hand.
    repeat: Cells<'w>,
    row: Option<RowRef<'a>>,
    at: RowAt<'w>,
    /// Where the next item of the row is looked for.
    next: usize,
    fault: Option<ExportError>,
}

/// The cells of a row, keys first.
#[derive(Default)]
struct Cells<'w> {
    row: Vec<Cell<'w>>,
    keys: usize,
    values: u64,
}

/// Where the items of the row at hand go.
#[derive(Clone, Copy)]
enum RowAt<'w> {
    /// Nowhere: the row is removed.
    Nowhere,
    /// To the table of what has no column.
    Other,
    /// To the table of their group.
    Table(&'w GroupPlan),
}

impl<'w, 'a: 'w> Walk<'w, 'a> {
    pub(super) fn new(
        tables: &'w Tables,
        writer: &'w mut dyn TableWriter,
        study: &'w str,
        out: &'w RecordOut<'w>,
    ) -> Self {
        let form = tables.plan.forms.get(out.form);
        let mut walk = Self {
            tables,
            writer,
            study,
            out,
            form,
            record: Cells::default(),
            repeat: Cells::default(),
            row: None,
            at: RowAt::Nowhere,
            next: 0,
            fault: None,
        };
        if let Some(table) = form.and_then(|form| form.record_table) {
            walk.record = walk.start(table, None);
        }
        walk
    }

    pub(super) fn item(&mut self, row: &RowRef<'a>, item: Option<&'a str>, datum: DatumRef<'a>) {
        if !self.row.is_some_and(|current| is_same_row(&current, row)) {
            self.end_row();
            self.start_row(*row);
        }
        let Some(item) = item else { return };
        if let DatumRef::Missing(reason) = datum
            && !matches!(self.at, RowAt::Nowhere)
        {
            let mut cells = self.place(item);
            cells.push(Cell::Text(reason.code()));
            let written = self.writer.row(self.tables.missing, &cells, 1);
            self.keep(written);
        }
        match self.at {
            RowAt::Nowhere => {}
            RowAt::Other => self.put_other(item, datum),
            RowAt::Table(group) => self.put(group, item, datum),
        }
    }

    /// Writes the last row and the row of the record.
    pub(super) fn end(mut self) -> Result<(), ExportError> {
        self.end_row();
        if let Some(table) = self.form.and_then(|form| form.record_table) {
            let record = std::mem::take(&mut self.record);
            self.write(table, &record);
        }
        self.fault.map_or(Ok(()), Err)
    }

    fn start(&self, table: usize, repeat: Option<&'w str>) -> Cells<'w> {
        let subject = self.out.subject;
        let keys = [self.study, subject.site, subject.key, self.out.event, self.out.event_repeat];
        let mut cells = Vec::with_capacity(self.tables.defs[table + 1].columns.len());
        cells.extend(keys.into_iter().chain([self.out.form_repeat]).chain(repeat).map(Cell::Text));
        let keys = cells.len();
        cells.resize(self.tables.defs[table + 1].columns.len(), Cell::Blank);
        Cells { row: cells, keys, values: 0 }
    }

    fn start_row(&mut self, row: RowRef<'a>) {
        self.row = Some(row);
        self.next = 0;
        let groups = self.form.map_or(&[][..], |form| &form.groups);
        let group = groups.iter().find(|group| *group.group == *row.group);
        self.at = match group {
            _ if row.removed => RowAt::Nowhere,
            Some(group) if group.repeats => {
                self.repeat = self.start(group.table, Some(row.repeat));
                RowAt::Table(group)
            }
            Some(group) if row.repeat == ONLY_REPEAT => RowAt::Table(group),
            _ => RowAt::Other,
        };
    }

    fn end_row(&mut self) {
        if let RowAt::Table(group) = self.at
            && group.repeats
        {
            let repeat = std::mem::take(&mut self.repeat);
            self.write(group.table, &repeat);
        }
        self.at = RowAt::Nowhere;
    }

    fn write(&mut self, table: usize, row: &Cells<'w>) {
        let written = self.writer.row(table + 1, &row.row, row.values);
        self.keep(written);
    }

    fn put(&mut self, group: &'w GroupPlan, item: &'a str, datum: DatumRef<'a>) {
        let Some(column) = group.items.find(item, &mut self.next) else {
            return self.put_other(item, datum);
        };
        let row = if group.repeats { &mut self.repeat } else { &mut self.record };
        let at = row.keys + column.cell;
        match datum {
            DatumRef::Value { text, unit } => {
                let storage: Storage = self.tables.storages[group.table][at];
                if !fits(storage, text) || (unit.is_some() && !column.has_unit) {
                    return self.put_other(item, datum);
                }
                row.row[at] = Cell::Text(text);
                row.values += 1;
                if let Some(oid) = unit {
                    let named = self.tables.plan.units.get(oid).map(String::as_str);
                    row.row[at + 1] = Cell::Text(named.unwrap_or(oid));
                }
            }
            DatumRef::Missing(reason) => row.row[at] = Cell::Missing(reason),
            DatumRef::Blank => {}
        }
    }

    /// Writes a value that has no column, or does not fit it, to the table for such values.
    fn put_other(&mut self, item: &'a str, datum: DatumRef<'a>) {
        let DatumRef::Value { text, unit } = datum else { return };
        let mut cells = self.place(item);
        cells.push(Cell::Text(text));
        cells.push(unit.map_or(Cell::Blank, Cell::Text));
        let written = self.writer.row(self.tables.other, &cells, 1);
        self.keep(written);
    }

    /// The cells that say where an item is.
    fn place(&self, item: &'a str) -> Vec<Cell<'w>> {
        let row = self.row.unwrap_or(RowRef { group: "", repeat: "", removed: false });
        let RecordOut { subject, event, event_repeat, form, form_repeat, .. } = self.out;
        let mut cells = Vec::with_capacity(12);
        let place = [self.study, subject.site, subject.key, event, event_repeat];
        cells.extend(place.map(Cell::Text));
        cells.extend([*form, form_repeat, row.group, row.repeat, item].map(Cell::Text));
        cells
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
