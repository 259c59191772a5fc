//! Evaluation: binds facts to the slots of a rule as it comes to them.

mod rows;

use std::{borrow::Cow, fmt, sync::Mutex};

use cel::{
    Value,
    common::{
        types::{CelBool, CelInt, CelNull, CelString},
        value::{CowVal, Val},
    },
    context::VariableResolver,
};
use kernel::Datum;
use rust_decimal::Decimal;

use crate::{
    Facts, Reference, RuleError, RuleProblem, Type,
    check::{Slot, Source},
    fault::place,
    library::{ROOT, Stop, truth},
    rule::Compiled,
    syntax::MAX_TEXT,
    values::{CodeList, Dec, Moment},
};

/// What a rule says of the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    True,
    False,
    /// The evaluation came to something that is missing, or to a partial date that leaves the
    /// answer open. Named as in the rule, each once.
    NotEvaluated {
        missing: Vec<String>,
    },
    /// The canonical text of a value that is neither true nor false.
    Value(String),
    /// The rule cannot be computed from these values.
    Failed(RuleError),
}

impl Outcome {
    /// The canonical text of the result, also of true and false; `None` when there is none.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::True => Some("true"),
            Self::False => Some("false"),
            Self::Value(text) => Some(text),
            Self::NotEvaluated { .. } | Self::Failed(_) => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEvaluated { .. } => f.write_str("not evaluated"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::True | Self::False | Self::Value(_) => {
                f.write_str(self.text().unwrap_or_default())
            }
        }
    }
}

pub(crate) fn evaluate(rule: &Compiled, facts: &dyn Facts) -> Outcome {
    let run = Run { rule, facts, notes: Mutex::default() };
    let ended = {
        let mut context = ROOT.new_inner_scope();
        context.set_variable_resolver(&run);
        match Value::resolve_val(&rule.checked.tree, &context) {
            Ok(value) => Ended::With(outcome(value.as_ref())),
            Err(error) => match Stop::of(&error) {
                Some((stop, at)) => Ended::Stopped(stop, at),
                None => Ended::Broken(error.to_string()),
            },
        }
    };
    let notes = run.notes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    notes.judge(rule, ended)
}

enum Ended {
    /// `None` for a value that no rule gives.
    With(Option<Outcome>),
    Stopped(Stop, usize),
    Broken(String),
}

/// What the evaluation came across, as slots.
#[derive(Default)]
struct Notes {
    missing: Vec<usize>,
    partial: Vec<usize>,
    failed: Option<(usize, RuleProblem)>,
}

impl Notes {
    /// A missing value outweighs all: what was computed without it means nothing.
    fn judge(self, rule: &Compiled, ended: Ended) -> Outcome {
        let failed = |at, problem| {
            let (line, column) = place(&rule.text, at);
            Outcome::Failed(RuleError { line, column, problem })
        };
        if !self.missing.is_empty() {
            return Outcome::NotEvaluated { missing: shown(rule, &self.missing) };
        }
        if let Some((slot, problem)) = self.failed {
            return failed(rule.checked.slots[slot].at, problem);
        }
        match ended {
            Ended::With(Some(Outcome::Value(text)))
                if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT =>
            {
                failed(0, RuleProblem::TextTooLong)
            }
            Ended::With(Some(outcome)) => outcome,
            Ended::With(None) => failed(0, RuleProblem::Unexpected("no value".to_owned())),
            Ended::Stopped(Stop::Open, _) => {
                Outcome::NotEvaluated { missing: shown(rule, &self.partial) }
            }
            Ended::Stopped(stop, at) => failed(at, problem(stop)),
            Ended::Broken(error) => failed(0, RuleProblem::Unexpected(error)),
        }
    }
}

fn shown(rule: &Compiled, slots: &[usize]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(slots.len());
    for slot in slots {
        let name = &rule.checked.slots[*slot].shown;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn problem(stop: Stop) -> RuleProblem {
    match stop {
        Stop::DivisionByZero => RuleProblem::DivisionByZero,
        Stop::Overflow => RuleProblem::Overflow,
        Stop::TextTooLong => RuleProblem::TextTooLong,
        Stop::NotANumber => RuleProblem::NotANumber,
        Stop::NegativeRoot => RuleProblem::NegativeRoot,
        Stop::Open => RuleProblem::Unexpected("open".to_owned()),
    }
}

fn outcome(value: &dyn Val) -> Option<Outcome> {
    if let Some(value) = value.downcast_ref::<CelBool>() {
        return Some(if *value.inner() { Outcome::True } else { Outcome::False });
    }
    let text = if let Some(value) = value.downcast_ref::<CelInt>() {
        value.inner().to_string()
    } else if let Some(value) = value.downcast_ref::<Dec>() {
        decimal_text(value.0)
    } else if let Some(value) = value.downcast_ref::<CelString>() {
        value.inner().to_owned()
    } else {
        value.downcast_ref::<Moment>()?.to_string()
    };
    Some(Outcome::Value(text))
}

/// Canonical text: zero has no sign.
pub(crate) fn decimal_text(mut value: Decimal) -> String {
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    value.to_string()
}

static NULL: CelNull = CelNull;

/// One evaluation. Its names are those that `check` writes.
struct Run<'a> {
    rule: &'a Compiled,
    facts: &'a dyn Facts,
    notes: Mutex<Notes>,
}

impl VariableResolver for Run<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let (kind, index) = variable.split_at_checked(1)?;
        let index: usize = index.parse().ok()?;
        let checked = &self.rule.checked;
        match kind {
            "@" => self.value(index, checked.slots.get(index)?),
            "?" => Some(truth(self.is_missing(checked.slots.get(index)?))),
            "!" => Some(CowVal::owned(CelString::from(self.reason(checked.slots.get(index)?)))),
            "#" => checked.constants.get(index).map(|value| CowVal::Borrowed(value.as_ref())),
            "$" => {
                let oid = checked.code_lists.get(index)?;
                Some(CowVal::owned(CodeList { facts: self.facts, oid }))
            }
            _ => None,
        }
    }
}

impl Run<'_> {
    /// The value of a slot; null, and a note, when there is none.
    fn value<'b>(&'b self, index: usize, slot: &'b Slot) -> Option<CowVal<'b, 'b>> {
        let found = match &slot.source {
            Source::Rows(aggregate, item, of) => {
                match rows::aggregate(*aggregate, *of, &self.facts.rows(item)) {
                    Ok(found) => found,
                    Err(problem) => return Some(self.failed(index, problem)),
                }
            }
            Source::Elsewhere(Reference::Count { form }) => {
                Some(CowVal::owned(CelInt::from(i64::from(self.facts.count(form)))))
            }
            Source::Elsewhere(Reference::ReferenceDate) => {
                self.facts.reference_date().map(|date| CowVal::owned(Moment::Date(date)))
            }
            Source::Item(_) | Source::Elsewhere(_) => match self.datum(slot) {
                Some(datum) => match value_text(datum) {
                    Some(text) => match bound(slot.of, text) {
                        Some(value) => Some(value),
                        None => {
                            let problem = RuleProblem::BadValue(slot.shown.clone());
                            return Some(self.failed(index, problem));
                        }
                    },
                    None => None,
                },
                None => None,
            },
        };
        match found {
            Some(value) => {
                if slot.of.is_moment() && value.downcast_ref().is_some_and(Moment::is_partial) {
                    self.note(|notes| notes.partial.push(index));
                }
                Some(value)
            }
            None => {
                self.note(|notes| notes.missing.push(index));
                Some(CowVal::Borrowed(&NULL))
            }
        }
    }

    fn failed<'b>(&self, index: usize, problem: RuleProblem) -> CowVal<'b, 'b> {
        self.note(|notes| {
            notes.failed.get_or_insert((index, problem));
        });
        CowVal::Borrowed(&NULL)
    }

    fn note(&self, write: impl FnOnce(&mut Notes)) {
        let mut notes = self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        write(&mut notes);
    }

    fn datum<'b>(&'b self, slot: &'b Slot) -> Option<Cow<'b, Datum>> {
        match &slot.source {
            Source::Item(name) => self.facts.item(name).map(Cow::Borrowed),
            Source::Elsewhere(reference) => elsewhere(self.facts, reference).map(Cow::Owned),
            Source::Rows(..) => None,
        }
    }

    fn is_missing(&self, slot: &Slot) -> bool {
        match &slot.source {
            Source::Rows(aggregate, item, _) => {
                rows::is_missing(*aggregate, &self.facts.rows(item))
            }
            Source::Elsewhere(Reference::Count { .. }) => false,
            Source::Elsewhere(Reference::ReferenceDate) => self.facts.reference_date().is_none(),
            Source::Item(_) | Source::Elsewhere(_) => {
                self.datum(slot).is_none_or(|datum| datum.text().is_none())
            }
        }
    }

    /// The code of the reason why the slot is missing; empty when it has a value or is blank.
    fn reason(&self, slot: &Slot) -> &'static str {
        match self.datum(slot).as_deref() {
            Some(Datum::Missing(reason)) => reason.code(),
            Some(Datum::Value { .. }) | None => "",
        }
    }
}

fn elsewhere(facts: &dyn Facts, reference: &Reference) -> Option<Datum> {
    match reference {
        Reference::Previous { item } => facts.previous(item),
        Reference::Value { event, form, item } => facts.value(event, form, item),
        Reference::First { event, form, item } => facts.first(event, form, item),
        Reference::Last { event, form, item } => facts.last(event, form, item),
        Reference::Rows { .. } | Reference::Count { .. } | Reference::ReferenceDate => None,
    }
}

fn value_text(datum: Cow<'_, Datum>) -> Option<Cow<'_, str>> {
    match datum {
        Cow::Borrowed(datum) => datum.text().map(Cow::Borrowed),
        Cow::Owned(Datum::Value { text, .. }) => Some(Cow::Owned(text.into_string())),
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
