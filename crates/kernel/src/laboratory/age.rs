//! Ages in completed days, weeks, months and years, and whether one is known to lie in a span.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use crate::PartialDate;

/// The longest age that a range can name, in years.
pub const MOST_YEARS: u32 = 200;

/// In what an age is counted (CDISC AGEU, which has hours as well).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum AgeUnit {
    Days,
    Weeks,
    Months,
    #[default]
    Years,
}

impl AgeUnit {
    pub const ALL: [Self; 4] = [Self::Days, Self::Weeks, Self::Months, Self::Years];

    /// The code as CDISC writes it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Days => "DAYS",
            Self::Weeks => "WEEKS",
            Self::Months => "MONTHS",
            Self::Years => "YEARS",
        }
    }

    /// Its name behind a number in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Days => "天",
            Self::Weeks => "周",
            Self::Months => "个月",
            Self::Years => "岁",
        }
    }

    /// By its code, in upper or lower case.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.code().eq_ignore_ascii_case(code))
    }

    /// How many of them make the longest age.
    pub fn most(self) -> u32 {
        match self {
            Self::Days => MOST_YEARS * 366,
            Self::Weeks => MOST_YEARS * 53,
            Self::Months => MOST_YEARS * 12,
            Self::Years => MOST_YEARS,
        }
    }

    fn length(self, count: u32) -> Length {
        let count = i64::from(count);
        match self {
            Self::Days => Length::Days(count),
            Self::Weeks => Length::Days(count * 7),
            Self::Months => Length::Months(count),
            Self::Years => Length::Months(count * 12),
        }
    }
}

/// The ages of a range, both ends included, in completed units: `18` to `64` years is from the 18th
/// birthday to the day before the 65th.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct AgeSpan {
    pub from: Option<u32>,
    pub to: Option<u32>,
    pub unit: AgeUnit,
}

/// What is known of an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    Unknown,
    /// The age of who was born then, on a day; either may be known in part.
    Of {
        birth: PartialDate,
        on: PartialDate,
    },
    /// Completed years, and no birth date.
    Years(i64),
}

/// A stretch of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Days(i64),
    Months(i64),
}

impl AgeSpan {
    /// Whether an age lies in the span; `None` when what is known leaves it open.
    pub fn holds(&self, age: &Age) -> Option<bool> {
        let begun = self.lower().map_or(Some(true), |lower| lower.is_reached(age));
        let over = self.upper().map_or(Some(false), |upper| upper.is_reached(age));
        match (begun, over) {
            (Some(false), _) | (_, Some(true)) => Some(false),
            (Some(true), Some(false)) => Some(true),
            _ => None,
        }
    }

    /// Whether somebody can be in both on one day.
    pub fn meets(&self, other: &Self) -> bool {
        !ends_before(self.upper(), other.lower()) && !ends_before(other.upper(), self.lower())
    }

    /// The age with which it begins.
    pub(super) fn lower(&self) -> Option<Length> {
        self.from.map(|from| self.unit.length(from))
    }

    /// The age with which it is over: the first that is too old.
    pub(super) fn upper(&self) -> Option<Length> {
        self.to.map(|to| self.unit.length(to + 1))
    }
}

impl Length {
    fn is_reached(self, age: &Age) -> Option<bool> {
        let (least, most) = match (age, self) {
            (Age::Unknown, _) => return None,
            (Age::Of { birth, on }, length) => {
                let youngest = length.is_reached_by(birth.latest(), on.earliest());
                let oldest = length.is_reached_by(birth.earliest(), on.latest());
                return (youngest == oldest).then_some(youngest);
            }
            (Age::Years(years), Self::Months(_)) => {
                let months = years.saturating_mul(12);
                (months, months.saturating_add(11))
            }
            // A year has 365 days or 366.
            (Age::Years(years), Self::Days(_)) => {
                let next = years.saturating_add(1);
                (years.saturating_mul(365), next.saturating_mul(366) - 1)
            }
        };
        let (Self::Days(wanted) | Self::Months(wanted)) = self;
        ((least >= wanted) == (most >= wanted)).then_some(least >= wanted)
    }

    fn is_reached_by(self, birth: Date, on: Date) -> bool {
        match self {
            Self::Days(days) => i64::from((on - birth).get_days()) >= days,
            Self::Months(months) => completed_months(birth, on) >= months,
        }
    }
}

/// Whether one span is over when the other begins, whenever somebody is born.
pub(super) fn ends_before(upper: Option<Length>, lower: Option<Length>) -> bool {
    match (upper, lower) {
        (Some(Length::Days(upper)), Some(Length::Days(lower)))
        | (Some(Length::Months(upper)), Some(Length::Months(lower))) => upper <= lower,
        (Some(Length::Days(upper)), Some(Length::Months(lower))) => upper <= days_of(lower).0,
        (Some(Length::Months(upper)), Some(Length::Days(lower))) => days_of(upper).1 <= lower,
        (None, _) | (_, None) => false,
    }
}

/// Months since birth. Who is born on a day that a month does not have is a month older on the first of
/// the next one, so that twelve months are a year also for who is born on 29 February.
fn completed_months(birth: Date, on: Date) -> i64 {
    let months = i64::from(on.year()) * 12 + i64::from(on.month());
    let before = i64::from(birth.year()) * 12 + i64::from(birth.month());
    months - before - i64::from(on.day() < birth.day())
}

/// The fewest and the most days after which so many months are completed. The days of birth that are
/// tried have leap years behind them and before them, and one that was none (1900).
fn days_of(months: i64) -> (i64, i64) {
    let births = date(1896, 1, 1).series(jiff::Span::new().days(1));
    let births = births.take_while(|birth| *birth < date(1905, 1, 1));
    let days = births.filter_map(|birth| {
        let first = birth.first_of_month().checked_add(jiff::Span::new().months(months)).ok()?;
        let reached = match first.checked_add(jiff::Span::new().days(birth.day() - 1)).ok()? {
            day if day.month() == first.month() => day,
            day => day.first_of_month(),
        };
        Some(i64::from((reached - birth).get_days()))
    });
    days.fold((i64::MAX, 0), |(least, most), days| (least.min(days), most.max(days)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: Option<u32>, to: Option<u32>, unit: AgeUnit) -> AgeSpan {
        AgeSpan { from, to, unit }
    }

    fn age(birth: &str, on: &str) -> Age {
        let date = |text| PartialDate::parse(text).unwrap();
        Age::Of { birth: date(birth), on: date(on) }
    }

    #[test]
    fn who_turns_eighteen_is_adult_from_the_birthday_on() {
        let (child, adult) =
            (span(None, Some(17), AgeUnit::Years), span(Some(18), Some(64), AgeUnit::Years));
        for (on, is_adult) in [("2018-06-14", false), ("2018-06-15", true), ("2065-06-14", true)] {
            let age = age("2000-06-15", on);
            assert_eq!(adult.holds(&age), Some(is_adult), "{on}");
            assert_eq!(child.holds(&age), Some(!is_adult), "{on}");
        }
        assert_eq!(adult.holds(&age("2000-06-15", "2065-06-15")), Some(false));
    }

    #[test]
    fn who_is_born_on_29_february_is_a_year_older_on_1_march() {
        let one = span(Some(1), None, AgeUnit::Years);
        assert_eq!(one.holds(&age("2024-02-29", "2025-02-28")), Some(false));
        assert_eq!(one.holds(&age("2024-02-29", "2025-03-01")), Some(true));
        assert_eq!(
            span(Some(4), None, AgeUnit::Years).holds(&age("2024-02-29", "2028-02-29")),
            Some(true)
        );
    }

    #[test]
    fn a_month_is_over_on_the_first_of_the_next_where_it_has_no_such_day() {
        let month = span(Some(1), None, AgeUnit::Months);
        assert_eq!(month.holds(&age("2026-01-31", "2026-02-28")), Some(false));
        assert_eq!(month.holds(&age("2026-01-31", "2026-03-01")), Some(true));
        assert_eq!(month.holds(&age("2026-01-15", "2026-02-15")), Some(true));
    }

    #[test]
    fn a_newborn_of_28_days_has_lived_four_weeks() {
        let newborn = span(Some(0), Some(27), AgeUnit::Days);
        assert_eq!(newborn.holds(&age("2026-02-01", "2026-02-28")), Some(true));
        assert_eq!(newborn.holds(&age("2026-02-01", "2026-03-01")), Some(false));
        assert_eq!(
            span(Some(4), None, AgeUnit::Weeks).holds(&age("2026-02-01", "2026-03-01")),
            Some(true)
        );
    }

    #[test]
    fn a_partial_birth_date_decides_where_each_of_its_days_would() {
        let adult = span(Some(18), Some(64), AgeUnit::Years);
        assert_eq!(adult.holds(&age("1980", "2026-03-02")), Some(true));
        assert_eq!(adult.holds(&age("2008", "2026-03-02")), None);
        assert_eq!(adult.holds(&age("2008-03", "2026-03-02")), None);
        assert_eq!(adult.holds(&age("2008-02", "2026-03-02")), Some(true));
        assert_eq!(adult.holds(&Age::Unknown), None);
        assert_eq!(AgeSpan::default().holds(&Age::Unknown), Some(true));
    }

    #[test]
    fn completed_years_decide_what_they_can() {
        let adult = span(Some(18), Some(64), AgeUnit::Years);
        for (years, holds) in [(17, false), (18, true), (64, true), (65, false)] {
            assert_eq!(adult.holds(&Age::Years(years)), Some(holds), "{years}");
        }
        assert_eq!(span(Some(6), None, AgeUnit::Months).holds(&Age::Years(0)), None);
        assert_eq!(span(None, Some(27), AgeUnit::Days).holds(&Age::Years(1)), Some(false));
        assert_eq!(span(None, Some(27), AgeUnit::Days).holds(&Age::Years(0)), None);
    }

    #[test]
    fn days_and_months_meet_where_a_month_can_be_that_short() {
        let days = |to| span(Some(0), Some(to), AgeUnit::Days);
        let months = span(Some(1), Some(11), AgeUnit::Months);
        assert!(!days(27).meets(&months), "February has 28 days");
        assert!(days(28).meets(&months));
        let year = span(Some(1), None, AgeUnit::Years);
        assert!(!days(364).meets(&year));
        assert!(days(365).meets(&year));
        assert!(!months.meets(&year));
        assert!(year.meets(&days(400)));
    }
}
