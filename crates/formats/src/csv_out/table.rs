//! One table: the row at hand, cell by cell, and its file.

use super::field::push_field;
use crate::export::{ExportError, Out, Written};

pub(super) struct TableOut {
    out: Out,
    /// Start and end of each cell in `text`.
    cells: Vec<(usize, usize)>,
    /// The fields of the row at hand, in the order in which they came.
    text: Vec<u8>,
    /// `ITEM=REASON;…` of the row at hand.
    missing: String,
    values: u64,
}

impl TableOut {
    pub(super) fn new(out: Out, cells: usize) -> Self {
        Self {
            out,
            cells: vec![(0, 0); cells],
            text: Vec::new(),
            missing: String::new(),
            values: 0,
        }
    }

    /// Fills a cell of the row at hand.
    pub(super) fn put(&mut self, cell: usize, text: &str) {
        let start = self.text.len();
        push_field(&mut self.text, text);
        self.cells[cell] = (start, self.text.len());
    }

    /// Fills a cell with what is a field already.
    pub(super) fn put_field(&mut self, cell: usize, field: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(field);
        self.cells[cell] = (start, self.text.len());
    }

    pub(super) fn count_value(&mut self) {
        self.values += 1;
    }

    pub(super) fn put_missing(&mut self, label: &str, reason: &str) {
        if !self.missing.is_empty() {
            self.missing.push(';');
        }
        self.missing.push_str(label);
        self.missing.push('=');
        self.missing.push_str(reason);
    }

    /// Writes the row at hand behind its keys, each of which ends with a comma, and starts another.
    pub(super) fn end_row(&mut self, keys: &[&[u8]]) -> Result<(), ExportError> {
        let buffer = &mut self.out.buffer;
        for part in keys {
            buffer.extend_from_slice(part);
        }
        for (start, end) in &mut self.cells {
            buffer.extend_from_slice(&self.text[*start..*end]);
            buffer.push(b',');
            (*start, *end) = (0, 0);
        }
        push_field(buffer, &self.missing);
        buffer.extend_from_slice(b"\r\n");
        self.text.clear();
        self.missing.clear();
        self.out.rows += 1;
        self.out.values += std::mem::take(&mut self.values);
        self.out.settle()
    }

    pub(super) fn finish(self) -> Result<Written, ExportError> {
        self.out.finish()
    }
}
