//! An exporter of tabulation datasets, in any format that is made of tables.

use formats::{
    export::{ExportError, Exporter, RecordOut, Sink, StudyOut, SubjectOut, Written},
    tabular::{Cell, Column, DatasetStandard, Role, TableDef, TableWriter},
};
use kernel::{
    DataType, Datum,
    study::{RowContext, Tabulation, TabulationVariable, VariableKind, VariableSource},
};
use rules::Catalogue;

use super::{
    Plan,
    columns::Tables,
    origin::origin,
    plan::DatasetPlan,
    rows::{Book, rows},
};

/// Collects one casebook after the other, and writes the rows that it gives.
pub(crate) struct TabulationExporter {
    writer: Box<dyn TableWriter>,
    plan: Option<Plan>,
    book: Option<Book>,
}

impl TabulationExporter {
    /// Writes tables in the format of a writer.
    pub(crate) fn new(writer: Box<dyn TableWriter>) -> Self {
        Self { writer, plan: None, book: None }
    }

    /// Writes the rows of the casebook that is complete.
    fn flush(&mut self) -> Result<(), ExportError> {
        let Some(book) = self.book.take() else { return Ok(()) };
        let plan = self.plan.as_ref().ok_or(ExportError::NotBegun)?;
        let all = (0..plan.datasets.len()).map(|dataset| rows(plan, &book, dataset));
        let columns = plan.datasets.iter().map(|one| vec![Vec::new(); one.variables.len()]);
        let columns = columns.collect();
        let rows = all.collect::<Result<_, _>>()?;
        let mut tables = Tables { plan, book: &book, rows, columns };
        for at in &plan.order {
            tables.compute(*at)?;
        }
        for (dataset, of) in plan.datasets.iter().enumerate() {
            for row in tables.in_order(dataset) {
                let columns = shown(of).map(|(at, _)| &tables.columns[dataset][at]);
                let texts = columns.map(|column| column[row].as_ref().and_then(Datum::text));
                let cells: Vec<Cell<'_>> =
                    texts.map(|text| text.map_or(Cell::Blank, Cell::Text)).collect();
                let values = cells.iter().filter(|cell| **cell != Cell::Blank).count();
                self.writer.row(dataset, &cells, values as u64)?;
            }
        }
        Ok(())
    }
}

impl Exporter for TabulationExporter {
    fn one_stream(&self) -> bool {
        false
    }

    fn needs_whole_casebooks(&self) -> bool {
        true
    }

    fn needs_tabulation(&self) -> bool {
        true
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError> {
        let catalogue = Catalogue::of(study.published);
        let plan = Plan::compile(study.published, &catalogue).map_err(|faults| {
            let said = faults.iter().map(|one| format!("{}: {}", one.oid, one.message));
            ExportError::Mapping(said.collect::<Vec<_>>().join("; "))
        })?;
        let none = || ExportError::Mapping("the study version has none".to_owned());
        let plan = plan.ok_or_else(none)?;
        let tabulation = &study.published.version().tabulation;
        let tables: Vec<TableDef> =
            plan.datasets.iter().map(|dataset| table(dataset, tabulation)).collect();
        self.writer.begin(study, &tables, sink)?;
        self.plan = Some(plan);
        Ok(())
    }

    fn subject(&mut self, subject: &SubjectOut<'_>) -> Result<(), ExportError> {
        self.flush()?;
        self.book = Some(Book::new(subject));
        Ok(())
    }

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        self.book.as_mut().ok_or(ExportError::NotBegun)?.add(record)
    }

    fn finish(mut self: Box<Self>, sink: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        self.flush()?;
        self.writer.finish(sink)
    }
}

/// The variables that are written, with their places.
fn shown(of: &DatasetPlan) -> impl Iterator<Item = (usize, &TabulationVariable)> {
    let all = of.variables.iter().map(|one| &one.def).enumerate();
    all.filter(|(_, def)| !def.hidden)
}

/// How many variables, from the first, tell a row from the others: up to that which numbers them, in
/// a dataset without one up to the subject.
fn key_variables(of: &DatasetPlan) -> usize {
    let up_to = |is: fn(&VariableSource) -> bool| {
        of.variables.iter().position(|one| is(&one.def.source)).map(|at| at + 1)
    };
    let number = up_to(|source| matches!(source, VariableSource::Sequence(_)));
    let subject = || up_to(|source| *source == VariableSource::Context(RowContext::Subject));
    number.or_else(subject).unwrap_or(0)
}

fn table(of: &DatasetPlan, tabulation: &Tabulation) -> TableDef {
    let keys = key_variables(of);
    let column = |(at, def): (usize, &TabulationVariable)| Column {
        name: def.name.clone(),
        label: def.label.clone(),
        role: if at < keys { Role::Key } else { Role::Value },
        data_type: match def.kind {
            VariableKind::Text => DataType::Text,
            VariableKind::Integer => DataType::Integer,
            VariableKind::Number => DataType::Float,
            VariableKind::Date => DataType::PartialDate,
            VariableKind::Datetime => DataType::PartialDatetime,
        },
        length: def.length,
        decimals: None,
        short_name: Some(def.name.clone()),
        item: None,
        origin: Some(origin(&of.def, def, tabulation)),
    };
    let standard = tabulation.standard.as_ref().zip(of.def.class.as_ref());
    TableDef {
        name: of.def.name.clone(),
        label: of.def.label.clone(),
        form: Some(of.def.form.clone()),
        group: of.def.group.clone(),
        dataset_name: Some(of.def.name.clone()),
        standard: standard.map(|(standard, class)| DatasetStandard {
            name: standard.name.clone(),
            version: standard.version.clone(),
            class: class.clone(),
            structure: of.def.structure.clone(),
        }),
        columns: shown(of).map(column).collect(),
    }
}
