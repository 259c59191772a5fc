//! CDISC Dataset-JSON 1.1, one dataset for each table.
//!
//! Whole numbers and floating ones are JSON numbers with the digits that were collected; decimals are
//! texts, as the standard has it; dates, also partial ones, are ISO 8601. How many rows there are
//! stands before them, so that they wait on disk until all have come.

use kernel::DataType;

use crate::{
    dataset_json::{
        ColumnMetadata, DatasetJsonWriter, DatasetMetadata, Form, JsonCell, SourceSystem,
        push_cell, push_text,
    },
    export::{ExportError, Out, Sink, Spool, StudyOut, Written},
    odm::{
        DEFINE_FILE, DefinedDataset, DefinedStudy, DefinedVariable, structure, write_define_xml,
    },
    tabular::{
        Cell, Column, Role, TableDef, TableWriter,
        names::{self, TRANSPORT, dataset_wish},
    },
};

const VERSION: &str = "1.1.0";
const SYSTEM: &str = "Casebook";

pub(crate) struct DatasetJsonTables {
    form: Form,
    language: String,
    study: Option<DefinedStudy>,
    tables: Vec<Table>,
    row: Vec<u8>,
}

struct Table {
    def: TableDef,
    metadata: DatasetMetadata,
    types: Vec<DataType>,
    spool: Spool,
    values: u64,
}

impl DatasetJsonTables {
    pub(crate) fn new(form: Form, language: &str) -> Self {
        let language = language.to_owned();
        Self { form, language, study: None, tables: Vec::new(), row: Vec::new() }
    }
}

impl TableWriter for DatasetJsonTables {
    fn begin(
        &mut self,
        study: &StudyOut<'_>,
        tables: &[TableDef],
        sink: &mut dyn Sink,
    ) -> Result<(), ExportError> {
        self.study = Some(DefinedStudy::new(study, &self.language));
        let names = names::names(TRANSPORT, tables.iter().map(dataset_wish));
        for (table, name) in tables.iter().zip(names) {
            self.tables.push(Table {
                def: table.clone(),
                spool: Spool::create(sink, &name)?,
                types: table.columns.iter().map(|column| column.data_type).collect(),
                metadata: metadata(study, table, name),
                values: 0,
            });
        }
        Ok(())
    }

    fn row(&mut self, table: usize, cells: &[Cell<'_>], values: u64) -> Result<(), ExportError> {
        let table = &mut self.tables[table];
        let row = &mut self.row;
        row.clear();
        for (at, (cell, data_type)) in cells.iter().zip(&table.types).enumerate() {
            row.push(if at == 0 { b'[' } else { b',' });
            match cell.text() {
                None => row.extend_from_slice(b"null"),
                Some(text) => push_value(row, *data_type, text),
            }
        }
        row.extend_from_slice(b"]\n");
        table.metadata.records += 1;
        table.values += values;
        table.spool.push(row)
    }

    fn finish(self: Box<Self>, sink: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let (form, study) = (self.form, self.study.ok_or(ExportError::NotBegun)?);
        let (mut written, mut defined) = (Vec::new(), Vec::new());
        for table in self.tables {
            let mut dataset = table.defined();
            let file = table.write(form, sink)?;
            dataset.files = vec![file.name.clone()];
            written.push(file);
            defined.push(dataset);
        }
        written.push(write_define_xml(&study, &defined, sink)?);
        Ok(written)
    }
}

impl Table {
    fn defined(&self) -> DefinedDataset {
        let variable = |column: &Column| DefinedVariable {
            oid: variable_oid(&self.def, column),
            name: column.name.clone(),
            label: column.label.clone(),
            data_type: column.data_type,
            length: column.length,
            decimals: column.decimals,
            is_key: column.role == Role::Key,
            display_format: None,
            item: column.item.clone().filter(|_| column.role == Role::Value),
            origin: column.origin.clone(),
        };
        DefinedDataset {
            oid: self.metadata.item_group_oid.clone(),
            name: self.metadata.name.clone(),
            label: self.def.label.clone(),
            repeating: self.def.form.is_some(),
            structure: structure(&self.def),
            standard: self.def.standard.clone(),
            variables: self.def.columns.iter().map(variable).collect(),
            ..DefinedDataset::default()
        }
    }

    fn write(self, form: Form, sink: &mut dyn Sink) -> Result<Written, ExportError> {
        let name = self.metadata.name.to_ascii_lowercase();
        let file = format!("{name}.{}", form.extension());
        let failed = |source| ExportError::Io { file: file.clone(), source };
        let out = Out::create(sink, &file)?;
        let mut writer = DatasetJsonWriter::create(out, form, &self.metadata).map_err(failed)?;
        let mut spooled = self.spool.reread()?;
        let mut row = Vec::new();
        for _ in 0..self.metadata.records {
            spooled.line(&mut row)?;
            writer.raw_row(&row).map_err(failed)?;
        }
        let mut out = writer.finish().map_err(failed)?;
        (out.rows, out.values) = (self.metadata.records, self.values);
        out.finish()
    }
}

fn metadata(study: &StudyOut<'_>, table: &TableDef, name: String) -> DatasetMetadata {
    let version = study.design.version();
    let keys = table.columns.iter().filter(|column| column.role == Role::Key).count();
    let columns = table.columns.iter().zip(1..).map(|(column, place)| ColumnMetadata {
        key_sequence: Some(place).filter(|place| *place <= keys as u64),
        ..column_metadata(table, column)
    });
    DatasetMetadata {
        created: study.stamp().to_owned(),
        version: VERSION.to_owned(),
        file_oid: Some(format!("{}.{}.{}", version.study_oid, study.stamp(), name)),
        source_system: Some(SourceSystem {
            name: SYSTEM.to_owned(),
            version: study.source_version.to_owned(),
            ..SourceSystem::default()
        }),
        study_oid: Some(version.study_oid.to_string()),
        metadata_version_oid: Some(version.version_oid.to_string()),
        metadata_ref: Some(DEFINE_FILE.to_owned()),
        item_group_oid: dataset_oid(&name),
        label: if table.label.is_empty() { table.name.clone() } else { table.label.clone() },
        name,
        columns: columns.collect(),
        ..DatasetMetadata::default()
    }
}

/// The OID of the definition of a dataset.
fn dataset_oid(name: &str) -> String {
    format!("IG.{name}")
}

/// The OID of the definition of a variable.
fn variable_oid(table: &TableDef, column: &Column) -> String {
    format!("IT.{}.{}", table.name, column.name)
}

fn column_metadata(table: &TableDef, column: &Column) -> ColumnMetadata {
    ColumnMetadata {
        item_oid: variable_oid(table, column),
        name: column.name.clone(),
        label: if column.label.is_empty() { column.name.clone() } else { column.label.clone() },
        data_type: data_type(column.data_type).to_owned(),
        target_data_type: (column.data_type == DataType::Decimal).then(|| "decimal".to_owned()),
        length: column.length.map(u64::from).filter(|_| data_type(column.data_type) == "string"),
        ..ColumnMetadata::default()
    }
}

fn data_type(of: DataType) -> &'static str {
    use DataType as T;
    match of {
        T::Integer => "integer",
        T::Float => "float",
        T::Double => "double",
        T::Decimal => "decimal",
        T::Boolean => "boolean",
        T::Date | T::PartialDate | T::IncompleteDate => "date",
        T::Time | T::PartialTime | T::IncompleteTime => "time",
        T::Datetime | T::PartialDatetime | T::IncompleteDatetime => "datetime",
        T::Uri => "URI",
        T::Text
        | T::String
        | T::DurationDatetime
        | T::IntervalDatetime
        | T::HexBinary
        | T::Base64Binary
        | T::HexFloat
        | T::Base64Float
        | T::File => "string",
    }
}

/// Appends a value that fits its type.
fn push_value(into: &mut Vec<u8>, data_type: DataType, text: &str) {
    match data_type {
        DataType::Boolean => push_cell(into, &JsonCell::Boolean(text == "true")),
        DataType::Integer | DataType::Float | DataType::Double => push_digits(into, text),
        _ => push_text(into, text),
    }
}

/// A decimal as JSON wants it: with a digit on either side of the point, and no zeros before.
fn push_digits(into: &mut Vec<u8>, text: &str) {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text),
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.trim_start_matches('0');
    into.extend_from_slice(sign.as_bytes());
    into.extend_from_slice(if whole.is_empty() { b"0" } else { whole.as_bytes() });
    if !decimals.is_empty() {
        into.push(b'.');
        into.extend_from_slice(decimals.as_bytes());
    }
}

#[cfg(test)]
mod tests;
