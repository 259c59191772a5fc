//! Rows that belong to one form record are put together, so that it is saved at once.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    mem,
};

use kernel::{
    RepeatKey, SubjectKey,
    casebook::{ItemKey, RecordKey, RowKey},
};

use super::{Hold, Mapped, MappedCell, MappedRecord, RowPlace};

/// The most values that are held until a subject, or the table, is complete.
pub(super) const MAX_HELD_CELLS: usize = 4_000_000;

/// How rows of one record may speak of the same item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// The item stands in a repeat of its group that belongs to this row alone.
    OwnRepeat,
    /// Only one row may give the item.
    Once,
    /// All rows that give the item must give the same.
    Same,
}

/// What one row gives to its record.
pub(super) struct Contribution {
    pub(super) row: RowPlace,
    pub(super) subject: SubjectKey,
    pub(super) record: RecordKey,
    /// Repeats of groups that belong to this row.
    pub(super) repeats: Vec<RowKey>,
    pub(super) cells: Vec<(MappedCell, Sharing)>,
}

/// Why rows cannot be gathered at all.
pub(super) enum Stop {
    /// The rows of this subject are not together.
    Scattered(SubjectKey),
    /// More values than may be held.
    TooMany,
}

pub(super) struct Gather {
    hold: Hold,
    /// Whether several rows may make one record.
    many_rows: bool,
    current: Option<SubjectKey>,
    done: HashSet<SubjectKey>,
    records: Vec<Building>,
    places: HashMap<(SubjectKey, RecordKey), usize>,
    /// How many rows there were so far of each record.
    counted: HashMap<(SubjectKey, RecordKey), u64>,
    held_cells: usize,
}

struct Building {
    record: MappedRecord,
    /// The row to which each repeat belongs.
    owners: HashMap<RowKey, u64>,
    /// Where each item outside such repeats stands among the cells.
    given: HashMap<ItemKey, usize>,
}

impl Gather {
    pub(super) fn new(hold: Hold, many_rows: bool) -> Self {
        Self {
            hold,
            many_rows,
            current: None,
            done: HashSet::new(),
            records: Vec::new(),
            places: HashMap::new(),
            counted: HashMap::new(),
            held_cells: 0,
        }
    }

    /// Turns to the subject of a row; gives out the records of the one before it.
    pub(super) fn turn_to(&mut self, subject: &SubjectKey) -> Result<Vec<Mapped>, Stop> {
        if self.hold == Hold::File || self.current.as_ref() == Some(subject) {
            return Ok(Vec::new());
        }
        if self.done.contains(subject) {
            return Err(Stop::Scattered(subject.clone()));
        }
        self.done.extend(self.current.replace(subject.clone()));
        Ok(self.give_out())
    }

    /// The number, from 1, of one more row of this record.
    pub(super) fn count(&mut self, subject: &SubjectKey, record: &RecordKey) -> RepeatKey {
        let count = self.counted.entry((subject.clone(), record.clone())).or_default();
        *count += 1;
        RepeatKey::new(count.to_string())
    }

    /// Adds a row to its record; or says which other row it contradicts, and adds nothing.
    pub(super) fn add(&mut self, row: Contribution) -> Result<Result<(), String>, Stop> {
        let place = (row.subject.clone(), row.record.clone());
        let at = match self.places.entry(place) {
            Entry::Occupied(entry) => {
                let building = &self.records[*entry.get()];
                if let Err(reason) = building.takes(&row, self.many_rows) {
                    return Ok(Err(reason));
                }
                *entry.get()
            }
            Entry::Vacant(entry) => {
                self.records.push(Building::new(&row));
                *entry.insert(self.records.len() - 1)
            }
        };
        self.held_cells += row.cells.len();
        if self.held_cells > MAX_HELD_CELLS {
            return Err(Stop::TooMany);
        }
        self.records[at].add(row);
        Ok(Ok(()))
    }

    /// Gives out all records that are held, in the order of their first rows.
    pub(super) fn give_out(&mut self) -> Vec<Mapped> {
        self.places.clear();
        self.counted.clear();
        self.held_cells = 0;
        mem::take(&mut self.records)
            .into_iter()
            .map(|building| Mapped::Record(building.record))
            .collect()
    }
}

impl Building {
    fn new(row: &Contribution) -> Self {
        Self {
            record: MappedRecord {
                subject: row.subject.clone(),
                record: row.record.clone(),
                cells: Vec::new(),
                rows: Vec::new(),
            },
            owners: HashMap::new(),
            given: HashMap::new(),
        }
    }

    /// Whether a row can be added.
    fn takes(&self, row: &Contribution, many_rows: bool) -> Result<(), String> {
        if !many_rows && let Some(first) = self.record.rows.first() {
            return Err(format!("row {} already makes this record", first.number));
        }
        for key in &row.repeats {
            if let Some(owner) = self.owners.get(key) {
                return Err(format!(
                    "row {owner} already makes the repeat '{}' of {}",
                    key.repeat, key.group
                ));
            }
        }
        for (cell, sharing) in &row.cells {
            let Some(at) = self.given.get(&cell.key) else { continue };
            let earlier = &self.record.cells[*at];
            if *sharing == Sharing::Once {
                return Err(format!("row {} already gives {}", earlier.row, cell.key.item));
            }
            if earlier.given != cell.given {
                return Err(format!("row {} gives another {}", earlier.row, cell.key.item));
            }
        }
        Ok(())
    }

    fn add(&mut self, row: Contribution) {
        let number = row.row.number;
        self.record.rows.push(row.row);
        self.owners.extend(row.repeats.into_iter().map(|key| (key, number)));
        for (cell, sharing) in row.cells {
            if sharing == Sharing::OwnRepeat {
                self.record.cells.push(cell);
            } else if let Entry::Vacant(entry) = self.given.entry(cell.key.clone()) {
                entry.insert(self.record.cells.len());
                self.record.cells.push(cell);
            }
        }
    }
}
