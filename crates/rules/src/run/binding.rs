use std::{borrow::Cow, sync::Mutex};

use cel::{
    common::{
        types::{CelInt, CelNull, CelString},
        value::CowVal,
    },
    context::VariableResolver,
};
use kernel::Datum;

use super::{Notes, rows};
use crate::{
    Facts, Reference, RuleProblem, Type,
    check::{Slot, Source},
    library::truth,
    rule::Compiled,
    values::{CodeList, Dec, Moment},
};

static NULL: CelNull = CelNull;

/// One evaluation. Its names are those that `check` writes.
pub(super) struct Run<'a> {
    pub(super) rule: &'a Compiled,
    pub(super) facts: &'a dyn Facts,
    pub(super) notes: Mutex<Notes>,
}

impl VariableResolver for Run<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let (kind, index) = variable.split_at_checked(1)?;
        let index: usize = index.parse().ok()?;
        let checked = &self.rule.checked;
        match kind {
            "@" => Some(self.value(index, checked.slots.get(index)?)),
            "?" => Some(truth(self.is_missing(checked.slots.get(index)?))),
            "!" => Some(CowVal::owned(CelString::from(self.reason(checked.slots.get(index)?)))),
            "#" => checked.constants.get(index).map(|value| CowVal::Borrowed(value.as_ref())),
            "$" => {
                let oid = checked.code_lists.get(index)?;
                Some(CowVal::owned(CodeList { facts: self.facts, oid }))
            }
            "~" => {
                self.note(|notes| notes.nothing = true);
                Some(CowVal::Borrowed(&NULL))
            }
            _ => None,
        }
    }
}

impl Run<'_> {
    /// The value of a slot; null, and a note, when there is none.
    fn value<'b>(&'b self, index: usize, slot: &'b Slot) -> CowVal<'b, 'b> {
        match self.found(slot) {
            Ok(Some(value)) => {
                if slot.of.is_moment() && value.downcast_ref().is_some_and(Moment::is_partial) {
                    self.note(|notes| add(&mut notes.partial, index));
                }
                return value;
            }
            Ok(None) => self.note(|notes| add(&mut notes.missing, index)),
            Err(problem) => self.note(|notes| {
                notes.failed.get_or_insert((index, problem));
            }),
        }
        CowVal::Borrowed(&NULL)
    }

    fn found<'b>(&'b self, slot: &'b Slot) -> Result<Option<CowVal<'b, 'b>>, RuleProblem> {
        match &slot.source {
            Source::Rows(aggregate, item, of) => {
                rows::aggregate(*aggregate, *of, &self.facts.rows(item))
            }
            Source::Elsewhere(Reference::Count { form }) => {
                let count = i64::from(self.facts.count(form));
                Ok(Some(CowVal::owned(CelInt::from(count))))
            }
            Source::Elsewhere(Reference::Others { items }) => {
                let same = || i64::from(self.facts.others(items));
                Ok(self.all_given(items).then(|| CowVal::owned(CelInt::from(same()))))
            }
            Source::Elsewhere(Reference::ReferenceDate) => {
                let date = self.facts.reference_date();
                Ok(date.map(|date| CowVal::owned(Moment::Date(date))))
            }
            Source::Item(_) | Source::Elsewhere(_) => {
                let Some(text) = self.datum(slot).and_then(value_text) else { return Ok(None) };
                let bad = || RuleProblem::BadValue(slot.shown.clone());
                bound(slot.of, text).map(Some).ok_or_else(bad)
            }
        }
    }

    fn note(&self, write: impl FnOnce(&mut Notes)) {
        let mut notes = self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        write(&mut notes);
    }

    fn datum<'b>(&'b self, slot: &'b Slot) -> Option<Cow<'b, Datum>> {
        match &slot.source {
            Source::Item(name) => self.facts.item(name).map(Cow::Borrowed),
            Source::Elsewhere(reference) => reference.read(self.facts).map(Cow::Owned),
            Source::Rows(..) => None,
        }
    }

    fn is_missing(&self, slot: &Slot) -> bool {
        match &slot.source {
            Source::Rows(aggregate, item, _) => {
                rows::is_missing(*aggregate, &self.facts.rows(item))
            }
            Source::Elsewhere(Reference::Count { .. }) => false,
            Source::Elsewhere(Reference::Others { items }) => !self.all_given(items),
            Source::Elsewhere(Reference::ReferenceDate) => self.facts.reference_date().is_none(),
            Source::Item(_) | Source::Elsewhere(_) => {
                self.datum(slot).is_none_or(|datum| datum.text().is_none())
            }
        }
    }

    fn all_given(&self, items: &[String]) -> bool {
        items.iter().all(|item| self.facts.item(item).is_some_and(|datum| datum.text().is_some()))
    }

    /// The code of the reason why the slot is missing; empty when it has a value or is blank.
    fn reason(&self, slot: &Slot) -> &'static str {
        match self.datum(slot).as_deref() {
            Some(Datum::Missing(reason)) => reason.code(),
            Some(Datum::Value { .. }) | None => "",
        }
    }
}

/// Loops come to the same slot again and again.
fn add(slots: &mut Vec<usize>, slot: usize) {
    if !slots.contains(&slot) {
        slots.push(slot);
    }
}

fn value_text(datum: Cow<'_, Datum>) -> Option<Cow<'_, str>> {
    match datum {
        Cow::Borrowed(datum) => datum.text().map(Cow::Borrowed),
        Cow::Owned(Datum::Value { text, .. }) => Some(Cow::Owned(text.as_ref().to_owned())),
        Cow::Owned(Datum::Missing(_)) => None,
    }
}

/// A value from its canonical text; `None` if it is not of its type.
fn bound(of: Type, text: Cow<'_, str>) -> Option<CowVal<'_, '_>> {
    Some(match of {
        Type::Int => CowVal::owned(CelInt::from(text.parse::<i64>().ok()?)),
        Type::Dec => CowVal::owned(Dec(text.parse().ok()?)),
        Type::Text => CowVal::owned(CelString::from(text)),
        Type::Bool => truth(text.parse().ok()?),
        Type::Date | Type::Time | Type::DateTime => CowVal::owned(Moment::parse(of, &text)?),
    })
}
