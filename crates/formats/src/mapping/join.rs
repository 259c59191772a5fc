//! Columns of another table, found by equal texts.

use std::collections::HashMap;

use super::{fault_at, resolve::ColumnPlaces, rule::Join};
use crate::{FormatError, table::Table};

/// The most rows of a table that is joined: it is held in memory.
const MAX_JOIN_ROWS: usize = 1_000_000;

/// The most bytes of text that are held of a joined table.
const MAX_JOIN_BYTES: usize = 256 << 20;

pub(super) struct Lookup {
    /// The columns of the source whose texts are looked up.
    keys: Vec<usize>,
    /// The texts that are joined; none for a key that several rows have.
    found: HashMap<Vec<String>, Option<Vec<String>>>,
    columns: usize,
    file: String,
}

impl Lookup {
    /// Reads the other table. `mapping` names the mapping file in messages.
    pub(super) fn read(
        join: &Join,
        columns: &ColumnPlaces,
        table: &mut dyn Table,
        mapping: &str,
    ) -> Result<Self, FormatError> {
        let fault = |what: String| fault_at(mapping, join.line, what, "correct the join");
        let there = ColumnPlaces::new(table.columns().iter());
        let mut keys = Vec::new();
        let mut other_keys = Vec::new();
        for (column, other) in &join.on {
            keys.push(columns.find(column).map_err(fault)?);
            other_keys.push(in_file(&there, other, &join.file).map_err(fault)?);
        }
        let mut wanted = Vec::new();
        for column in &join.columns {
            wanted.push(in_file(&there, column, &join.file).map_err(fault)?);
        }
        let mut found: HashMap<Vec<String>, Option<Vec<String>>> = HashMap::new();
        let mut bytes = 0;
        while let Some(row) = table.next_row()? {
            let pick = |places: &[usize]| -> Vec<String> {
                places.iter().map(|at| row.cells[*at].clone()).collect()
            };
            let (key, texts) = (pick(&other_keys), pick(&wanted));
            bytes += key.iter().chain(&texts).map(String::len).sum::<usize>();
            found.entry(key).and_modify(|texts| *texts = None).or_insert(Some(texts));
            if found.len() > MAX_JOIN_ROWS || bytes > MAX_JOIN_BYTES {
                let what = format!(
                    "the joined file {} has more than {MAX_JOIN_ROWS} rows or {MAX_JOIN_BYTES} bytes",
                    join.file
                );
                return Err(fault(what));
            }
        }
        Ok(Self { keys, found, columns: wanted.len(), file: join.file.clone() })
    }

    /// Appends the joined texts to a row: blanks when there is no match.
    pub(super) fn extend(&self, cells: &mut Vec<String>) -> Result<(), String> {
        let key: Vec<String> = self.keys.iter().map(|at| cells[*at].clone()).collect();
        match self.found.get(&key) {
            Some(Some(texts)) => cells.extend(texts.iter().cloned()),
            None => cells.extend(std::iter::repeat_n(String::new(), self.columns)),
            Some(None) => return Err(format!("several rows of {} match this row", self.file)),
        }
        Ok(())
    }
}

fn in_file(columns: &ColumnPlaces, column: &str, file: &str) -> Result<usize, String> {
    columns.find(column).map_err(|what| format!("{what} in {file}"))
}
