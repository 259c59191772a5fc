//! The values of a variable in all rows of a subject.

use std::{cmp::Ordering, collections::HashMap, str::FromStr};

use formats::export::ExportError;
use kernel::{
    Datum, PartialDate,
    study::{Pick, VariableKind, VariableSource},
};
use rules::{Outcome, Rule};
use rust_decimal::Decimal;

use super::{
    facts::{Columns, RowFacts},
    order::sequence,
    plan::{At, Plan, place},
    rows::{Book, Row, stopped},
};

/// What a column is computed from.
pub(super) struct Tables<'a> {
    pub(super) plan: &'a Plan,
    pub(super) book: &'a Book,
    /// The rows of each dataset.
    pub(super) rows: Vec<Vec<Row>>,
    pub(super) columns: Columns,
}

impl Tables<'_> {
    /// Computes a variable; those that it needs are there.
    pub(super) fn compute(&mut self, at: At) -> Result<(), ExportError> {
        let (dataset, own) = at;
        let count = self.rows[dataset].len();
        let source = &self.plan.datasets[dataset].variables[own].def.source;
        let texts: Vec<Option<String>> = match source {
            VariableSource::Sequence(keys) => self.numbers(dataset, keys),
            VariableSource::Last { value, within, .. } => self.last(at, value, within)?,
            _ => (0..count).map(|row| self.text(at, row)).collect::<Result<_, _>>()?,
        };
        let texts = texts.into_iter().enumerate();
        let column = texts.map(|(row, text)| self.fitted(at, row, text));
        self.columns[dataset][own] = column.collect::<Result<_, _>>()?;
        Ok(())
    }

    fn text(&self, at: At, row: usize) -> Result<Option<String>, ExportError> {
        let (dataset, own) = at;
        let of = &self.plan.datasets[dataset];
        let variable = &of.variables[own];
        let here = &self.rows[dataset][row];
        if let Some(each) = here.each {
            if let Some(constant) = of.def.each[each].constants.get(&variable.def.name) {
                return Ok(Some(constant.clone()));
            }
            if let Some(rule) = variable.each.get(&each) {
                return self.evaluate(at, row, rule);
            }
        }
        let item = |name: &str| {
            let record = &self.book.records[here.record];
            record.item(self.plan, here.key.as_ref(), name).and_then(Datum::text)
        };
        Ok(match &variable.def.source {
            VariableSource::Constant(text) => Some(text.clone()),
            VariableSource::Context(of) => {
                here.context(*of).and_then(Datum::text).map(str::to_owned)
            }
            VariableSource::Item(name) => item(name).map(ToOwned::to_owned),
            VariableSource::Decode { item: name, .. } => item(name)
                .map(|code| variable.decodes.get(code).map_or(code, String::as_str).to_owned()),
            VariableSource::Each => {
                let each = here.each.map(|each| of.def.each[each].item.as_str());
                each.and_then(item).map(ToOwned::to_owned)
            }
            VariableSource::Expression(_) => match &variable.rule {
                Some(rule) => self.evaluate(at, row, rule)?,
                None => None,
            },
            VariableSource::StudyDay(of) => self.study_day(dataset, row, of),
            VariableSource::Other { dataset: other, variable: of, pick, .. } => {
                self.other(at, (other, of), *pick)?
            }
            VariableSource::Sequence(_) | VariableSource::Last { .. } => None,
        })
    }

    fn evaluate(&self, at: At, row: usize, rule: &Rule) -> Result<Option<String>, ExportError> {
        let facts = self.facts((at.0, Some(at.1)), row);
        match rule.evaluate(&facts) {
            Outcome::Failed(error) => Err(self.stopped(at, row, &error.to_string())),
            outcome => Ok(outcome.text().map(ToOwned::to_owned)),
        }
    }

    fn facts(&self, (dataset, own): (usize, Option<usize>), row: usize) -> RowFacts<'_> {
        let here = (row, &self.rows[dataset][row]);
        RowFacts::of_row((self.plan, self.book), &self.columns, (dataset, own), here)
    }

    /// Days from the reference date; there is no day 0. Only of complete dates.
    fn study_day(&self, dataset: usize, row: usize, of: &str) -> Option<String> {
        let date = |at: At, row: usize| {
            let datum = self.columns[at.0][at.1].get(row)?.as_ref()?;
            PartialDate::parse(datum.text()?)?.complete()
        };
        let own = place(&self.plan.datasets[dataset].def, of)?;
        let (day, reference) = (date((dataset, own), row)?, date(self.plan.reference?, 0)?);
        let days = day.since(reference).ok()?.get_days();
        Some(if days < 0 { days } else { days + 1 }.to_string())
    }

    fn other(
        &self,
        at: At,
        (dataset, variable): (&str, &str),
        pick: Pick,
    ) -> Result<Option<String>, ExportError> {
        let rule = self.plan.datasets[at.0].variables[at.1].rule.as_ref();
        let other = self.plan.datasets.iter().position(|one| one.def.name == dataset);
        let Some(other) = other else { return Ok(None) };
        let Some(from) = place(&self.plan.datasets[other].def, variable) else { return Ok(None) };
        let mut found: Vec<&Datum> = Vec::new();
        let rows = self.columns[other][from].iter().enumerate();
        for (row, datum) in rows.filter(|(row, _)| self.rows[other][*row].kept) {
            let chosen = rule.map(|rule| rule.evaluate(&self.facts((other, None), row)));
            if let Some(Outcome::Failed(error)) = &chosen {
                return Err(self.stopped((other, from), row, &error.to_string()));
            }
            if chosen.is_none_or(|outcome| outcome == Outcome::True) {
                found.extend(datum);
            }
        }
        let order = |a: &&&Datum, b: &&&Datum| compare(Some(**a), Some(**b));
        let picked = match pick {
            Pick::First => found.first(),
            Pick::Last => found.last(),
            Pick::Least => found.iter().min_by(order),
            Pick::Greatest => found.iter().max_by(order),
        };
        Ok(picked.and_then(|datum| datum.text()).map(ToOwned::to_owned))
    }

    fn numbers(&self, dataset: usize, keys: &[String]) -> Vec<Option<String>> {
        let mut order: Vec<usize> = (0..self.rows[dataset].len()).collect();
        order.sort_by(|a, b| {
            let key = |name: &String, row: usize| self.datum(dataset, name, row);
            let compared = keys.iter().map(|name| compare(key(name, *a), key(name, *b)));
            compared.fold(Ordering::Equal, Ordering::then)
        });
        let mut numbers = vec![None; order.len()];
        for (number, row) in (1..).zip(order) {
            numbers[row] = Some(format!("{number}"));
        }
        numbers
    }

    fn last(
        &self,
        at: At,
        value: &str,
        within: &[String],
    ) -> Result<Vec<Option<String>>, ExportError> {
        let (dataset, own) = at;
        let mut texts = vec![None; self.rows[dataset].len()];
        let Some(rule) = &self.plan.datasets[dataset].variables[own].rule else { return Ok(texts) };
        let mut last: HashMap<Vec<Option<&Datum>>, usize> = HashMap::new();
        for row in self.in_order(dataset) {
            match rule.evaluate(&self.facts((dataset, Some(own)), row)) {
                Outcome::True => {
                    let same = within.iter().map(|name| self.datum(dataset, name, row)).collect();
                    last.insert(same, row);
                }
                Outcome::Failed(error) => return Err(self.stopped(at, row, &error.to_string())),
                _ => {}
            }
        }
        for row in last.into_values() {
            texts[row] = Some(value.to_owned());
        }
        Ok(texts)
    }

    /// The rows of a dataset that are written, by their numbers, else as they were collected.
    pub(super) fn in_order(&self, dataset: usize) -> Vec<usize> {
        let mut order: Vec<usize> =
            (0..self.rows[dataset].len()).filter(|row| self.rows[dataset][*row].kept).collect();
        if let Some(by) = sequence(self.plan, dataset) {
            let column = &self.columns[dataset][by];
            let of = |row: usize| column.get(row).and_then(Option::as_ref);
            order.sort_by(|a, b| compare(of(*a), of(*b)));
        }
        order
    }

    fn datum(&self, dataset: usize, name: &str, row: usize) -> Option<&Datum> {
        let variable = place(&self.plan.datasets[dataset].def, name)?;
        self.columns[dataset][variable].get(row)?.as_ref()
    }

    /// A text as its term, if it fits the variable; an empty one is blank.
    fn fitted(
        &self,
        at: At,
        row: usize,
        text: Option<String>,
    ) -> Result<Option<Datum>, ExportError> {
        let def = &self.plan.datasets[at.0].variables[at.1].def;
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        let text = match def.terms.get(&text) {
            Some(term) if term.is_empty() => return Ok(None),
            Some(term) => term.clone(),
            None if def.terms.is_empty() => text,
            None => return Err(self.stopped(at, row, "its value is not among the terms")),
        };
        let text = if def.shortest { shortest(text) } else { text };
        if !is_of(def.kind, &text) {
            return Err(self.stopped(at, row, "its value is not of the type of the variable"));
        }
        if def.length.is_some_and(|most| text.chars().count() > most as usize) {
            return Err(self.stopped(at, row, "its value is longer than the variable"));
        }
        Ok(Some(Datum::value(text)))
    }

    fn stopped(&self, at: At, row: usize, why: &str) -> ExportError {
        let record = &self.book.records[self.rows[at.0][row].record];
        let place = format!("{} at event {}", self.plan.oid(at), record.event);
        stopped(&place, self.book, why)
    }
}

/// A decimal without zeros at its end.
fn shortest(text: String) -> String {
    match Decimal::from_str(&text) {
        Ok(number) => number.normalize().to_string(),
        Err(_) => text,
    }
}

fn is_of(kind: VariableKind, text: &str) -> bool {
    match kind {
        VariableKind::Text => true,
        VariableKind::Integer => text.parse::<i64>().is_ok(),
        VariableKind::Number => Decimal::from_str(text).is_ok(),
        VariableKind::Date => !text.contains('T') && PartialDate::parse(text).is_some(),
        VariableKind::Datetime => PartialDate::parse(text).is_some(),
    }
}

/// Blanks first, numbers by their size, other texts by their characters.
fn compare(a: Option<&Datum>, b: Option<&Datum>) -> Ordering {
    let (a, b) = (a.and_then(Datum::text), b.and_then(Datum::text));
    let number = |text: Option<&str>| text.and_then(|text| Decimal::from_str(text).ok());
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.cmp(&b),
    }
}
