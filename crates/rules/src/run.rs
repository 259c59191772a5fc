//! Evaluation: binds facts to the slots of a rule as it comes to them.

mod binding;
mod rows;

use std::{fmt, sync::Mutex};

use cel::{
    Value,
    common::{
        types::{CelBool, CelInt, CelString},
        value::Val,
    },
};
use rust_decimal::Decimal;

use crate::{
    Facts, RuleError, RuleProblem,
    fault::place,
    library::{ROOT, Stop},
    rule::Compiled,
    run::binding::Run,
    syntax::MAX_TEXT,
    values::{Dec, Moment},
};

/// What a rule says of the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    True,
    False,
    /// The answer depends on something that is missing, or on a partial date that leaves it open,
    /// or on a text that is no number. Named is what the evaluation came to, as in the rule, each
    /// once; nothing when the rule itself says that there is no value.
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
    /// The evaluation came to `null`.
    nothing: bool,
}

impl Notes {
    /// A value stands, whatever is missing: every part that needs a missing value ends in an error
    /// or in null, and only the side of `&&` or `||` that decides passes over that. Without a
    /// value, something missing outweighs what failed: if it were there, it could have decided.
    fn judge(self, rule: &Compiled, ended: Ended) -> Outcome {
        let failed = |at, problem| {
            let (line, column) = place(&rule.text, at);
            Outcome::Failed(RuleError { line, column, problem })
        };
        if let Ended::With(Some(outcome)) = ended {
            return match outcome.text() {
                Some(text) if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT => {
                    failed(0, RuleProblem::TextTooLong)
                }
                _ => outcome,
            };
        }
        if !self.missing.is_empty() || self.nothing {
            return Outcome::NotEvaluated { missing: shown(rule, &self.missing) };
        }
        if let Some((slot, problem)) = self.failed {
            return failed(rule.checked.slots[slot].at, problem);
        }
        match ended {
            Ended::With(_) => failed(0, RuleProblem::Unexpected("no value".to_owned())),
            Ended::Stopped(Stop::Open, _) => {
                Outcome::NotEvaluated { missing: shown(rule, &self.partial) }
            }
            Ended::Stopped(Stop::NotANumber, at) => {
                let texts = rule.checked.numbers.iter().find(|(place, _)| *place == at);
                Outcome::NotEvaluated { missing: shown(rule, texts.map_or(&[], |(_, s)| s)) }
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
        Stop::NegativeRoot => RuleProblem::NegativeRoot,
        Stop::Open | Stop::NotANumber => RuleProblem::Unexpected("open".to_owned()),
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
