//! The exporter `redcap`: the records as one flat table, beside it the data dictionary, and, where
//! the study has events, arms, events and which form is filled at which event.

use kernel::{Datum, casebook::DatumRef};

use super::{
    dictionary::{Dictionary, push_row},
    flat::{Participant, RecordValues, ValueAt},
    layout::Layout,
    select::{ColumnOf, Selection},
};
use crate::export::{ExportError, Exporter, Out, RecordOut, Sink, StudyOut, SubjectOut, Written};

const OTHER: [&str; 9] = [
    "record",
    "event",
    "event_repeat",
    "form",
    "form_repeat",
    "item_group",
    "group_repeat",
    "item",
    "value",
];

/// Writes flat records as REDCap exports them, with codes and names.
#[derive(Default)]
pub(crate) struct RedcapExporter {
    begun: Option<Begun>,
}

struct Begun {
    layout: Layout,
    selection: Selection,
    columns: Vec<ColumnOf>,
    records: Out,
    other: Out,
    beside: Vec<Out>,
    current: Option<Participant>,
}

impl Exporter for RedcapExporter {
    fn one_stream(&self) -> bool {
        false
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError> {
        let layout = Layout::of(study.design);
        let selection = Selection { groups: true, ..Selection::default() };
        let columns = layout.columns(&selection);
        let mut records = Out::create(sink, "records.csv")?;
        let header: Vec<String> =
            columns.iter().map(|column| layout.header(&selection, *column)).collect();
        push_row(&mut records.buffer, header.iter().map(String::as_str));
        let mut other = Out::create(sink, "other_values.csv")?;
        push_row(&mut other.buffer, OTHER.into_iter());
        let beside = beside(&layout.dictionary, sink)?;
        self.begun =
            Some(Begun { layout, selection, columns, records, other, beside, current: None });
        Ok(())
    }

    fn subject(&mut self, subject: &SubjectOut<'_>) -> Result<(), ExportError> {
        let begun = self.begun.as_mut().ok_or(ExportError::NotBegun)?;
        begun.flush()?;
        begun.current = Some(Participant {
            key: subject.key.to_owned(),
            site: subject.site.to_owned(),
            records: Vec::new(),
        });
        Ok(())
    }

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        let begun = self.begun.as_mut().ok_or(ExportError::NotBegun)?;
        if record.record.removed {
            return Ok(());
        }
        let Some(participant) = begun.current.as_mut() else { return Err(ExportError::NotBegun) };
        participant.records.push(values(record)?);
        Ok(())
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let mut begun = self.begun.ok_or(ExportError::NotBegun)?;
        begun.flush()?;
        let mut written = vec![begun.records.finish()?, begun.other.finish()?];
        for out in begun.beside {
            written.push(out.finish()?);
        }
        Ok(written)
    }
}

impl Begun {
    fn flush(&mut self) -> Result<(), ExportError> {
        let Some(participant) = self.current.take() else { return Ok(()) };
        self.others(&participant)?;
        for row in self.layout.rows(&participant) {
            let who = (participant.key.as_str(), participant.site.as_str());
            let cells: Vec<String> = self
                .columns
                .iter()
                .map(|column| self.layout.cell(&self.selection, who, &row, *column))
                .collect();
            push_row(&mut self.records.buffer, cells.iter().map(String::as_str));
            self.records.rows += 1;
            self.records.settle()?;
        }
        Ok(())
    }
}

impl Begun {
    /// What has no column goes to a table of its own: nothing is dropped.
    fn others(&mut self, participant: &Participant) -> Result<(), ExportError> {
        for record in &participant.records {
            for value in &record.values {
                if self.layout.has_column(record, value) {
                    self.records.values += 1;
                    continue;
                }
                let text = match &value.datum {
                    Datum::Value { text, .. } => &**text,
                    Datum::Missing(reason) => reason.code(),
                };
                let cells = [
                    &participant.key,
                    &record.event,
                    &record.event_repeat,
                    &record.form,
                    &record.form_repeat,
                    &value.group,
                    &value.group_repeat,
                    &value.item,
                ];
                let cells = cells.into_iter().map(String::as_str);
                push_row(&mut self.other.buffer, cells.chain([text]));
                self.other.rows += 1;
                self.other.values += 1;
            }
            self.other.settle()?;
        }
        Ok(())
    }
}

fn values(record: &RecordOut<'_>) -> Result<RecordValues, ExportError> {
    let mut values = RecordValues {
        event: record.event.to_owned(),
        event_repeat: record.event_repeat.to_owned(),
        form: record.form.to_owned(),
        form_repeat: record.form_repeat.to_owned(),
        complete: record.record.complete,
        values: Vec::new(),
    };
    let read = record.record.for_each_item(|row, item, datum| {
        let (Some(item), false) = (item, row.removed) else { return };
        let datum = match datum {
            DatumRef::Value { text, unit } => {
                Datum::Value { text: text.into(), unit: unit.map(Into::into) }
            }
            DatumRef::Missing(reason) => Datum::Missing(reason),
            DatumRef::Blank => return,
        };
        values.values.push(ValueAt {
            group: row.group.to_owned(),
            group_repeat: row.repeat.to_owned(),
            item: item.to_owned(),
            datum,
        });
    });
    read.map_err(|source| ExportError::unreadable(record, source))?;
    Ok(values)
}

/// The design beside the records.
fn beside(dictionary: &Dictionary, sink: &mut dyn Sink) -> Result<Vec<Out>, ExportError> {
    let mut outs = Vec::new();
    let mut out = Out::create(sink, "dictionary.csv")?;
    out.buffer.extend_from_slice(&dictionary.write_csv(true));
    out.rows = dictionary.fields.len() as u64;
    outs.push(out);
    if !dictionary.is_longitudinal() {
        return Ok(outs);
    }
    for (name, table) in dictionary.event_tables() {
        let mut out = Out::create(sink, name)?;
        for row in &table {
            push_row(&mut out.buffer, row.iter().map(String::as_str));
        }
        out.rows = table.len().saturating_sub(1) as u64;
        outs.push(out);
    }
    Ok(outs)
}
