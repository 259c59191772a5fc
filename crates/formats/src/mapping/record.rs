//! One row becomes a part of a form record.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use kernel::{
    FormOid, ItemGroupOid, ItemOid, RepeatKey, StudyEventOid, SubjectKey,
    casebook::{ItemKey, RecordKey, RowKey},
    study::Design,
};

use super::{
    Given, Hold, Mapped, MappedCell, RowPlace,
    gather::{Contribution, Gather, Sharing, Stop},
    resolve::{BoundCell, BoundItem, BoundReading, BoundRepeat, ColumnPlaces},
    rule::{EventMap, Pivot, RecordRule},
};

/// Makes form records of rows.
pub(super) struct RecordWork<'d> {
    design: &'d Design,
    event: BoundCell,
    events: Option<EventMap>,
    form: BoundCell,
    form_repeat: BoundRepeat,
    group_repeats: Vec<(ItemGroupOid, BoundRepeat)>,
    items: Vec<BoundItem>,
    pivot: Option<BoundPivot>,
    /// Which forms were found to stand in which events, or why not.
    places: HashMap<(StudyEventOid, FormOid), Result<(), String>>,
    pub(super) gather: Gather,
}

struct BoundPivot {
    test: usize,
    value: usize,
    column: Arc<str>,
    group: ItemGroupOid,
    item: (String, String),
    members: HashSet<ItemOid>,
    /// How the value of each item is read; items have their own code lists.
    readings: HashMap<ItemOid, BoundReading>,
}

impl<'d> RecordWork<'d> {
    pub(super) fn new(
        rule: &RecordRule,
        design: &'d Design,
        columns: &ColumnPlaces,
        hold: Hold,
    ) -> Result<Self, String> {
        let mut items = Vec::with_capacity(rule.items.len());
        for item in &rule.items {
            let oid = ItemOid::new(&item.item);
            items.push(BoundItem {
                cell: BoundCell::new(&item.cell, columns)?,
                group: ItemGroupOid::new(&item.group),
                reading: BoundReading::new(&item.reading, design.item(&oid), design, columns)?,
                item: oid,
            });
        }
        let mut group_repeats = Vec::new();
        for (group, repeat) in &rule.group_repeats {
            group_repeats
                .push((ItemGroupOid::new(group), BoundRepeat::new(Some(repeat), columns)?));
        }
        let pivot = match &rule.pivot {
            None => None,
            Some(pivot) => Some(BoundPivot::new(pivot, design, columns)?),
        };
        let many_rows = pivot.is_some() || !group_repeats.is_empty();
        Ok(Self {
            design,
            event: BoundCell::new(&rule.event, columns)?,
            events: rule.events.clone(),
            form: BoundCell::new(&rule.form, columns)?,
            form_repeat: BoundRepeat::new(rule.form_repeat.as_ref(), columns)?,
            group_repeats,
            items,
            pivot,
            places: HashMap::new(),
            gather: Gather::new(hold, many_rows),
        })
    }

    /// Takes one row; gives out what is complete, and the row itself if it is refused.
    pub(super) fn take(
        &mut self,
        subject: SubjectKey,
        row: RowPlace,
        cells: &[String],
    ) -> Result<Vec<Mapped>, Stop> {
        let mut out = self.gather.turn_to(&subject)?;
        let added = match self.contribution(subject, row, cells) {
            Ok(contribution) => self.gather.add(contribution)?,
            Err(reason) => Err(reason),
        };
        if let Err(reason) = added {
            out.push(Mapped::Refused { row, reason });
        }
        Ok(out)
    }

    fn contribution(
        &mut self,
        subject: SubjectKey,
        row: RowPlace,
        cells: &[String],
    ) -> Result<Contribution, String> {
        let record = self.record_key(&subject, cells)?;
        let mut repeats = Vec::with_capacity(self.group_repeats.len());
        let counted = self.group_repeats.iter().any(|(_, r)| matches!(r, BoundRepeat::Row));
        let number =
            if counted { self.gather.count(&subject, &record) } else { RepeatKey::first() };
        for (group, repeat) in &self.group_repeats {
            let repeat = match repeat {
                BoundRepeat::Cell(cell) => RepeatKey::new(cell.key(cells, "repeat key")?),
                BoundRepeat::Row => number.clone(),
                BoundRepeat::First => RepeatKey::first(),
            };
            repeats.push(RowKey { group: group.clone(), repeat });
        }
        let mut given = self.item_cells(row, cells, &repeats)?;
        if let Some(pivot) = &mut self.pivot {
            given.extend(pivot.cell(row, cells, self.design)?);
        }
        Ok(Contribution { row, subject, record, repeats, cells: given })
    }

    fn record_key(&mut self, subject: &SubjectKey, cells: &[String]) -> Result<RecordKey, String> {
        let (event, rest) = self.event_of(cells)?;
        let form = FormOid::from(self.form.key(cells, "form")?);
        let place = (event, form);
        if !self.places.contains_key(&place) {
            let found = self.place(&place.0, &place.1);
            self.places.insert(place.clone(), found);
        }
        if let Some(Err(reason)) = self.places.get(&place) {
            return Err(reason.clone());
        }
        let (event, form) = place;
        let event_repeat = match rest {
            Some(_) if !self.design.event(&event).is_some_and(|event| event.repeating) => {
                return Err(format!("the event {event} does not repeat"));
            }
            Some(rest) if rest.is_empty() => {
                return Err(format!("nothing stands for the repeat key of {event}"));
            }
            Some(rest) => RepeatKey::from(rest),
            None => RepeatKey::first(),
        };
        let mut key = RecordKey { event, event_repeat, form, form_repeat: RepeatKey::first() };
        key.form_repeat = match &self.form_repeat {
            BoundRepeat::First => RepeatKey::first(),
            BoundRepeat::Row => {
                key.form_repeat = RepeatKey::default();
                self.gather.count(subject, &key)
            }
            BoundRepeat::Cell(cell) => RepeatKey::new(cell.key(cells, "repeat key")?),
        };
        Ok(key)
    }

    /// The event of a row, and what a star stands for.
    fn event_of(&self, cells: &[String]) -> Result<(StudyEventOid, Option<String>), String> {
        let text = self.event.key(cells, "event")?;
        let Some(events) = &self.events else {
            return Ok((text.into(), None));
        };
        let (event, rest) = events
            .find(&text)
            .ok_or_else(|| format!("{}: no event is mapped for '{text}'", self.event.column))?;
        Ok((event.into(), rest.map(str::to_owned)))
    }

    /// Whether the study has the form in the event, with all the groups that are filled.
    fn place(&self, event: &StudyEventOid, form: &FormOid) -> Result<(), String> {
        let event_def =
            self.design.event(event).ok_or_else(|| format!("the study has no event {event}"))?;
        let form_def =
            self.design.form(form).ok_or_else(|| format!("the study has no form {form}"))?;
        if !event_def.forms.iter().any(|reference| reference.form == *form) {
            return Err(format!("the event {event} has no form {form}"));
        }
        if !form_def.repeating && !matches!(self.form_repeat, BoundRepeat::First) {
            return Err(format!("the form {form} does not repeat"));
        }
        let filled = self.items.iter().map(|item| &item.group);
        let pivoted = self.pivot.iter().map(|pivot| &pivot.group);
        let groups = self.design.groups_of(form);
        match filled.chain(pivoted).find(|group| !groups.contains(group)) {
            Some(group) => Err(format!("the form {form} has no group {group}")),
            None => Ok(()),
        }
    }

    fn item_cells(
        &self,
        row: RowPlace,
        cells: &[String],
        repeats: &[RowKey],
    ) -> Result<Vec<(MappedCell, Sharing)>, String> {
        let mut given = Vec::with_capacity(self.items.len() + 1);
        for item in &self.items {
            let read = item
                .cell
                .text(cells)
                .and_then(|text| item.reading.read(text, cells))
                .map_err(|reason| format!("{}: {reason}", item.item))?;
            let Some(value) = read else { continue };
            let own = repeats.iter().find(|key| key.group == item.group);
            let sharing = if own.is_some() { Sharing::OwnRepeat } else { Sharing::Same };
            let key = own.cloned().unwrap_or_else(|| RowKey {
                group: item.group.clone(),
                repeat: RepeatKey::first(),
            });
            let key = ItemKey { row: key, item: item.item.clone() };
            given.push((cell(row, &item.cell.column, key, value), sharing));
        }
        Ok(given)
    }
}

impl BoundPivot {
    fn new(pivot: &Pivot, design: &Design, columns: &ColumnPlaces) -> Result<Self, String> {
        let group = ItemGroupOid::new(&pivot.group);
        let (before, after) = &pivot.item;
        let members: HashSet<ItemOid> = design
            .group(&group)
            .iter()
            .flat_map(|group| group.items.iter().map(|item| item.item.clone()))
            .filter(|oid| {
                let oid = oid.as_str();
                oid.len() >= before.len() + after.len()
                    && oid.starts_with(before.as_str())
                    && oid.ends_with(after.as_str())
            })
            .collect();
        let mut readings = HashMap::new();
        for oid in &members {
            // An item without a code list only matters when a row names it.
            let reading = BoundReading::new(&pivot.reading, design.item(oid), design, columns);
            readings.extend(reading.ok().map(|reading| (oid.clone(), reading)));
        }
        Ok(Self {
            test: columns.find(&pivot.test)?,
            value: columns.find(&pivot.value)?,
            column: pivot.value.as_str().into(),
            group,
            item: pivot.item.clone(),
            members,
            readings,
        })
    }

    fn cell(
        &self,
        row: RowPlace,
        cells: &[String],
        design: &Design,
    ) -> Result<Option<(MappedCell, Sharing)>, String> {
        let (before, after) = &self.item;
        let item = ItemOid::from(format!("{before}{}{after}", cells[self.test]));
        if !self.members.contains(&item) || design.item(&item).is_none() {
            return Err(format!("the group {} has no item {item}", self.group));
        }
        let reading = self
            .readings
            .get(&item)
            .ok_or_else(|| format!("the item {item} has no code list to decode"))?;
        let text = cells[self.value].as_str();
        let text = if text.trim().is_empty() { "" } else { text };
        let read =
            reading.read(text.to_owned(), cells).map_err(|reason| format!("{item}: {reason}"))?;
        let key = RowKey { group: self.group.clone(), repeat: RepeatKey::first() };
        let key = ItemKey { row: key, item };
        Ok(read.map(|value| (cell(row, &self.column, key, value), Sharing::Once)))
    }
}

fn cell(row: RowPlace, column: &Arc<str>, key: ItemKey, given: Given) -> MappedCell {
    MappedCell { row: row.number, column: Arc::clone(column), key, given }
}
