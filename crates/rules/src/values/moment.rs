use std::{cmp::Ordering, fmt, str::FromStr};

use jiff::civil::{Date, DateTime, Time};
use kernel::PartialDate;

use crate::Type;

/// A date, a time of day, or both, of which all or a part is known.
#[derive(Clone, Debug)]
pub(crate) enum Moment {
    Date(PartialDate),
    Time { text: Box<str>, span: Span },
    DateTime { text: Box<str>, span: Span, zoned: bool },
}

/// The first and the last instant that it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    earliest: DateTime,
    latest: DateTime,
}

impl Moment {
    /// Reads canonical text of a date, time, or date and time; `None` if it is none.
    pub(crate) fn parse(of: Type, text: &str) -> Option<Self> {
        match of {
            Type::Date => PartialDate::parse(text).map(Self::Date),
            Type::Time => {
                let span = time_span(text)?.on(Date::constant(2000, 1, 1));
                Some(Self::Time { text: text.into(), span })
            }
            Type::DateTime => {
                let (span, zoned) = datetime_span(text)?;
                Some(Self::DateTime { text: text.into(), span, zoned })
            }
            Type::Int | Type::Dec | Type::Text | Type::Bool => None,
        }
    }

    /// Whether more than one instant is possible.
    pub(crate) fn is_partial(&self) -> bool {
        match self {
            Self::Date(date) => date.complete().is_none(),
            Self::Time { span, .. } | Self::DateTime { span, .. } => span.earliest != span.latest,
        }
    }

    /// How this and `other` are ordered, as far as both are known.
    pub(crate) fn order(&self, other: &Self) -> Order {
        if let (Self::DateTime { zoned: a, .. }, Self::DateTime { zoned: b, .. }) = (self, other)
            && a != b
        {
            return Order::Open { can_be_less: true, can_be_equal: true, can_be_greater: true };
        }
        let (a, b) = (self.span(), other.span());
        if a.earliest == a.latest && b.earliest == b.latest {
            return Order::Certain(a.earliest.cmp(&b.earliest));
        }
        Order::Open {
            can_be_less: a.earliest < b.latest,
            can_be_equal: a.earliest <= b.latest && b.earliest <= a.latest,
            can_be_greater: a.latest > b.earliest,
        }
    }

    fn span(&self) -> Span {
        match self {
            Self::Date(date) => Span {
                earliest: date.earliest().to_datetime(Time::midnight()),
                latest: date.latest().to_datetime(Time::midnight()),
            },
            Self::Time { span, .. } | Self::DateTime { span, .. } => *span,
        }
    }

    /// The date, as far as known; `None` for a time of day.
    pub(crate) fn date(&self) -> Option<PartialDate> {
        match self {
            Self::Date(date) => Some(*date),
            Self::DateTime { text, .. } => PartialDate::parse(text),
            Self::Time { .. } => None,
        }
    }

    /// The instant, if all of it is known, and whether it has a time zone.
    pub(crate) fn instant(&self) -> Option<(DateTime, bool)> {
        match self {
            Self::Time { span, .. } => (!self.is_partial()).then_some((span.earliest, false)),
            Self::DateTime { span, zoned, .. } => {
                (!self.is_partial()).then_some((span.earliest, *zoned))
            }
            Self::Date(_) => None,
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => date.fmt(f),
            Self::Time { text, .. } | Self::DateTime { text, .. } => f.write_str(text),
        }
    }
}

/// An order that is known, or what it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Certain(Ordering),
    Open { can_be_less: bool, can_be_equal: bool, can_be_greater: bool },
}

impl Order {
    /// Whether the order is one for which `wanted` holds; `None` when it can and can fail to be.
    pub(crate) fn is(self, wanted: fn(Ordering) -> bool) -> Option<bool> {
        let (less, equal, greater) = match self {
            Self::Certain(order) => return Some(wanted(order)),
            Self::Open { can_be_less, can_be_equal, can_be_greater } => {
                (can_be_less, can_be_equal, can_be_greater)
            }
        };
        let possible =
            [(less, Ordering::Less), (equal, Ordering::Equal), (greater, Ordering::Greater)];
        let mut answers =
            possible.iter().filter(|(can_be, _)| *can_be).map(|(_, order)| wanted(*order));
        let first = answers.next()?;
        answers.all(|answer| answer == first).then_some(first)
    }
}

struct TimeSpan(Time, Time);

impl TimeSpan {
    fn on(&self, date: Date) -> Span {
        Span { earliest: date.to_datetime(self.0), latest: date.to_datetime(self.1) }
    }
}

/// `HH` spans its hour; without seconds, a time is taken to be on the minute.
fn time_span(text: &str) -> Option<TimeSpan> {
    if text.len() == 2 {
        let hour = text.parse().ok()?;
        let first = Time::new(hour, 0, 0, 0).ok()?;
        return Some(TimeSpan(first, Time::new(hour, 59, 59, 999_999_999).ok()?));
    }
    let time = Time::from_str(text).ok()?;
    Some(TimeSpan(time, time))
}

/// With an offset it is turned into UTC.
fn datetime_span(text: &str) -> Option<(Span, bool)> {
    let Some((date_text, time_text)) = text.split_once('T') else {
        let date = PartialDate::parse(text)?;
        let earliest = date.earliest().to_datetime(Time::midnight());
        return Some((Span { earliest, latest: date.latest().to_datetime(Time::MAX) }, false));
    };
    if time_text.contains(['Z', '+', '-']) {
        let instant = jiff::Timestamp::from_str(text).ok()?;
        let utc = jiff::tz::Offset::UTC.to_datetime(instant);
        return Some((Span { earliest: utc, latest: utc }, true));
    }
    let date = PartialDate::parse(date_text)?.complete()?;
    Some((time_span(time_text)?.on(date), false))
}
