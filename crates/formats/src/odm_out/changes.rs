//! A record as it came to be.

use std::{collections::BTreeMap, io};

use kernel::casebook::DatumRef;

use super::{Begun, audit, signature, state::value, visit_signature};
use crate::{
    export::{RecordOut, TrailKind, TrailOut},
    odm::{AuditRecord, ItemOut, LevelOut, TransactionType},
};

/// What the rows hold so far, by group and repeat.
type Rows<'a> = BTreeMap<(&'a str, &'a str), Held<'a>>;

#[derive(Default)]
struct Held<'a> {
    removed: bool,
    items: BTreeMap<&'a str, DatumRef<'a>>,
}

impl Begun {
    /// Writes every change of a record in the order in which it was made.
    pub(super) fn changes(&mut self, record: &RecordOut<'_>) -> io::Result<()> {
        let mut rows = Rows::default();
        let mut row = None;
        self.open_place(record)?;
        for step in record.trail {
            let made = audit(step, record.subject);
            let place = (step.group, step.group_repeat);
            match step.kind {
                TrailKind::Removed | TrailKind::Restored if step.group.is_empty() => {
                    row = None;
                    self.whole_record(record, step.kind, &made, &rows)?;
                }
                TrailKind::Removed => {
                    row = None;
                    rows.entry(place).or_default().removed = true;
                    self.group(place, TransactionType::Remove, Some(&made))?;
                }
                TrailKind::Restored => {
                    row = None;
                    rows.entry(place).or_default().removed = false;
                    self.inserted_row(place, &made, &rows)?;
                }
                TrailKind::Recorded | TrailKind::Changed | TrailKind::Cleared => {
                    if row.replace(place) != Some(place) {
                        self.group(place, TransactionType::Upsert, None)?;
                    }
                    let known = rows.entry(place).or_default();
                    let datum =
                        if step.kind == TrailKind::Cleared { DatumRef::Blank } else { step.datum };
                    known.items.insert(step.item, datum);
                    self.changed_item(step, datum, &made)?;
                }
            }
        }
        self.signed(record)
    }

    /// After the changes, the signature that holds since the last of them.
    fn signed(&mut self, record: &RecordOut<'_>) -> io::Result<()> {
        let Some(signature) = signature(record, &self.meanings) else { return Ok(()) };
        self.writer.begin_form(&LevelOut {
            oid: record.form,
            repeat: self.repeats.form(record.form, record.form_repeat),
            transaction: Some(TransactionType::Upsert),
            signature: Some(&signature),
            ..LevelOut::default()
        })
    }

    /// Opens the event and the form of a record.
    fn open_place(&mut self, record: &RecordOut<'_>) -> io::Result<()> {
        let upsert = Some(TransactionType::Upsert);
        let event = (record.event.to_owned(), record.event_repeat.to_owned());
        // The signature of the visit stands once, at its first record.
        let is_first = self.event.as_ref() != Some(&event);
        let signature = visit_signature(record, &self.meanings).filter(|_| is_first);
        self.event = Some(event);
        self.writer.begin_event(&LevelOut {
            oid: record.event,
            repeat: self.repeats.event(record.event, record.event_repeat),
            transaction: upsert,
            signature: signature.as_ref(),
            ..LevelOut::default()
        })?;
        self.form(record, TransactionType::Upsert, None)
    }

    fn form(
        &mut self,
        record: &RecordOut<'_>,
        transaction: TransactionType,
        audit: Option<&AuditRecord<'_>>,
    ) -> io::Result<()> {
        self.writer.begin_form(&LevelOut {
            oid: record.form,
            repeat: self.repeats.form(record.form, record.form_repeat),
            transaction: Some(transaction),
            audit,
            ..LevelOut::default()
        })
    }

    fn group(
        &mut self,
        (group, repeat): (&str, &str),
        transaction: TransactionType,
        audit: Option<&AuditRecord<'_>>,
    ) -> io::Result<()> {
        self.writer.begin_group(&LevelOut {
            oid: group,
            repeat: self.repeats.group(group, repeat),
            transaction: Some(transaction),
            audit,
            ..LevelOut::default()
        })
    }

    /// Removes the form, or inserts it again with all that it held.
    fn whole_record(
        &mut self,
        record: &RecordOut<'_>,
        kind: TrailKind,
        made: &AuditRecord<'_>,
        rows: &Rows<'_>,
    ) -> io::Result<()> {
        if kind == TrailKind::Removed {
            return self.form(record, TransactionType::Remove, Some(made));
        }
        self.form(record, TransactionType::Insert, Some(made))?;
        let mut shown = rows.iter().filter(|(_, held)| !held.removed);
        shown.try_for_each(|(place, _)| self.inserted_row(*place, made, rows))
    }

    fn inserted_row(
        &mut self,
        place: (&str, &str),
        made: &AuditRecord<'_>,
        rows: &Rows<'_>,
    ) -> io::Result<()> {
        self.group(place, TransactionType::Insert, Some(made))?;
        let held = rows.get(&place).into_iter().flat_map(|held| &held.items);
        for (item, datum) in held.filter(|(_, datum)| **datum != DatumRef::Blank) {
            self.item(item, *datum, TransactionType::Insert, made)?;
        }
        Ok(())
    }

    fn changed_item(
        &mut self,
        step: &TrailOut<'_>,
        datum: DatumRef<'_>,
        made: &AuditRecord<'_>,
    ) -> io::Result<()> {
        let transaction = match step.kind {
            TrailKind::Recorded => TransactionType::Upsert,
            _ => TransactionType::Update,
        };
        self.item(step.item, datum, transaction, made)
    }

    fn item(
        &mut self,
        oid: &str,
        datum: DatumRef<'_>,
        transaction: TransactionType,
        made: &AuditRecord<'_>,
    ) -> io::Result<()> {
        let (value, unit) = value(datum);
        self.writer.item(&ItemOut {
            oid,
            value,
            transaction: Some(transaction),
            unit,
            audit: Some(made),
            ..ItemOut::default()
        })
    }
}
