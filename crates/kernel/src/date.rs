//! Dates as they are collected: complete, or only the year, or year and month (ISO 8601, reduced
//! precision; ODM partialDate).

use std::fmt;

use jiff::civil::Date;

/// How much of a date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    Year,
    Month,
    Day,
}

/// A date of which the year is known and perhaps the month and the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialDate {
    first: Date,
    precision: Precision,
}

impl PartialDate {
    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; a time after `T` is left aside. `None` when the
    /// text is anything else or names a day that the calendar does not have.
    pub fn parse(text: &str) -> Option<Self> {
        let date = text.split('T').next()?;
        let bytes = date.as_bytes();
        let digits = |range: std::ops::Range<usize>| -> Option<i16> {
            let part = bytes.get(range)?;
            part.iter().all(u8::is_ascii_digit).then_some(())?;
            std::str::from_utf8(part).ok()?.parse().ok()
        };
        let small = |range| digits(range).and_then(|n| i8::try_from(n).ok());
        let (month, day, precision) = match bytes.len() {
            4 => (1, 1, Precision::Year),
            7 if bytes[4] == b'-' => (small(5..7)?, 1, Precision::Month),
            10 if bytes[4] == b'-' && bytes[7] == b'-' => {
                (small(5..7)?, small(8..10)?, Precision::Day)
            }
            _ => return None,
        };
        let first = Date::new(digits(0..4)?, month, day).ok()?;
        Some(Self { first, precision })
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The complete date, if all of it is known.
    pub fn complete(&self) -> Option<Date> {
        (self.precision == Precision::Day).then_some(self.first)
    }

    /// The first day that it can be.
    pub fn earliest(&self) -> Date {
        self.first
    }

    /// The last day that it can be.
    pub fn latest(&self) -> Date {
        match self.precision {
            Precision::Day => self.first,
            Precision::Month => self.first.last_of_month(),
            Precision::Year => self.first.last_of_year(),
        }
    }

    /// Whether this lies before `other` for certain (`Some(true)`), for certain does not
    /// (`Some(false)`), or cannot be said from what is known (`None`).
    pub fn before(&self, other: &Self) -> Option<bool> {
        if self.latest() < other.earliest() {
            Some(true)
        } else if self.earliest() >= other.latest() {
            Some(false)
        } else {
            None
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = (self.first.year(), self.first.month(), self.first.day());
        match self.precision {
            Precision::Year => write!(f, "{year:04}"),
            Precision::Month => write!(f, "{year:04}-{month:02}"),
            Precision::Day => write!(f, "{year:04}-{month:02}-{day:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> PartialDate {
        PartialDate::parse(text).unwrap()
    }

    #[test]
    fn a_day_that_the_calendar_does_not_have_is_refused() {
        for text in
            ["2026-02-30", "2025-02-29", "2026-13", "20", "2014-UN-UN", "2014---", "２０１４"]
        {
            assert_eq!(PartialDate::parse(text), None, "{text}");
        }
        assert_eq!(date("2024-02-29").to_string(), "2024-02-29");
    }

    #[test]
    fn an_order_that_is_not_certain_is_not_claimed() {
        assert_eq!(date("2014-03").before(&date("2014-03-10")), None);
        assert_eq!(date("2014-02").before(&date("2014-03-10")), Some(true));
        assert_eq!(date("2015").before(&date("2014-03-10")), Some(false));
        assert_eq!(date("2014-03-10").before(&date("2014-03-10")), Some(false));
    }

    #[test]
    fn a_partial_date_spans_its_month_or_year() {
        assert_eq!(date("2024-02").latest().to_string(), "2024-02-29");
        assert_eq!(date("2024").earliest().to_string(), "2024-01-01");
    }
}
