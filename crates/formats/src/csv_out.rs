//! Tidy tables: for each form one table of its groups that do not repeat, and one for each
//! repeating group; a row is a record or a repeat of the group, a column is an item.
//!
//! The columns depend only on the study version, not on the data. A value that is missing for a
//! stated reason is an empty cell, and the column `missing` names it and the reason
//! (`SYSBP=NOT_DONE;PULSE=REFUSED`). An item with a choice of units has a second column for the
//! unit. Removed records and rows are left out. What the version has no column for, for instance a
//! value collected under an earlier version, goes to `other_values.csv`: nothing is dropped.

mod field;
mod plan;
mod record;
mod table;

use std::collections::HashMap;

pub(crate) use self::field::push_field;
use self::{record::RecordWriter, table::TableOut};
use crate::{
    export::{
        ExportError, ExportOptions, Exporter, Out, RecordOut, Sink, StudyOut, SubjectOut, Written,
    },
    tabular::{self, FormPlan, names::FileNames},
};

const SUBJECT_HEADER: &str = "study,site,subject,status,screening_number,enrolment_number\r\n";
const OTHER_HEADER: &str = "study,site,subject,event,event_repeat,form,form_repeat,item_group,\
                            group_repeat,item,value,unit,missing\r\n";

pub(crate) struct CsvExporter {
    options: ExportOptions,
    begun: Option<Begun>,
}

struct Begun {
    /// The study OID as a field.
    study: Vec<u8>,
    subjects: Out,
    other: Out,
    tables: Vec<TableOut>,
    forms: HashMap<Box<str>, FormPlan>,
    units: HashMap<String, Vec<u8>>,
    keys: Keys,
}

/// The key fields of the record at hand, each followed by a comma.
#[derive(Default)]
struct Keys {
    text: Vec<u8>,
    /// Where the repeat key of the form starts.
    form_repeat: usize,
}

impl CsvExporter {
    pub(crate) fn new(options: ExportOptions) -> Self {
        Self { options, begun: None }
    }

    fn begun(&mut self) -> Result<&mut Begun, ExportError> {
        self.begun.as_mut().ok_or(ExportError::NotBegun)
    }
}

impl Exporter for CsvExporter {
    fn any_order(&self) -> bool {
        true
    }

    fn one_stream(&self) -> bool {
        false
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError> {
        let bom: &[u8] = if self.options.byte_order_mark { "\u{feff}".as_bytes() } else { b"" };
        let start = |sink: &mut dyn Sink, name: &str, header: &[u8]| {
            let mut out = Out::create(sink, name)?;
            out.buffer.extend_from_slice(bom);
            out.buffer.extend_from_slice(header);
            Ok::<_, ExportError>(out)
        };
        let mut names = FileNames::default();
        let subjects = start(sink, &names.take("subjects", "csv"), SUBJECT_HEADER.as_bytes())?;
        let other = start(sink, &names.take("other_values", "csv"), OTHER_HEADER.as_bytes())?;
        let planned = tabular::plan(study.design, &self.options.language);
        let mut tables = Vec::with_capacity(planned.tables.len());
        for table in &planned.tables {
            let out = start(sink, &names.take(&table.name, "csv"), &plan::header(table))?;
            tables.push(TableOut::new(out, plan::cells(table)));
        }
        let units = planned.units.into_iter().map(|(oid, name)| {
            let mut field = Vec::new();
            push_field(&mut field, &name);
            (oid, field)
        });
        let mut own = Vec::new();
        push_field(&mut own, study.design.version().study_oid.as_str());
        self.begun = Some(Begun {
            study: own,
            subjects,
            other,
            tables,
            forms: planned.forms,
            units: units.collect(),
            keys: Keys::default(),
        });
        Ok(())
    }

    fn subject(&mut self, subject: &SubjectOut<'_>) -> Result<(), ExportError> {
        let begun = self.begun()?;
        let out = &mut begun.subjects;
        out.buffer.extend_from_slice(&begun.study);
        let numbers = [subject.screening_number, subject.enrolment_number];
        let texts = [subject.site, subject.key, subject.status];
        for text in texts.into_iter().chain(numbers.map(Option::unwrap_or_default)) {
            out.buffer.push(b',');
            push_field(&mut out.buffer, text);
        }
        out.buffer.extend_from_slice(b"\r\n");
        out.rows += 1;
        out.settle()
    }

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        if record.record.removed { Ok(()) } else { self.begun()?.record(record) }
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let begun = self.begun.ok_or(ExportError::NotBegun)?;
        let mut written = vec![begun.subjects.finish()?];
        for table in begun.tables {
            written.push(table.finish()?);
        }
        written.push(begun.other.finish()?);
        Ok(written)
    }
}

impl Begun {
    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        self.keys.set(&self.study, record);
        let Self { other, tables, forms, units, keys, .. } = self;
        let mut writer = RecordWriter::new(other, tables, units, keys, record.form);
        writer.plan = forms.get(record.form);
        let read = record.record.for_each_item(|row, item, datum| writer.item(row, item, datum));
        writer.end()?;
        read.map_err(|source| ExportError::unreadable(record, source))
    }
}

impl Keys {
    fn set(&mut self, study: &[u8], record: &RecordOut<'_>) {
        self.text.clear();
        self.text.extend_from_slice(study);
        self.text.push(b',');
        self.push(record.subject.site);
        self.push(record.subject.key);
        self.push(record.event);
        self.push(record.event_repeat);
        self.form_repeat = self.text.len();
        self.push(record.form_repeat);
    }

    fn push(&mut self, text: &str) {
        push_field(&mut self.text, text);
        self.text.push(b',');
    }
}

#[cfg(test)]
mod tests;
