//! An exporter for all formats that are made of tables.

use super::{
    Cell, Plan, Storage, TableDef, TableWriter,
    plan::{self, key_column},
    walk::Walk,
};
use crate::export::{ExportError, Exporter, RecordOut, Sink, StudyOut, SubjectOut, Written};

/// Sorts records into rows, and hands them to the writer of a format.
pub struct TabularExporter {
    writer: Box<dyn TableWriter>,
    one_stream: bool,
    language: String,
    begun: Option<Begun>,
}

struct Begun {
    study: String,
    tables: Tables,
}

/// The tables of an export: subjects, those of the forms, other values, reasons for missing.
pub(super) struct Tables {
    pub(super) plan: Plan,
    pub(super) defs: Vec<TableDef>,
    /// The storage of each column of each table of the plan.
    pub(super) storages: Vec<Vec<Storage>>,
    pub(super) other: usize,
    pub(super) missing: usize,
}

impl std::fmt::Debug for TabularExporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TabularExporter")
            .field("one_stream", &self.one_stream)
            .finish_non_exhaustive()
    }
}

impl TabularExporter {
    /// An exporter of several files, one or more for each table, with labels in a language.
    pub fn files(writer: impl TableWriter + 'static, language: &str) -> Self {
        Self {
            writer: Box::new(writer),
            one_stream: false,
            language: language.to_owned(),
            begun: None,
        }
    }

    /// An exporter of one file with all tables.
    pub fn one_file(writer: impl TableWriter + 'static, language: &str) -> Self {
        Self { one_stream: true, ..Self::files(writer, language) }
    }
}

impl Exporter for TabularExporter {
    fn any_order(&self) -> bool {
        true
    }

    fn one_stream(&self) -> bool {
        self.one_stream
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError> {
        let tables = Tables::new(plan::plan(study.design, &self.language));
        self.writer.begin(study, &tables.defs, sink)?;
        self.begun = Some(Begun { study: study.design.version().study_oid.to_string(), tables });
        Ok(())
    }

    fn subject(&mut self, subject: &SubjectOut<'_>) -> Result<(), ExportError> {
        let Some(begun) = &self.begun else { return Err(ExportError::NotBegun) };
        let cells = [
            Cell::Text(&begun.study),
            Cell::Text(subject.site),
            Cell::Text(subject.key),
            Cell::Text(subject.status),
            stated(subject.screening_number),
            stated(subject.enrolment_number),
        ];
        self.writer.row(0, &cells, 0)
    }

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        let Some(begun) = &self.begun else { return Err(ExportError::NotBegun) };
        if record.record.removed {
            return Ok(());
        }
        let mut walk = Walk::new(&begun.tables, &mut *self.writer, &begun.study, record);
        let read = record.record.for_each_item(|row, item, datum| walk.item(row, item, datum));
        walk.end()?;
        read.map_err(|source| ExportError::unreadable(record, source))
    }

    fn finish(self: Box<Self>, sink: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        if self.begun.is_none() {
            return Err(ExportError::NotBegun);
        }
        self.writer.finish(sink)
    }
}

fn stated(number: Option<&str>) -> Cell<'_> {
    number.filter(|text| !text.is_empty()).map_or(Cell::Blank, Cell::Text)
}

impl Tables {
    fn new(plan: Plan) -> Self {
        let storages = plan
            .tables
            .iter()
            .map(|table| table.columns.iter().map(super::Column::storage).collect());
        let storages = storages.collect();
        let mut defs = vec![subjects()];
        defs.extend(plan.tables.iter().cloned());
        let other = defs.len();
        defs.push(other_values());
        defs.push(missing_values());
        let mut names = std::collections::HashSet::new();
        for def in &mut defs {
            def.name = plan::unique(&def.name, &mut names);
        }
        Self { plan, defs, storages, other, missing: other + 1 }
    }
}

const STATUS: (&str, &str, &str) = ("status", "STATUS", "Status");
const SCREENING_NUMBER: (&str, &str, &str) = ("screening_number", "SCRNUM", "Screening number");
const ENROLMENT_NUMBER: (&str, &str, &str) = ("enrolment_number", "ENRLNUM", "Enrolment number");
const ITEM_GROUP: (&str, &str, &str) = ("item_group", "ITEMGRP", "Item group");
const ITEM: (&str, &str, &str) = ("item", "ITEM", "Item");
const VALUE: (&str, &str, &str) = ("value", "VALUE", "Value");
const UNIT: (&str, &str, &str) = ("unit", "UNIT", "Unit");
const REASON: (&str, &str, &str) = ("reason", "REASON", "Why the value is missing");

fn subjects() -> TableDef {
    let keys = [plan::STUDY, plan::SITE, plan::SUBJECT];
    let values = [STATUS, SCREENING_NUMBER, ENROLMENT_NUMBER];
    table("subjects", "SUBJECTS", "Subjects", &keys, &values)
}

/// Where in the casebook an item is.
const PLACE: [(&str, &str, &str); 10] = [
    plan::STUDY,
    plan::SITE,
    plan::SUBJECT,
    plan::EVENT,
    plan::EVENT_REPEAT,
    plan::FORM,
    plan::FORM_REPEAT,
    ITEM_GROUP,
    plan::GROUP_REPEAT,
    ITEM,
];

fn other_values() -> TableDef {
    let label = "Values without a fitting column";
    table("other_values", "OTHERVAL", label, &PLACE, &[VALUE, UNIT])
}

fn missing_values() -> TableDef {
    table("missing_values", "MISSINGV", "Reasons for missing values", &PLACE, &[REASON])
}

fn table(
    name: &str,
    dataset: &str,
    label: &str,
    keys: &[(&'static str, &'static str, &'static str)],
    values: &[(&'static str, &'static str, &'static str)],
) -> TableDef {
    let keys = keys.iter().copied().map(key_column);
    let values = values
        .iter()
        .copied()
        .map(|value| super::Column { role: super::Role::Value, ..key_column(value) });
    TableDef {
        name: name.to_owned(),
        label: label.to_owned(),
        dataset_name: Some(dataset.to_owned()),
        columns: keys.chain(values).collect(),
        ..TableDef::default()
    }
}
