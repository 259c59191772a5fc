//! A mapping file as written. An unknown key is an error.

use std::collections::BTreeMap;

use kernel::study::{Expression, Pick, RowContext, VariableKind, VariableOrigin, VariableSource};
use serde::Deserialize;
use toml::{Spanned, Value};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    pub(super) tabulation: String,
    pub(super) study: Option<String>,
    pub(super) standard: Option<Spanned<RawStandard>>,
    pub(super) subjects: Option<String>,
    pub(super) reference: Option<String>,
    #[serde(default)]
    pub(super) terms: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) dataset: Vec<Spanned<RawDataset>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStandard {
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDataset {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) class: Option<String>,
    pub(super) structure: Option<String>,
    pub(super) form: String,
    pub(super) group: Option<String>,
    #[serde(default)]
    pub(super) events: Vec<String>,
    pub(super) only: Option<String>,
    #[serde(default)]
    pub(super) last_of: Vec<String>,
    #[serde(default)]
    pub(super) number_all: bool,
    #[serde(default)]
    pub(super) each: Vec<Spanned<Value>>,
    /// Each is read by itself, so that one that is wrong does not hide the others.
    pub(super) variables: Vec<Spanned<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVariable {
    #[expect(dead_code, reason = "read before, for the message about what is wrong here")]
    name: String,
    #[serde(default)]
    pub(super) label: String,
    #[serde(default, rename = "type")]
    pub(super) kind: RawKind,
    pub(super) length: Option<u32>,
    #[serde(default)]
    pub(super) hidden: bool,
    #[serde(default)]
    pub(super) shortest: bool,
    pub(super) terms: Option<Terms>,
    pub(super) origin: Option<VariableOrigin>,
    pub(super) method: Option<String>,
    value: Option<String>,
    from: Option<String>,
    item: Option<String>,
    decode: Option<String>,
    #[serde(default)]
    each: bool,
    expression: Option<String>,
    study_day: Option<String>,
    sequence: Option<Vec<String>>,
    last: Option<RawLast>,
    other: Option<RawOther>,
}

#[derive(Debug, Default, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawKind {
    #[default]
    Text,
    Integer,
    Number,
    Date,
    Datetime,
}

impl From<RawKind> for VariableKind {
    fn from(kind: RawKind) -> Self {
        match kind {
            RawKind::Text => Self::Text,
            RawKind::Integer => Self::Integer,
            RawKind::Number => Self::Number,
            RawKind::Date => Self::Date,
            RawKind::Datetime => Self::Datetime,
        }
    }
}

/// Terms as they are, or the name of a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Terms {
    Named(String),
    Stated(BTreeMap<String, String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLast {
    value: String,
    #[serde(default)]
    within: Vec<String>,
    when: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOther {
    dataset: String,
    variable: String,
    pick: RawPick,
    when: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawPick {
    First,
    Last,
    Least,
    Greatest,
}

impl RawVariable {
    /// Where its values come from; what is wrong when that is not said exactly once.
    pub(super) fn source(&self) -> Result<VariableSource, String> {
        let context = self.from.as_deref().map(|name| match RowContext::named(name) {
            Some(context) => Ok(VariableSource::Context(context)),
            None => Err(format!("'from' knows no '{name}'; it is one of {}", contexts())),
        });
        let item = self.item.clone().map(|item| match self.decode.clone() {
            None => VariableSource::Item(item),
            Some(language) => VariableSource::Decode { item, language },
        });
        let last = self.last.as_ref().map(|last| VariableSource::Last {
            value: last.value.clone(),
            within: last.within.clone(),
            when: super::cel(&last.when),
        });
        let other = self.other.as_ref().map(|other| VariableSource::Other {
            dataset: other.dataset.clone(),
            variable: other.variable.clone(),
            pick: other.pick.into(),
            when: other.when.as_ref().map(super::cel),
        });
        let expression: Option<Expression> = self.expression.as_ref().map(super::cel);
        let all = [
            self.value.clone().map(VariableSource::Constant),
            context.transpose()?,
            item,
            self.each.then_some(VariableSource::Each),
            expression.map(VariableSource::Expression),
            self.study_day.clone().map(VariableSource::StudyDay),
            self.sequence.clone().map(VariableSource::Sequence),
            last,
            other,
        ];
        let mut stated = all.into_iter().flatten();
        match (stated.next(), stated.next()) {
            (Some(source), None) => Ok(source),
            _ => Err("says exactly one of value, from, item, each, expression, study_day, \
                      sequence, last, other"
                .to_owned()),
        }
    }
}

impl From<RawPick> for Pick {
    fn from(pick: RawPick) -> Self {
        match pick {
            RawPick::First => Self::First,
            RawPick::Last => Self::Last,
            RawPick::Least => Self::Least,
            RawPick::Greatest => Self::Greatest,
        }
    }
}

fn contexts() -> String {
    RowContext::ALL.map(|(_, name)| name).join(", ")
}
