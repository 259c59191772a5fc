//! What `range_low`, `range_high` and `range_texts` read: the reference range of a laboratory result.

use std::{fmt, sync::Arc};

use kernel::{
    Datum, PartialDate,
    laboratory::{Age, Asked, NoRange, ReferenceRange, TEXTS_BETWEEN},
};
use rust_decimal::Decimal;

use crate::{Facts, Reference};

/// A call that reads a part of the reference range of a result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RangeCall {
    pub part: RangePart,
    pub test: RangeArgument,
    pub unit: RangeArgument,
    pub sex: RangeArgument,
    /// The birth date, or the age in years.
    pub born: RangeArgument,
    pub is_age: bool,
    /// When the specimen was collected.
    pub on: RangeArgument,
    /// Where the study tells laboratories apart.
    pub laboratory: Option<RangeArgument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RangePart {
    Low,
    High,
    Texts,
}

/// Where an argument comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RangeArgument {
    /// It is written in the rule.
    Text(String),
    /// An item of the record or row.
    Item(String),
    /// What `value`, `first`, `last` or `previous` reads.
    Elsewhere(Reference),
}

impl RangePart {
    pub(crate) fn of_function(name: &str) -> Option<Self> {
        [Self::Low, Self::High, Self::Texts].into_iter().find(|part| part.function() == name)
    }

    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::Low => "range_low",
            Self::High => "range_high",
            Self::Texts => "range_texts",
        }
    }
}

impl RangeCall {
    /// The range that fits, or why none does.
    pub fn find(&self, facts: &dyn Facts) -> Result<Arc<ReferenceRange>, NoRange> {
        let read = |argument: &RangeArgument| argument.read(facts);
        let written = |argument| read(argument).unwrap_or_default();
        let on = read(&self.on).and_then(|on| PartialDate::parse(&on));
        let age = self.age(read(&self.born), on);
        let (test, unit, sex) = (written(&self.test), written(&self.unit), read(&self.sex));
        let laboratory = self.laboratory.as_ref().map(written).unwrap_or_default();
        facts.range(&Asked {
            laboratory: &laboratory,
            test: &test,
            unit: &unit,
            sex: sex.as_deref(),
            age,
            on,
        })
    }

    /// The part of the range that is asked for, as text; `None` when it has no such limit.
    pub(crate) fn of(&self, range: &ReferenceRange) -> Option<Datum> {
        let text = match self.part {
            RangePart::Low => range.low?.to_string(),
            RangePart::High => range.high?.to_string(),
            RangePart::Texts if range.texts.is_empty() => return None,
            RangePart::Texts => range.texts.join(&format!("{TEXTS_BETWEEN} ")),
        };
        Some(Datum::value(text))
    }

    fn age(&self, born: Option<String>, on: Option<PartialDate>) -> Age {
        let Some(born) = born else { return Age::Unknown };
        if self.is_age {
            let years = born.parse::<Decimal>().ok().and_then(|age| age.floor().try_into().ok());
            return years.map_or(Age::Unknown, Age::Years);
        }
        match (PartialDate::parse(&born), on) {
            (Some(birth), Some(on)) => Age::Of { birth, on },
            _ => Age::Unknown,
        }
    }

    fn arguments(&self) -> impl Iterator<Item = &RangeArgument> {
        [&self.test, &self.unit, &self.sex, &self.born, &self.on]
            .into_iter()
            .chain(&self.laboratory)
    }
}

impl RangeArgument {
    fn read(&self, facts: &dyn Facts) -> Option<String> {
        let text = |datum: &Datum| datum.text().map(ToOwned::to_owned);
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Item(name) => facts.item(name).and_then(text),
            Self::Elsewhere(reference) => reference.read(facts).as_ref().and_then(text),
        }
    }
}

impl fmt::Display for RangeCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.arguments().map(ToString::to_string).collect();
        write!(f, "{}({})", self.part.function(), arguments.join(", "))
    }
}

impl fmt::Display for RangeArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Item(name) => f.write_str(name),
            Self::Elsewhere(reference) => reference.fmt(f),
        }
    }
}
