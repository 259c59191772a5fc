//! One SQLite file with all tables, which any tool opens. It describes itself: the tables
//! `casebook_columns` and `casebook_codes` say what the columns and codes mean, `casebook_export`
//! which study, version and cut-off this is.
//!
//! The exporters of `formats` know no SQL, and the store knows no trial: here both meet. SQLite needs
//! a file that it can go back and forth in, so that it is made beside and copied when it is complete.

use std::{
    fs::File,
    io::{self, Read},
};

use formats::{
    export::{ExportError, Out, Sink, StudyOut, Written},
    tabular::{Cell, Column, Storage, TableDef, TableWriter},
};
use kernel::study::{CodeListItem, Design};
use store::{ColumnKind, StoreError, TableColumn, TableFile, TableValue};
use tempfile::TempDir;

const FILE: &str = "study.sqlite";

/// How much is copied at a time.
const PIECE_BYTES: usize = 128 << 10;

pub(super) struct SqliteTables {
    language: String,
    begun: Option<Begun>,
}

struct Begun {
    file: TableFile,
    /// Keeps the file while it is made.
    folder: TempDir,
    storages: Vec<Vec<Storage>>,
    rows: u64,
    values: u64,
}

impl SqliteTables {
    pub(super) fn new(language: &str) -> Self {
        Self { language: language.to_owned(), begun: None }
    }
}

impl TableWriter for SqliteTables {
    fn begin(
        &mut self,
        study: &StudyOut<'_>,
        tables: &[TableDef],
        _: &mut dyn Sink,
    ) -> Result<(), ExportError> {
        let folder = tempfile::tempdir().map_err(failed)?;
        let mut file = TableFile::create(&folder.path().join(FILE)).map_err(broke)?;
        let storage = |table: &TableDef| table.columns.iter().map(Column::storage).collect();
        let storages: Vec<Vec<Storage>> = tables.iter().map(storage).collect();
        for (table, storages) in tables.iter().zip(&storages) {
            let columns = table.columns.iter().zip(storages);
            let columns: Vec<TableColumn<'_>> = columns
                .map(|(column, storage)| TableColumn { name: &column.name, kind: kind(*storage) })
                .collect();
            file.table(&table.name, &columns).map_err(broke)?;
        }
        describe(&mut file, study, tables, &self.language).map_err(broke)?;
        self.begun = Some(Begun { file, folder, storages, rows: 0, values: 0 });
        Ok(())
    }

    fn row(&mut self, table: usize, cells: &[Cell<'_>], values: u64) -> Result<(), ExportError> {
        let begun = self.begun.as_mut().ok_or(ExportError::NotBegun)?;
        let row: Vec<TableValue<'_>> =
            cells.iter().zip(&begun.storages[table]).map(|(cell, of)| value(*cell, *of)).collect();
        begun.rows += 1;
        begun.values += values;
        begun.file.row(table, &row).map_err(broke)
    }

    fn finish(self: Box<Self>, sink: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let begun = self.begun.ok_or(ExportError::NotBegun)?;
        let path = begun.file.finish().map_err(broke)?;
        let mut out = Out::create(sink, FILE)?;
        let mut file = File::open(path).map_err(failed)?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = file.read(&mut piece).map_err(failed)?;
            if read == 0 {
                break;
            }
            io::Write::write_all(&mut out, &piece[..read]).map_err(failed)?;
        }
        begun.folder.close().map_err(failed)?;
        (out.rows, out.values) = (begun.rows, begun.values);
        Ok(vec![out.finish()?])
    }
}

fn kind(storage: Storage) -> ColumnKind {
    match storage {
        Storage::Text | Storage::Date => ColumnKind::Text,
        Storage::Integer | Storage::Boolean => ColumnKind::Integer,
        Storage::Real => ColumnKind::Real,
    }
}

fn value(cell: Cell<'_>, storage: Storage) -> TableValue<'_> {
    let Some(text) = cell.text() else { return TableValue::Null };
    match storage {
        Storage::Text | Storage::Date => TableValue::Text(text),
        Storage::Boolean => TableValue::Integer(i64::from(text == "true")),
        Storage::Integer => text.parse().map_or(TableValue::Text(text), TableValue::Integer),
        Storage::Real => text.parse().map_or(TableValue::Text(text), TableValue::Real),
    }
}

/// Writes the tables that describe the others.
fn describe(
    file: &mut TableFile,
    study: &StudyOut<'_>,
    tables: &[TableDef],
    language: &str,
) -> Result<(), StoreError> {
    let text = |name| TableColumn { name, kind: ColumnKind::Text };
    let at = tables.len();
    let names = ["table_name", "column_name", "label", "data_type", "item_oid", "code_list_oid"];
    file.table("casebook_columns", &names.map(text))?;
    file.table("casebook_codes", &["code_list_oid", "code", "decode"].map(text))?;
    file.table("casebook_export", &["name", "value"].map(text))?;
    for (table, column) in tables.iter().flat_map(|t| t.columns.iter().map(move |c| (t, c))) {
        let item = column.item.as_ref().and_then(|oid| study.design.item(oid));
        let list = item.and_then(|item| item.code_list.as_ref());
        file.row(
            at,
            &[
                TableValue::Text(&table.name),
                TableValue::Text(&column.name),
                TableValue::Text(&column.label),
                TableValue::Text(column.data_type.as_odm()),
                item.map_or(TableValue::Null, |item| TableValue::Text(item.oid.as_str())),
                list.map_or(TableValue::Null, |list| TableValue::Text(list.as_str())),
            ],
        )?;
    }
    codes(file, at + 1, study.design, language)?;
    let version = study.design.version();
    let facts = [
        ("study", version.study_oid.as_str()),
        ("study_version", version.version_oid.as_str()),
        ("study_version_hash", study.version_hash),
        ("as_of", study.stamp()),
        ("source", "Casebook"),
        ("source_version", study.source_version),
    ];
    facts.iter().try_for_each(|(name, value)| {
        file.row(at + 2, &[TableValue::Text(name), TableValue::Text(value)])
    })
}

fn codes(
    file: &mut TableFile,
    at: usize,
    design: &Design,
    language: &str,
) -> Result<(), StoreError> {
    for list in &design.version().code_lists {
        for item in &list.items {
            let CodeListItem { coded_value, decode, .. } = item;
            file.row(
                at,
                &[
                    TableValue::Text(list.oid.as_str()),
                    TableValue::Text(coded_value),
                    decode.in_lang(language).map_or(TableValue::Null, TableValue::Text),
                ],
            )?;
        }
    }
    Ok(())
}

fn failed(source: io::Error) -> ExportError {
    ExportError::Io { file: FILE.to_owned(), source }
}

fn broke(error: StoreError) -> ExportError {
    failed(io::Error::other(error))
}
