//! Clinical data from ODM, snapshot or transactional: what each element becomes.

use std::{fs::File, io::BufReader, ops::ControlFlow, path::Path, sync::Arc};

use formats::odm::{ClinicalReader, ClinicalRow, Given as OdmGiven, ItemGiven, TransactionType};
use kernel::{
    ItemGroupOid, RepeatKey, SubjectKey,
    casebook::{ItemKey, RecordKey, RowKey},
    study::Design,
};

use super::{
    Cell, Expect, Given, ImportFailure, Place, RecordUnit, SubjectUnit, Unit,
    source::{Source, Take, digest, stopped},
};

/// An ODM file as a source. Every `ItemData`, every `SubjectData` with a site and every removal is a
/// row. Rows of another study are refused.
pub fn odm_source(file: &Path, design: &Design) -> Result<Source, ImportFailure> {
    let digest = digest(file, b"ODM")?;
    let file = file.to_owned();
    let study: Arc<str> = Arc::from(design.version().study_oid.as_str());
    let read = move |take: &mut Take<'_>| -> Result<(), ImportFailure> {
        let opened = File::open(&file).map_err(|error| stopped("cannot read", &file, &error))?;
        let rows = ClinicalReader::new(BufReader::new(opened), &file.display().to_string())?;
        let mut gathered = Gathered { study: Arc::clone(&study), number: 0, unit: None };
        for row in rows {
            if gathered.take(&row?, take).is_break() {
                return Ok(());
            }
        }
        let _ = gathered.flush(take);
        Ok(())
    };
    Ok(Source { digest, read: Arc::new(read) })
}

/// The record that is being read.
struct Gathered {
    study: Arc<str>,
    number: u64,
    unit: Option<RecordUnit>,
}

impl Gathered {
    fn take(&mut self, row: &ClinicalRow, take: &mut Take<'_>) -> ControlFlow<()> {
        if row.late {
            return ControlFlow::Continue(());
        }
        if row.study_oid != self.study {
            let reason = format!("the row is of study {}", row.study_oid);
            return self.refuse(row, reason, take);
        }
        match (&row.form, &row.group, &row.item) {
            (None, _, _) => self.above_forms(row, take),
            (Some(_), None, _) if transaction(row) == Some(TransactionType::Remove) => {
                self.remove(row, None, take)
            }
            (Some(_), Some(_), None) if transaction(row) == Some(TransactionType::Remove) => {
                let key = row_key(row);
                self.remove(row, Some(key), take)
            }
            (Some(_), Some(_), Some(item)) => self.item(row, item, take),
            _ => ControlFlow::Continue(()),
        }
    }

    /// A subject or an event by itself.
    fn above_forms(&mut self, row: &ClinicalRow, take: &mut Take<'_>) -> ControlFlow<()> {
        if transaction(row) == Some(TransactionType::Remove) {
            let reason = "a subject or an event cannot be removed; remove its forms".to_owned();
            return self.refuse(row, reason, take);
        }
        if row.event.is_some() || row.site.is_none() {
            return ControlFlow::Continue(());
        }
        self.flush(take)?;
        let place = self.place(row);
        take(Unit::Subject(SubjectUnit {
            subject: SubjectKey::new(&row.subject),
            site: row.site.as_deref().map(Into::into),
            milestones: Vec::new(),
            row: place,
            creates: true,
        }))
    }

    fn item(
        &mut self,
        row: &ClinicalRow,
        item: &ItemGiven,
        take: &mut Take<'_>,
    ) -> ControlFlow<()> {
        let given = match (&item.given, item.missing) {
            (_, Some(reason)) => Given::Missing(reason),
            _ if item.transaction == Some(TransactionType::Remove) => Given::Clear,
            (OdmGiven::Text(text), None) => Given::Text(text.clone()),
            (OdmGiven::Null, None) => Given::Clear,
            (OdmGiven::Absent, None) => return ControlFlow::Continue(()),
            (OdmGiven::Several(_), None) => {
                let reason = format!("item {} has several values", item.oid);
                return self.refuse(row, reason, take);
            }
        };
        let key = ItemKey { row: row_key(row), item: item.oid.as_str().into() };
        let again = self.unit.as_ref().is_some_and(|unit| {
            unit.record != record_key(row)
                || unit.subject.as_str() != &*row.subject
                || !unit.remove.is_empty()
                || unit.cells.iter().rev().any(|cell| cell.item == key)
        });
        if again {
            self.flush(take)?;
        }
        let place = self.place(row);
        let unit = self.unit_of(row);
        unit.rows.push(place);
        unit.cells.push(Cell {
            row: place.row,
            column: Arc::from(item.oid.as_str()),
            item: key,
            given,
            unit: item.unit.as_deref().map(Into::into),
            expect: match effective(row, item) {
                Some(TransactionType::Insert) => Expect::Blank,
                Some(TransactionType::Update | TransactionType::Remove) => Expect::Value,
                _ => Expect::Anything,
            },
        });
        ControlFlow::Continue(())
    }

    fn remove(
        &mut self,
        row: &ClinicalRow,
        part: Option<RowKey>,
        take: &mut Take<'_>,
    ) -> ControlFlow<()> {
        self.flush(take)?;
        let place = self.place(row);
        let unit = self.unit_of(row);
        unit.rows.push(place);
        unit.remove.push(part);
        self.flush(take)
    }

    fn refuse(
        &mut self,
        row: &ClinicalRow,
        reason: String,
        take: &mut Take<'_>,
    ) -> ControlFlow<()> {
        if row.item.is_none() && transaction(row) != Some(TransactionType::Remove) {
            return ControlFlow::Continue(());
        }
        self.flush(take)?;
        let place = self.place(row);
        take(Unit::Refused { row: place, reason })
    }

    fn flush(&mut self, take: &mut Take<'_>) -> ControlFlow<()> {
        match self.unit.take() {
            Some(unit) => take(Unit::Record(unit)),
            None => ControlFlow::Continue(()),
        }
    }

    fn place(&mut self, row: &ClinicalRow) -> Place {
        self.number += 1;
        Place { row: self.number, line: row.line }
    }

    fn unit_of(&mut self, row: &ClinicalRow) -> &mut RecordUnit {
        self.unit.get_or_insert_with(|| RecordUnit {
            subject: SubjectKey::new(&row.subject),
            record: record_key(row),
            cells: Vec::new(),
            rows: Vec::new(),
            remove: Vec::new(),
            complete: None,
        })
    }
}

fn record_key(row: &ClinicalRow) -> RecordKey {
    let repeat = |place: &Option<formats::odm::Place>| {
        let key = place.as_ref().and_then(|place| place.repeat.clone());
        key.map_or_else(RepeatKey::first, RepeatKey::new)
    };
    let oid = |place: &Option<formats::odm::Place>| {
        place.as_ref().map_or_else(|| Arc::from(""), |place| Arc::clone(&place.oid))
    };
    RecordKey {
        event: kernel::StudyEventOid::new(oid(&row.event)),
        event_repeat: repeat(&row.event),
        form: kernel::FormOid::new(oid(&row.form)),
        form_repeat: repeat(&row.form),
    }
}

fn row_key(row: &ClinicalRow) -> RowKey {
    let group = row.group.as_ref();
    let repeat = group.and_then(|group| group.repeat.clone());
    RowKey {
        group: ItemGroupOid::new(group.map_or("", |group| &group.oid)),
        repeat: repeat.map_or_else(RepeatKey::first, RepeatKey::new),
    }
}

/// What happens to the innermost element of a row.
fn transaction(row: &ClinicalRow) -> Option<TransactionType> {
    let place = row.group.as_ref().or(row.form.as_ref()).or(row.event.as_ref());
    match (&row.item, place) {
        (Some(item), _) => item.transaction,
        (None, Some(place)) => place.transaction,
        (None, None) => row.subject_transaction,
    }
}

/// What happens to an item: as it says, else as what holds it says.
fn effective(row: &ClinicalRow, item: &ItemGiven) -> Option<TransactionType> {
    let holders = [&row.group, &row.form, &row.event];
    let outer = holders.into_iter().filter_map(|place| place.as_ref()?.transaction);
    item.transaction.into_iter().chain(outer).next()
}
