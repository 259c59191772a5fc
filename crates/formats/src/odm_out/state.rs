//! A record as it stands.

use std::collections::HashMap;

use kernel::casebook::DatumRef;

use super::{Begun, annotations, audit, failed, signature, visit_signature};
use crate::{
    export::{ExportError, QueryOut, RecordOut, TrailOut},
    odm::{ItemOut, LevelOut, ValueOut},
};

/// One item of the record, in the order in which it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Line<'a> {
    group: &'a str,
    repeat: &'a str,
    /// None for the row itself.
    item: Option<&'a str>,
    datum: DatumRef<'a>,
}

impl Begun {
    /// Writes the values of a record that are there, with their queries and, when the trail is
    /// given, with who changed them last.
    pub(super) fn state(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        let mut lines = Vec::new();
        let read = record.record.for_each_item(|row, item, datum| {
            if !row.removed {
                let (group, repeat) = (row.group, row.repeat);
                lines.push(Line { group, repeat, item, datum });
            }
        });
        read.map_err(|source| ExportError::unreadable(record, source))?;
        add_queried(&mut lines, record.queries);
        self.open_form(record).map_err(failed)?;
        let last: HashMap<_, &TrailOut<'_>> = record
            .trail
            .iter()
            .map(|step| ((step.group, step.group_repeat, step.item), step))
            .collect();
        let mut row = None;
        for line in &lines {
            if row != Some((line.group, line.repeat)) {
                row = Some((line.group, line.repeat));
                self.open_group(record, line.group, line.repeat).map_err(failed)?;
            }
            let Some(item) = line.item else { continue };
            let changed = last.get(&(line.group, line.repeat, item));
            let changed = changed.map(|step| audit(step, record.subject));
            let about = |query: &&QueryOut<'_>| {
                query.group == line.group && query.group_repeat == line.repeat && query.item == item
            };
            let queries = annotations(record.queries.iter().filter(about));
            let (value, unit) = value(line.datum);
            let (audit, annotations) = (changed.as_ref(), queries.as_slice());
            let written =
                ItemOut { oid: item, value, unit, audit, annotations, ..ItemOut::default() };
            self.writer.item(&written).map_err(failed)?;
        }
        Ok(())
    }

    /// Opens the form of a record, and its event unless that is open.
    fn open_form(&mut self, record: &RecordOut<'_>) -> std::io::Result<()> {
        let event = (record.event.to_owned(), record.event_repeat.to_owned());
        if self.event.as_ref() != Some(&event) {
            let repeat = self.repeats.event(record.event, record.event_repeat);
            let signature = visit_signature(record, &self.meanings);
            self.writer.begin_event(&LevelOut {
                oid: record.event,
                repeat,
                signature: signature.as_ref(),
                ..LevelOut::default()
            })?;
            self.event = Some(event);
        }
        let queries = annotations(record.queries.iter().filter(|query| query.group.is_empty()));
        let signature = signature(record, &self.meanings);
        self.writer.begin_form(&LevelOut {
            oid: record.form,
            repeat: self.repeats.form(record.form, record.form_repeat),
            signature: signature.as_ref(),
            annotations: &queries,
            ..LevelOut::default()
        })
    }

    fn open_group(
        &mut self,
        record: &RecordOut<'_>,
        group: &str,
        repeat: &str,
    ) -> std::io::Result<()> {
        let about_row = |query: &&QueryOut<'_>| {
            query.group == group && query.group_repeat == repeat && query.item.is_empty()
        };
        let queries = annotations(record.queries.iter().filter(about_row));
        self.writer.begin_group(&LevelOut {
            oid: group,
            repeat: self.repeats.group(group, repeat),
            annotations: &queries,
            ..LevelOut::default()
        })
    }
}

/// Adds the items and rows that are queried and blank, where they belong.
fn add_queried<'a>(lines: &mut Vec<Line<'a>>, queries: &[QueryOut<'a>]) {
    for query in queries.iter().filter(|query| !query.group.is_empty()) {
        let item = Some(query.item).filter(|item| !item.is_empty());
        let (group, repeat) = (query.group, query.group_repeat);
        let in_row = |line: &Line<'_>| line.group == group && line.repeat == repeat;
        let is_there = |line: &Line<'_>| in_row(line) && (item.is_none() || line.item == item);
        if !lines.iter().any(is_there) {
            let at = lines.iter().rposition(in_row).map_or(lines.len(), |at| at + 1);
            lines.insert(at, Line { group, repeat, item, datum: DatumRef::Blank });
        }
    }
}

pub(super) fn value(datum: DatumRef<'_>) -> (ValueOut<'_>, Option<&str>) {
    match datum {
        DatumRef::Value { text, unit } => (ValueOut::Text(text), unit),
        DatumRef::Missing(reason) => (ValueOut::Missing(reason), None),
        DatumRef::Blank => (ValueOut::Null, None),
    }
}
