//! A SQLite file of plain tables, for those who take data away: no store, no journal.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, ToSql, params_from_iter, types::ToSqlOutput};

use crate::{Result, StoreError};

/// A column and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn<'a> {
    pub name: &'a str,
    pub kind: ColumnKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    Text,
    Integer,
    Real,
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TableValue<'a> {
    Null,
    Text(&'a str),
    Integer(i64),
    Real(f64),
}

/// Writes tables in one transaction. The same calls make the same bytes.
#[derive(Debug)]
pub struct TableFile {
    connection: Connection,
    path: PathBuf,
    inserts: Vec<String>,
}

impl TableFile {
    /// Makes the file, which must not be there.
    pub fn create(path: &Path) -> Result<Self> {
        if path.exists() {
            return Err(StoreError::Unacceptable { why: "the file is there" });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        // A file that is broken off is thrown away, so that nothing needs to be undone.
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA cache_size = -16000; BEGIN",
        )
        .map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self { connection, path: path.to_owned(), inserts: Vec::new() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a table; its place is the number of tables before.
    pub fn table(&mut self, name: &str, columns: &[TableColumn<'_>]) -> Result<()> {
        let defined: Vec<String> = columns
            .iter()
            .map(|column| {
                let kind = match column.kind {
                    ColumnKind::Text => "TEXT",
                    ColumnKind::Integer => "INTEGER",
                    ColumnKind::Real => "REAL",
                };
                format!("{} {kind}", quoted(column.name))
            })
            .collect();
        let table = quoted(name);
        self.connection
            .execute(&format!("CREATE TABLE {table} ({})", defined.join(", ")), [])
            .map_err(failed)?;
        let places = vec!["?"; columns.len()].join(", ");
        self.inserts.push(format!("INSERT INTO {table} VALUES ({places})"));
        Ok(())
    }

    /// Writes a row of the table at that place, one value for each column.
    pub fn row(&mut self, table: usize, values: &[TableValue<'_>]) -> Result<()> {
        let insert = self
            .inserts
            .get(table)
            .ok_or_else(|| StoreError::Unacceptable { why: "there is no such table" })?;
        let mut insert = self.connection.prepare_cached(insert).map_err(failed)?;
        insert.execute(params_from_iter(values)).map_err(failed)?;
        Ok(())
    }

    /// Completes the file.
    pub fn finish(self) -> Result<PathBuf> {
        self.connection.execute_batch("COMMIT").map_err(failed)?;
        self.connection.close().map_err(|(_, error)| failed(error))?;
        Ok(self.path)
    }
}

impl ToSql for TableValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Null => Ok(ToSqlOutput::from(rusqlite::types::Null)),
            Self::Text(text) => Ok(ToSqlOutput::from(*text)),
            Self::Integer(value) => Ok(ToSqlOutput::from(*value)),
            Self::Real(value) => Ok(ToSqlOutput::from(*value)),
        }
    }
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::failed("writing a file of tables", error)
}

/// A name as SQL takes any: in quotes, and quotes in it doubled.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path) {
        let mut file = TableFile::create(path).unwrap();
        let column = |name, kind| TableColumn { name, kind };
        let columns = [
            column("subject", ColumnKind::Text),
            column("a \"b\"; DROP TABLE x", ColumnKind::Integer),
            column("weight", ColumnKind::Real),
        ];
        file.table("F.VS", &columns).unwrap();
        file.row(0, &[TableValue::Text("1'; --"), TableValue::Integer(-3), TableValue::Real(0.1)])
            .unwrap();
        file.row(0, &[TableValue::Text("体重"), TableValue::Null, TableValue::Null]).unwrap();
        file.finish().unwrap();
    }

    #[test]
    fn rows_are_read_as_they_were_written_whatever_names_and_texts_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.sqlite");
        write(&path);
        let connection = Connection::open(&path).unwrap();
        let mut read = connection.prepare("SELECT * FROM \"F.VS\" ORDER BY rowid").unwrap();
        let rows: Vec<(String, Option<i64>, Option<f64>)> = read
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        assert_eq!(rows[0], ("1'; --".to_owned(), Some(-3), Some(0.1)));
        assert_eq!(rows[1], ("体重".to_owned(), None, None));
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn the_same_rows_make_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        for path in &paths {
            write(path);
        }
        let [a, b] = paths.map(|path| std::fs::read(path).unwrap());
        assert!(a == b);
    }

    #[test]
    fn a_file_that_is_there_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.sqlite");
        write(&path);
        assert!(TableFile::create(&path).is_err());
    }
}
