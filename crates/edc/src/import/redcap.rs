//! Records of REDCap: flat rows, rows of one value, or the records of a project file. A row that
//! fills several forms is told of once for each of them.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
    sync::Arc,
};

use formats::{
    FormatError,
    redcap::{
        FlatRow, Layout, NEW, PlanOptions, PlannedSave, PlannedValue, group_name, is_project,
        of_eav, read_project_rows,
    },
    table::{CsvTable, Table as _, TextEncoding},
};
use kernel::{
    SiteOid, SubjectKey,
    casebook::{ItemKey, RecordKey, RowKey},
    study::Design,
};

use super::{
    Cell, Expect, Given, ImportFailure, Place, RecordUnit, SubjectUnit, Unit,
    source::{Source, Take, digest, stopped},
};

/// How much of a file is looked at to know what it is.
const BEGINNING_BYTES: u64 = 64 * 1024;

/// Whether a file holds records as REDCap writes them for this study.
pub fn is_redcap(file: &Path, design: &Design) -> bool {
    let Ok(opened) = File::open(file) else { return false };
    let mut beginning = Vec::new();
    if opened.take(BEGINNING_BYTES).read_to_end(&mut beginning).is_err() {
        return false;
    }
    if file.extension().is_some_and(|extension| extension == "xml") {
        return is_project(&beginning);
    }
    let header = beginning.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let header = String::from_utf8_lossy(header);
    let columns: Vec<&str> =
        header.split(',').map(|name| name.trim_matches(['"', ' ', '\u{feff}'])).collect();
    let layout = Layout::of(design);
    let is_eav = ["record", "field_name", "value"].iter().all(|name| columns.contains(name));
    is_eav || columns.first() == Some(&layout.dictionary.record_id())
}

/// Records of REDCap as a source. `sites` are those of the study with their names: a new
/// participant belongs to the one that is named as data access group, or to the only one.
pub fn redcap_source(
    file: &Path,
    design: &Design,
    sites: Vec<(SiteOid, String)>,
) -> Result<Source, ImportFailure> {
    let digest = digest(file, b"REDCap")?;
    let layout = Layout::of(design);
    let file = file.to_owned();
    let read = move |take: &mut Take<'_>| -> Result<(), ImportFailure> {
        let opened = File::open(&file).map_err(|error| stopped("cannot read", &file, &error))?;
        let name = file.display().to_string();
        let mut reading = Reading {
            layout: &layout,
            sites: &sites,
            seen: BTreeSet::new(),
            held: Vec::new(),
            take,
            ended: false,
        };
        if file.extension().is_some_and(|extension| extension == "xml") {
            let record_id = layout.dictionary.record_id().to_owned();
            read_project_rows(BufReader::new(opened), &name, &mut |rows| {
                for row in rows {
                    let columns = row.values.into_iter();
                    let mut flat = FlatRow::of_columns(row.number, row.line, &record_id, columns);
                    (flat.record, flat.event) = (row.record, row.event);
                    (flat.instrument, flat.instance) = (row.instrument, row.instance);
                    reading.row(flat);
                }
                Ok(())
            })?;
        } else {
            reading.table(BufReader::new(opened), &name)?;
        }
        reading.flush();
        Ok(())
    };
    Ok(Source { digest, read: Arc::new(read) })
}

struct Reading<'r, 't> {
    layout: &'r Layout,
    sites: &'r [(SiteOid, String)],
    seen: BTreeSet<String>,
    /// Rows of one participant.
    held: Vec<FlatRow>,
    take: &'r mut Take<'t>,
    ended: bool,
}

impl Reading<'_, '_> {
    fn table(&mut self, input: impl std::io::Read, name: &str) -> Result<(), FormatError> {
        let mut table = CsvTable::open(input, name, TextEncoding::UTF_8, b',')?;
        let columns = table.columns().to_vec();
        let is_eav = columns.iter().any(|column| column == "field_name");
        let fields = &self.layout.dictionary.fields;
        let checkboxes: BTreeSet<String> = fields
            .iter()
            .filter(|field| field.is_checkbox())
            .map(|field| field.name().to_owned())
            .collect();
        let record_id = self.layout.dictionary.record_id().to_owned();
        while let Some(row) = table.next_row()? {
            let named: Vec<_> = columns.iter().cloned().zip(row.cells).collect();
            if !is_eav {
                let named = named.into_iter();
                self.row(FlatRow::of_columns(row.number, row.line, &record_id, named));
                continue;
            }
            match of_eav(row.number, row.line, &named, &|name| checkboxes.contains(name)) {
                Ok(mut flat) => {
                    flat.values.retain(|(column, _)| *column != record_id);
                    self.row(flat);
                }
                Err(unread) => self.tell(Unit::Refused {
                    row: Place { row: unread.number, line: unread.line },
                    reason: unread.why,
                }),
            }
        }
        Ok(())
    }

    /// Holds a row until those of another participant begin.
    fn row(&mut self, row: FlatRow) {
        if self.held.last().is_some_and(|last| last.record != row.record) {
            self.flush();
        }
        self.held.push(row);
    }

    fn flush(&mut self) {
        for row in std::mem::take(&mut self.held) {
            self.apply(&row);
        }
    }

    fn tell(&mut self, unit: Unit) {
        self.ended = self.ended || (self.take)(unit).is_break();
    }

    fn apply(&mut self, row: &FlatRow) {
        if self.ended {
            return;
        }
        let place = Place { row: row.number, line: row.line };
        let refuse = |reason: String| Unit::Refused { row: place, reason };
        let saves = match self.layout.plan(row, PlanOptions::default()) {
            Ok(saves) => saves,
            Err(faults) => {
                let each = faults.iter().map(|one| format!("column {}: {}", one.column, one.why));
                return self.tell(refuse(each.collect::<Vec<_>>().join("; ")));
            }
        };
        let is_new = |save: &PlannedSave| {
            save.form_repeat == NEW || save.entries.iter().any(|one| one.group_repeat == NEW)
        };
        if row.instance == NEW || saves.iter().any(is_new) {
            let reason = "an import names its repeats by number, so that it can be repeated";
            return self.tell(refuse(reason.to_owned()));
        }
        if self.seen.insert(row.record.clone()) {
            let site = self.site(&row.group);
            self.tell(Unit::Subject(SubjectUnit {
                subject: SubjectKey::new(&row.record),
                site,
                milestones: Vec::new(),
                row: place,
                creates: true,
            }));
        }
        for save in saves {
            self.tell(Unit::Record(unit(&row.record, place, save)));
        }
    }

    fn site(&self, group: &str) -> Option<SiteOid> {
        if group.is_empty() {
            let [(only, _)] = self.sites else { return None };
            return Some(only.clone());
        }
        let is = |(oid, name): &&(SiteOid, String)| {
            oid.as_str() == group || name == group || group_name(name) == group
        };
        self.sites.iter().find(is).map(|(oid, _)| oid.clone())
    }
}

fn unit(record: &str, place: Place, save: PlannedSave) -> RecordUnit {
    let cells = save.entries.into_iter().map(|entry| Cell {
        row: place.row,
        column: Arc::from(entry.column.as_str()),
        item: ItemKey {
            row: RowKey { group: entry.group, repeat: entry.group_repeat.into() },
            item: entry.item,
        },
        given: match entry.given {
            PlannedValue::Text(text) => Given::Text(text),
            PlannedValue::Missing(reason) => Given::Missing(reason),
            PlannedValue::Clear => Given::Clear,
        },
        unit: None,
        expect: Expect::Anything,
    });
    RecordUnit {
        subject: SubjectKey::new(record),
        record: RecordKey {
            event: save.event,
            event_repeat: save.event_repeat.into(),
            form: save.form,
            form_repeat: save.form_repeat.into(),
        },
        cells: cells.collect(),
        rows: vec![place],
        remove: Vec::new(),
        complete: Some(save.complete == Some(true)),
    }
}
