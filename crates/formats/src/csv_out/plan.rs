//! The files and header lines of the tables.

use super::field::push_field;
use crate::tabular::{Role, TableDef};

const MISSING: &str = "missing";

/// The header line of a table, with the column for reasons at its end.
pub(super) fn header(table: &TableDef) -> Vec<u8> {
    let mut line = Vec::new();
    for column in &table.columns {
        push_field(&mut line, &column.name);
        line.push(b',');
    }
    push_field(&mut line, MISSING);
    line.extend_from_slice(b"\r\n");
    line
}

/// How many columns lie between the keys and the reasons.
pub(super) fn cells(table: &TableDef) -> usize {
    table.columns.iter().filter(|column| column.role != Role::Key).count()
}
