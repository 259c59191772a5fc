//! A dataset in Dataset-JSON as a table.

use std::io::Read;

use super::{Row, Table};
use crate::{
    FormatError,
    dataset_json::{DatasetJsonReader, JsonCell},
};

/// The rows of a dataset; null is an empty cell.
#[derive(Debug)]
pub struct DatasetJsonTable {
    reader: DatasetJsonReader,
    columns: Vec<String>,
    rows: u64,
}

impl DatasetJsonTable {
    pub fn open(input: impl Read + Send + 'static, file: &str) -> Result<Self, FormatError> {
        let reader = DatasetJsonReader::open(input, file)?;
        let columns: Vec<String> =
            reader.metadata().columns.iter().map(|column| column.name.clone()).collect();
        super::check_columns(&columns, |what, advice| FormatError {
            file: file.to_owned(),
            line: 1,
            column: 0,
            what: what.to_owned(),
            advice: advice.to_owned(),
        })?;
        Ok(Self { reader, columns, rows: 0 })
    }
}

impl Table for DatasetJsonTable {
    fn file(&self) -> &str {
        self.reader.file()
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next_row(&mut self) -> Result<Option<Row>, FormatError> {
        let line = self.reader.line();
        let Some(cells) = self.reader.next_row()? else { return Ok(None) };
        self.rows += 1;
        let cells = cells.into_iter().map(JsonCell::into_text).collect();
        Ok(Some(Row { number: self.rows, line, cells }))
    }
}
