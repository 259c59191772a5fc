//! One reference range.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::AgeSpan;
use crate::{PartialDate, SiteOid};

/// A sex for which a range holds (CDISC SEX).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Sex {
    F,
    M,
}

impl Sex {
    pub fn code(self) -> &'static str {
        match self {
            Self::F => "F",
            Self::M => "M",
        }
    }

    /// By its code, in upper or lower case.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::F, Self::M].into_iter().find(|sex| sex.code().eq_ignore_ascii_case(code))
    }
}

/// What is normal for whom: a row of a table of reference ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceRange {
    /// The laboratory, where there are several; else empty.
    pub laboratory: String,
    /// The site that it is for; all sites when absent.
    pub site: Option<SiteOid>,
    /// The test, as the study codes it (LBTESTCD).
    pub test: String,
    /// The unit (LBORRESU); empty for a test that has none.
    pub unit: String,
    /// Both when absent.
    pub sex: Option<Sex>,
    pub age: AgeSpan,
    /// The first day on which it holds.
    pub valid_from: Option<Date>,
    /// The last day on which it holds.
    pub valid_to: Option<Date>,
    /// The lowest normal value (LBORNRLO).
    #[serde(with = "as_text")]
    pub low: Option<Decimal>,
    /// The highest normal value (LBORNRHI).
    #[serde(with = "as_text")]
    pub high: Option<Decimal>,
    /// The normal texts of a test that gives no number (LBSTNRC).
    pub texts: Vec<String>,
}

/// To which table of ranges one belongs: a file replaces whole tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RangeKey {
    pub laboratory: String,
    pub site: Option<SiteOid>,
}

impl ReferenceRange {
    pub fn key(&self) -> RangeKey {
        RangeKey { laboratory: self.laboratory.clone(), site: self.site.clone() }
    }

    /// Whether it holds on a day; `None` when what is known of the day leaves it open.
    pub(super) fn holds_on(&self, on: Option<PartialDate>) -> Option<bool> {
        if self.valid_from.is_none() && self.valid_to.is_none() {
            return Some(true);
        }
        let on = on?;
        let holds = |day: Date| {
            self.valid_from.is_none_or(|from| from <= day)
                && self.valid_to.is_none_or(|to| day <= to)
        };
        let begins_later = self.valid_from.is_some_and(|from| on.latest() < from);
        let ended_before = self.valid_to.is_some_and(|to| to < on.earliest());
        match (holds(on.earliest()), holds(on.latest())) {
            (true, true) => Some(true),
            _ if begins_later || ended_before => Some(false),
            _ => None,
        }
    }

    /// Whether it holds for a sex; `None` when that is not known, or is neither.
    pub(super) fn holds_for(&self, sex: Option<Sex>) -> Option<bool> {
        match (self.sex, sex) {
            (None, _) => Some(true),
            (Some(_), None) => None,
            (Some(wanted), Some(sex)) => Some(wanted == sex),
        }
    }

    /// Whether a result can be found that both fit.
    pub(super) fn clashes(&self, other: &Self) -> bool {
        let begins_after = |later: &Self, earlier: &Self| {
            later.valid_from.zip(earlier.valid_to).is_some_and(|(from, to)| to < from)
        };
        let same_sex = self.sex.is_none() || other.sex.is_none() || self.sex == other.sex;
        let same_days = !begins_after(self, other) && !begins_after(other, self);
        same_sex && same_days && self.age.meets(&other.age)
    }
}

/// For whom and when, in words.
impl fmt::Display for ReferenceRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.test)?;
        if !self.unit.is_empty() {
            write!(f, " in {}", self.unit)?;
        }
        if let Some(sex) = self.sex {
            write!(f, ", {}", sex.code())?;
        }
        let unit = self.age.unit.code();
        match (self.age.from, self.age.to) {
            (Some(from), Some(to)) => write!(f, ", {from} to {to} {unit}")?,
            (Some(from), None) => write!(f, ", from {from} {unit}")?,
            (None, Some(to)) => write!(f, ", to {to} {unit}")?,
            (None, None) => {}
        }
        if let Some(from) = self.valid_from {
            write!(f, ", from {from}")?;
        }
        if let Some(to) = self.valid_to {
            write!(f, ", to {to}")?;
        }
        Ok(())
    }
}

/// Decimals as they are written, with their digits.
mod as_text {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.serialize_some(&value.to_string()),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}
