//! A dataset of a SAS transport file as a table.

use std::io::Read;

use super::{Row, Table, TextEncoding};
use crate::{
    FormatError,
    xpt::{Field, XptReader},
};

/// The rows of the only dataset of a transport file.
#[derive(Debug)]
pub struct XptTable<R> {
    reader: XptReader<R>,
    columns: Vec<String>,
    rows: u64,
    ended: bool,
}

impl<R: Read> XptTable<R> {
    pub fn open(input: R, file: &str, encoding: TextEncoding) -> Result<Self, FormatError> {
        let reader = XptReader::open(input, file, encoding)?;
        let columns: Vec<String> =
            reader.dataset().variables.iter().map(|variable| variable.name.clone()).collect();
        let table = Self { reader, columns, rows: 0, ended: false };
        super::check_columns(&table.columns, |what, advice| table.fault(what, advice))?;
        Ok(table)
    }

    fn fault(&self, what: &str, advice: &str) -> FormatError {
        FormatError {
            file: self.reader.file().to_owned(),
            line: 0,
            column: 0,
            what: what.to_owned(),
            advice: advice.to_owned(),
        }
    }
}

impl<R: Read> Table for XptTable<R> {
    fn file(&self) -> &str {
        self.reader.file()
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next_row(&mut self) -> Result<Option<Row>, FormatError> {
        if self.ended {
            return Ok(None);
        }
        if let Some(fields) = self.reader.next_row()? {
            self.rows += 1;
            let cells = fields.into_iter().map(Field::into_text).collect();
            return Ok(Some(Row { number: self.rows, line: 0, cells }));
        }
        self.ended = true;
        let first = self.reader.dataset().name.clone();
        if self.reader.next_dataset()? {
            let what = format!(
                "the file holds another dataset, {}, after {first}",
                self.reader.dataset().name
            );
            return Err(self.fault(&what, "give one dataset per file"));
        }
        Ok(None)
    }
}
