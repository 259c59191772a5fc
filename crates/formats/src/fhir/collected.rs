//! A form record laid out for its resources.

use kernel::casebook::{DatumRef, MalformedRecord, RecordRef};

/// The rows of a record with what they hold, in the order in which they are stored.
#[derive(Debug, Default)]
pub(super) struct Collected<'a> {
    pub rows: Vec<Row<'a>>,
}

#[derive(Debug)]
pub(super) struct Row<'a> {
    pub group: &'a str,
    pub repeat: &'a str,
    pub items: Vec<(&'a str, DatumRef<'a>)>,
}

impl<'a> Collected<'a> {
    /// Without rows that were removed.
    pub(super) fn of(record: &RecordRef<'a>) -> Result<Self, MalformedRecord> {
        let mut rows: Vec<Row<'a>> = Vec::new();
        record.for_each_item(|row, item, datum| {
            if row.removed {
                return;
            }
            let is_open = |open: &Row<'a>| open.group == row.group && open.repeat == row.repeat;
            if !rows.last().is_some_and(is_open) {
                rows.push(Row { group: row.group, repeat: row.repeat, items: Vec::new() });
            }
            if let (Some(item), Some(open)) = (item, rows.last_mut()) {
                open.items.push((item, datum));
            }
        })?;
        Ok(Self { rows })
    }

    /// What an item of a group that does not repeat holds.
    pub(super) fn datum(&self, group: &str, item: &str) -> Option<DatumRef<'a>> {
        self.rows.iter().find(|row| row.group == group)?.datum(item)
    }
}

impl<'a> Row<'a> {
    pub(super) fn datum(&self, item: &str) -> Option<DatumRef<'a>> {
        self.items.iter().find(|(oid, _)| *oid == item).map(|(_, datum)| *datum)
    }

    /// The text of an item, unless it is missing.
    pub(super) fn text(&self, item: &str) -> Option<&'a str> {
        match self.datum(item)? {
            DatumRef::Value { text, .. } => Some(text),
            DatumRef::Missing(_) | DatumRef::Blank => None,
        }
    }
}
