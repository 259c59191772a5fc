//! Which variables the columns of a table become, and how their values wait.

use std::collections::HashSet;

use jiff::civil::Date;
use kernel::MissingReason;

use super::pieces::push_pieces;
use crate::{
    export::{ExportError, Spooled},
    odm::DefinedVariable,
    table::TextEncoding,
    tabular::{
        Cell, Column, Role, Storage, TableDef,
        names::{TRANSPORT, name},
    },
    xpt::{Dataset, Field, MAX_LABEL_BYTES, ValueFormat, Variable, VariableKind, number_bytes},
};

const NUMBER_BYTES: usize = 8;

/// SAS counts days from here.
const DAY_ZERO: Date = jiff::civil::date(1960, 1, 1);

pub(super) struct Layout {
    columns: Vec<ColumnLayout>,
}

struct ColumnLayout {
    column: Column,
    name: String,
    label: String,
    storage: Storage,
    /// The widest of each piece of a text so far.
    widths: Vec<usize>,
}

impl Layout {
    pub(super) fn new(table: &TableDef) -> Self {
        let column = |column: &Column| ColumnLayout {
            column: column.clone(),
            name: column.short_name.clone().unwrap_or_else(|| column.name.clone()),
            label: column.label.clone(),
            storage: column.storage(),
            widths: vec![1],
        };
        Self { columns: table.columns.iter().map(column).collect() }
    }

    /// Appends a row as it waits: of a number its eight bytes, of a text its pieces.
    pub(super) fn push_row(
        &mut self,
        into: &mut Vec<u8>,
        cells: &[Cell<'_>],
        encoding: TextEncoding,
    ) -> Result<(), String> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            if column.storage == Storage::Text {
                let widths = &mut column.widths;
                let text = cell.text().unwrap_or_default();
                push_pieces(into, text, encoding, |piece, bytes| {
                    if widths.len() <= piece {
                        widths.resize(piece + 1, 1);
                    }
                    widths[piece] = widths[piece].max(bytes);
                })
                .map_err(|what| format!("{}: {what}", column.name))?;
            } else {
                let bytes = number_bytes(&number(column.storage, *cell));
                let fault = || format!("{}: a number cannot be written exactly", column.name);
                into.extend_from_slice(&bytes.ok_or_else(fault)?);
            }
        }
        Ok(())
    }

    /// The dataset with its variables, and the bytes of a row.
    pub(super) fn dataset(&self, encoding: TextEncoding, lower_case: bool) -> (Dataset, usize) {
        let mut taken = HashSet::new();
        let mut variables = Vec::new();
        for column in &self.columns {
            let mut variable = |wish: &str, length| {
                let name = name(TRANSPORT, wish, &mut taken);
                variables.push(Variable {
                    label: fitting(&[&column.label, &column.name], encoding),
                    name: if lower_case { name.to_ascii_lowercase() } else { name },
                    format: format(column.storage),
                    kind: match column.storage {
                        Storage::Text => VariableKind::Text,
                        _ => VariableKind::Number,
                    },
                    length,
                    ..Variable::default()
                });
            };
            if column.storage != Storage::Text {
                variable(&column.name, NUMBER_BYTES);
                continue;
            }
            for (piece, width) in column.widths.iter().enumerate() {
                match piece {
                    0 => variable(&column.name, *width),
                    _ => variable(&continued(&column.name, piece), *width),
                }
            }
        }
        let row_bytes = variables.iter().map(|variable: &Variable| variable.length).sum();
        (Dataset { variables, ..Dataset::default() }, row_bytes)
    }

    /// The variables of the dataset as its definition has them.
    pub(super) fn defined(&self, table: &str, dataset: &Dataset) -> Vec<DefinedVariable> {
        let columns = self.columns.iter().flat_map(|of| of.widths.iter().map(move |_| &of.column));
        let variable = |(variable, column): (&Variable, &Column)| DefinedVariable {
            oid: format!("IT.{table}.{}", variable.name),
            name: variable.name.clone(),
            label: column.label.clone(),
            data_type: column.data_type,
            length: u32::try_from(variable.length).ok(),
            decimals: column.decimals,
            is_key: column.role == Role::Key,
            display_format: (column.storage() == Storage::Date).then(|| "YYMMDD10.".to_owned()),
            item: column.item.clone().filter(|_| column.role == Role::Value),
            origin: column.origin.clone(),
        };
        dataset.variables.iter().zip(columns).map(variable).collect()
    }

    /// Reads one waiting row and appends it as it is written.
    pub(super) fn lay(&self, from: &mut Spooled, into: &mut Vec<u8>) -> Result<(), ExportError> {
        for column in &self.columns {
            if column.storage != Storage::Text {
                let start = into.len();
                into.resize(start + NUMBER_BYTES, 0);
                from.fill(&mut into[start..])?;
                continue;
            }
            let pieces = usize::from(from.byte()?);
            for (piece, width) in column.widths.iter().enumerate() {
                let start = into.len();
                into.resize(start + width, b' ');
                if piece < pieces {
                    let bytes = usize::from(from.byte()?);
                    from.fill(&mut into[start..start + bytes])?;
                }
            }
        }
        Ok(())
    }
}

/// `AETERM`, `AETERM1` …: the name with a number behind it, within eight bytes.
fn continued(name: &str, piece: usize) -> String {
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let digits = piece.to_string();
    let kept = plain.len().min(TRANSPORT.longest - digits.len());
    format!("{}{digits}", &plain[..kept])
}

/// The first of the labels that fits; a label is never cut, its whole text stands in the definition.
pub(super) fn fitting(labels: &[&str], encoding: TextEncoding) -> String {
    let fits =
        |label: &&&str| encoding.encode(label).is_some_and(|bytes| bytes.len() <= MAX_LABEL_BYTES);
    labels.iter().find(fits).map(|label| (*label).to_owned()).unwrap_or_default()
}

fn format(storage: Storage) -> ValueFormat {
    match storage {
        Storage::Date => {
            ValueFormat { name: "YYMMDD".to_owned(), width: 10, ..ValueFormat::default() }
        }
        _ => ValueFormat::default(),
    }
}

fn number(storage: Storage, cell: Cell<'_>) -> Field {
    let text = match cell {
        Cell::Blank => return Field::Missing('.'),
        Cell::Missing(reason) => return Field::Missing(letter(reason)),
        Cell::Text(text) => text,
    };
    match storage {
        Storage::Boolean => Field::Number(f64::from(u8::from(text == "true"))),
        Storage::Date => {
            days(text).map_or(Field::Missing('.'), |days| Field::Number(f64::from(days)))
        }
        _ => text.parse().map_or(Field::Missing('.'), Field::Number),
    }
}

/// Days since 1960.
fn days(text: &str) -> Option<i32> {
    let date: Date = text.parse().ok()?;
    Some(DAY_ZERO.until(date).ok()?.get_days())
}

fn letter(reason: MissingReason) -> char {
    match reason {
        MissingReason::NotDone => 'D',
        MissingReason::NotApplicable => 'A',
        MissingReason::Unknown => 'U',
        MissingReason::Refused => 'R',
        MissingReason::NotAsked => 'N',
    }
}
