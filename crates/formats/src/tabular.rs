//! The records of a study as typed tables, for the formats that are made of tables.
//!
//! For each form there is one table of its groups that do not repeat, and one for each repeating
//! group; a row is a record or a repeat of the group, a column is an item. The tables depend only on
//! the study version, never on the data. [`TabularExporter`] sorts each record into rows and hands
//! them to a [`TableWriter`]. Nothing is dropped: what has no column, or does not fit the type of its
//! column, goes to the table `other_values`, and each reason for missing to `missing_values`.

mod exporter;
mod fit;
mod items;
pub(crate) mod names;
mod origin;
mod plan;
mod walk;

use kernel::{DataType, FormOid, ItemGroupOid, ItemOid, MissingReason};

pub(crate) use self::plan::{FormPlan, GroupPlan, Plan, plan};
pub use self::{
    exporter::TabularExporter,
    origin::{ColumnOrigin, DatasetStandard, OriginKind},
};
use crate::export::{ExportError, Sink, StudyOut, Written};

/// A table of the export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableDef {
    /// The OID of the form, and of the group that repeats behind a point; or a name for what is no
    /// form.
    pub name: String,
    pub label: String,
    pub form: Option<FormOid>,
    /// The repeating group; none for the table of a form.
    pub group: Option<ItemGroupOid>,
    /// The name that the study gives the dataset.
    pub dataset_name: Option<String>,
    /// The standard that it follows.
    pub standard: Option<DatasetStandard>,
    pub columns: Vec<Column>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Differs from the names of the other columns also without regard to case.
    pub name: String,
    pub label: String,
    pub role: Role,
    pub data_type: DataType,
    /// The greatest number of characters, where the study says so.
    pub length: Option<u32>,
    pub decimals: Option<u32>,
    /// A name of at most eight letters, digits and underscores, where there is one.
    pub short_name: Option<String>,
    /// The item whose value or unit it holds.
    pub item: Option<ItemOid>,
    /// Where its values come from, if it is no item.
    pub origin: Option<ColumnOrigin>,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It tells a row from the others.
    Key,
    /// It holds the value of an item, or what is known beside the items.
    Value,
    /// It holds the unit of the item before it.
    Unit,
}

/// One cell of a row. Text fits the type of its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cell<'a> {
    #[default]
    Blank,
    Text(&'a str),
    Missing(MissingReason),
}

impl<'a> Cell<'a> {
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Blank | Self::Missing(_) => None,
        }
    }
}

/// Writes tables in one format. The order of calls is `begin`, then `row` for rows of any table in
/// any order, then `finish`.
pub trait TableWriter: Send {
    fn begin(
        &mut self,
        study: &StudyOut<'_>,
        tables: &[TableDef],
        sink: &mut dyn Sink,
    ) -> Result<(), ExportError>;

    /// Writes a row of the table at that place of the list; `values` of its cells count as values.
    fn row(&mut self, table: usize, cells: &[Cell<'_>], values: u64) -> Result<(), ExportError>;

    fn finish(self: Box<Self>, sink: &mut dyn Sink) -> Result<Vec<Written>, ExportError>;
}

/// What kind of storage the values of a type need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    Text,
    /// A whole number of at most 15 digits.
    Integer,
    /// A number of at most 15 significant digits.
    Real,
    /// A complete date.
    Date,
    Boolean,
}

impl Column {
    pub fn storage(&self) -> Storage {
        match self.data_type {
            DataType::Integer => Storage::Integer,
            DataType::Float | DataType::Double | DataType::Decimal => Storage::Real,
            DataType::Date => Storage::Date,
            DataType::Boolean => Storage::Boolean,
            _ => Storage::Text,
        }
    }
}
