//! What expressions of a mapping read.

use kernel::{Datum, study::RowContext};
use rules::Facts;

use super::{
    plan::{Named, Plan},
    rows::{Book, Record, Row},
};

/// The variables that are there: by dataset, variable and row.
pub(super) type Columns = Vec<Vec<Vec<Option<Datum>>>>;

/// One row of a dataset within its casebook.
pub(super) struct RowFacts<'a> {
    plan: &'a Plan,
    book: &'a Book,
    dataset: usize,
    row: &'a Row,
    /// Without variables only items and what is known of the row can be read.
    variables: Option<Variables<'a>>,
}

#[derive(Clone, Copy)]
struct Variables<'a> {
    columns: &'a Columns,
    /// The place of the row in its dataset.
    at: usize,
    /// The variable that is computed: its name is that of an item.
    own: Option<usize>,
}

impl<'a> RowFacts<'a> {
    pub(super) fn of_items(plan: &'a Plan, book: &'a Book, dataset: usize, row: &'a Row) -> Self {
        Self { plan, book, dataset, row, variables: None }
    }

    pub(super) fn of_row(
        (plan, book): (&'a Plan, &'a Book),
        columns: &'a Columns,
        (dataset, own): (usize, Option<usize>),
        (at, row): (usize, &'a Row),
    ) -> Self {
        let variables = Some(Variables { columns, at, own });
        Self { plan, book, dataset, row, variables }
    }

    fn records(&self, event: &str, form: &str) -> impl DoubleEndedIterator<Item = &'a Record> {
        let records = self.book.records.iter();
        records.filter(move |one| one.event.as_str() == event && one.form.as_str() == form)
    }
}

impl Facts for RowFacts<'_> {
    fn item(&self, name: &str) -> Option<&Datum> {
        let of_record =
            || self.book.records[self.row.record].item(self.plan, self.row.key.as_ref(), name);
        let Some(variables) = self.variables else {
            return of_record()
                .or_else(|| RowContext::named(name).and_then(|of| self.row.context(of)));
        };
        match self.plan.named(self.dataset, variables.own, name) {
            Named::Item => of_record(),
            Named::Context(of) => self.row.context(of),
            Named::Variable((dataset, variable)) => {
                let row = if dataset == self.dataset { variables.at } else { 0 };
                variables.columns[dataset][variable].get(row)?.as_ref()
            }
        }
    }

    fn first(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        let mut records = self.records(event, form);
        records.find_map(|record| record.values(self.plan, item, true).next().cloned())
    }

    fn last(&self, event: &str, form: &str, item: &str) -> Option<Datum> {
        let records = self.records(event, form).rev();
        let mut records = records.filter_map(|record| record.values(self.plan, item, true).last());
        records.next().cloned()
    }

    fn count(&self, form: &str) -> u32 {
        let of_form = self.book.records.iter().filter(|record| record.form.as_str() == form);
        u32::try_from(of_form.count()).unwrap_or(u32::MAX)
    }
}
