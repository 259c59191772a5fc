//! The values of one column that wait for their group of rows.

use jiff::civil::Date;
use parquet::{
    basic::{LogicalType, Type as PhysicalType},
    column::writer::ColumnWriter,
    data_type::ByteArray,
    errors::{ParquetError, Result},
};

use crate::tabular::{Cell, Column, Storage};

/// Parquet counts days from here.
const DAY_ZERO: Date = jiff::civil::date(1970, 1, 1);

pub(super) struct Waiting {
    values: Values,
    /// For each row 1, or 0 for null.
    present: Vec<i16>,
}

enum Values {
    /// All texts one behind the other, and where each ends.
    Text(Vec<u8>, Vec<usize>),
    Integer(Vec<i64>),
    Real(Vec<f64>),
    Days(Vec<i32>),
    Boolean(Vec<bool>),
}

/// How a column is stored, and what that means.
pub(super) fn types(storage: Storage) -> (PhysicalType, Option<LogicalType>) {
    match storage {
        Storage::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        Storage::Integer => (PhysicalType::INT64, None),
        Storage::Real => (PhysicalType::DOUBLE, None),
        Storage::Date => (PhysicalType::INT32, Some(LogicalType::Date)),
        Storage::Boolean => (PhysicalType::BOOLEAN, None),
    }
}

impl Waiting {
    pub(super) fn new(column: &Column) -> Self {
        let values = match column.storage() {
            Storage::Text => Values::Text(Vec::new(), Vec::new()),
            Storage::Integer => Values::Integer(Vec::new()),
            Storage::Real => Values::Real(Vec::new()),
            Storage::Date => Values::Days(Vec::new()),
            Storage::Boolean => Values::Boolean(Vec::new()),
        };
        Self { values, present: Vec::new() }
    }

    /// Keeps a cell, which fits the column, and says how many bytes it takes.
    pub(super) fn push(&mut self, cell: Cell<'_>) -> usize {
        let taken = cell.text().is_some_and(|text| self.values.push(text));
        self.present.push(i16::from(taken));
        10 + cell.text().map_or(0, str::len)
    }

    /// Writes what waits and begins anew.
    pub(super) fn write(&mut self, column: &mut ColumnWriter<'_>) -> Result<()> {
        let present = Some(self.present.as_slice());
        match (&mut self.values, column) {
            (Values::Text(bytes, ends), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let all = bytes::Bytes::from(std::mem::take(bytes));
                let mut start = 0;
                let texts: Vec<ByteArray> = ends
                    .drain(..)
                    .map(|end| all.slice(std::mem::replace(&mut start, end)..end).into())
                    .collect();
                writer.write_batch(&texts, present, None)?;
            }
            (Values::Integer(values), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(values, present, None)?;
                values.clear();
            }
            (Values::Real(values), ColumnWriter::DoubleColumnWriter(writer)) => {
                writer.write_batch(values, present, None)?;
                values.clear();
            }
            (Values::Days(values), ColumnWriter::Int32ColumnWriter(writer)) => {
                writer.write_batch(values, present, None)?;
                values.clear();
            }
            (Values::Boolean(values), ColumnWriter::BoolColumnWriter(writer)) => {
                writer.write_batch(values, present, None)?;
                values.clear();
            }
            _ => return Err(ParquetError::General("a column is of another type".to_owned())),
        }
        self.present.clear();
        Ok(())
    }
}

impl Values {
    fn push(&mut self, text: &str) -> bool {
        match self {
            Self::Text(bytes, ends) => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
                true
            }
            Self::Integer(values) => push(values, text.parse().ok()),
            Self::Real(values) => push(values, text.parse().ok()),
            Self::Days(values) => push(values, days(text)),
            Self::Boolean(values) => push(values, text.parse().ok()),
        }
    }
}

fn push<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let is_there = value.is_some();
    values.extend(value);
    is_there
}

fn days(text: &str) -> Option<i32> {
    let date: Date = text.parse().ok()?;
    Some(DAY_ZERO.until(date).ok()?.get_days())
}
