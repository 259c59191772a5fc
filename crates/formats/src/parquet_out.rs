//! Apache Parquet: one file for each table, typed columns, compressed with Snappy.
//!
//! Whole numbers are INT64, other numbers DOUBLE, complete dates DATE, booleans BOOLEAN, everything
//! else is text. A missing value is null; its reason stands in `missing_values`. The metadata of each
//! file names the study, its version, the cut-off and the label of each column.
//!
//! Rows wait in memory until there are enough for a group of rows; all tables together keep no more
//! than [`MAX_WAITING_BYTES`].

mod column;

use std::sync::Arc;

use parquet::{
    basic::{Compression, Repetition},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{WriterProperties, WriterPropertiesPtr},
        writer::SerializedFileWriter,
    },
    schema::types::{Type, TypePtr},
};

use self::column::Waiting;
use crate::{
    export::{ExportError, Out, Sink, StudyOut, Written},
    tabular::{Cell, TableDef, TableWriter},
};

/// Rows of a group.
const GROUP_ROWS: usize = 1 << 16;

/// Values that all tables together keep in memory, in bytes.
const MAX_WAITING_BYTES: usize = 48 << 20;

#[derive(Default)]
pub(crate) struct ParquetTables {
    tables: Vec<Table>,
    waiting_bytes: usize,
}

struct Table {
    file: String,
    writer: SerializedFileWriter<Out>,
    columns: Vec<Waiting>,
    waiting_rows: usize,
    waiting_bytes: usize,
    rows: u64,
    values: u64,
}

impl TableWriter for ParquetTables {
    fn begin(
        &mut self,
        study: &StudyOut<'_>,
        tables: &[TableDef],
        sink: &mut dyn Sink,
    ) -> Result<(), ExportError> {
        let mut names = crate::tabular::names::FileNames::default();
        for table in tables {
            let file = names.take(&table.name, "parquet");
            let out = Out::create(sink, &file)?;
            let writer =
                SerializedFileWriter::new(out, schema(&file, table)?, properties(study, table));
            self.tables.push(Table {
                writer: writer.map_err(|cause| failed(&file, cause))?,
                file,
                columns: table.columns.iter().map(Waiting::new).collect(),
                waiting_rows: 0,
                waiting_bytes: 0,
                rows: 0,
                values: 0,
            });
        }
        Ok(())
    }

    fn row(&mut self, table: usize, cells: &[Cell<'_>], values: u64) -> Result<(), ExportError> {
        let at = &mut self.tables[table];
        let mut bytes = 0;
        for (column, cell) in at.columns.iter_mut().zip(cells) {
            bytes += column.push(*cell);
        }
        at.waiting_rows += 1;
        at.waiting_bytes += bytes;
        at.values += values;
        self.waiting_bytes += bytes;
        if at.waiting_rows >= GROUP_ROWS {
            self.waiting_bytes -= at.waiting_bytes;
            at.flush()?;
        }
        while self.waiting_bytes > MAX_WAITING_BYTES {
            let largest = self.tables.iter_mut().max_by_key(|table| table.waiting_bytes);
            let Some(largest) = largest else { break };
            self.waiting_bytes -= largest.waiting_bytes;
            largest.flush()?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        self.tables.into_iter().map(Table::finish).collect()
    }
}

impl Table {
    /// Writes the rows that wait as a group.
    fn flush(&mut self) -> Result<(), ExportError> {
        if self.waiting_rows == 0 {
            return Ok(());
        }
        let Self { file, writer, columns, .. } = self;
        let written = (|| {
            let mut group = writer.next_row_group()?;
            for waiting in columns {
                if let Some(mut column) = group.next_column()? {
                    waiting.write(column.untyped())?;
                    column.close()?;
                }
            }
            group.close().map(drop)
        })();
        self.rows += self.waiting_rows as u64;
        (self.waiting_rows, self.waiting_bytes) = (0, 0);
        written.map_err(|cause| failed(file, cause))
    }

    fn finish(mut self) -> Result<Written, ExportError> {
        self.flush()?;
        let out = self.writer.into_inner().map_err(|cause| failed(&self.file, cause));
        let mut out = out?;
        (out.rows, out.values) = (self.rows, self.values);
        out.finish()
    }
}

fn schema(file: &str, table: &TableDef) -> Result<TypePtr, ExportError> {
    let column = |column: &crate::tabular::Column| {
        let (physical, logical) = column::types(column.storage());
        Type::primitive_type_builder(&column.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let columns: Result<Vec<TypePtr>, _> = table.columns.iter().map(column).collect();
    let schema =
        columns.and_then(|columns| Type::group_type_builder("schema").with_fields(columns).build());
    schema.map(Arc::new).map_err(|cause| failed(file, cause))
}

fn properties(study: &StudyOut<'_>, table: &TableDef) -> WriterPropertiesPtr {
    let version = study.design.version();
    let labels: serde_json::Map<String, serde_json::Value> = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.label.clone().into()))
        .collect();
    let note = |key: &str, value: String| KeyValue::new(format!("casebook.{key}"), value);
    let mut notes = vec![
        note("study", version.study_oid.to_string()),
        note("study_version", version.version_oid.to_string()),
        note("study_version_hash", study.version_hash.to_owned()),
        note("label", table.label.clone()),
        note("labels", serde_json::Value::Object(labels).to_string()),
    ];
    if let Some(as_of) = study.as_of {
        notes.push(note("as_of", as_of.to_owned()));
    }
    let properties = WriterProperties::builder()
        .set_created_by(format!("Casebook version {}", study.source_version))
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(notes));
    Arc::new(properties.build())
}

fn failed(file: &str, cause: ParquetError) -> ExportError {
    ExportError::Io { file: file.to_owned(), source: std::io::Error::other(cause) }
}

#[cfg(test)]
mod tests;
