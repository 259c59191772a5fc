//! The types of expressions.

use std::fmt;

use kernel::DataType;

/// What an item or an expression holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// A whole number.
    Int,
    /// A decimal number, exact.
    Dec,
    Text,
    Bool,
    /// A calendar date, complete or partial.
    Date,
    /// A time of day.
    Time,
    /// A date with a time, complete or partial.
    DateTime,
}

impl Type {
    /// The type of an item that is collected as `data_type`. What has no arithmetic or order of
    /// its own is text.
    pub fn of(data_type: DataType) -> Self {
        use DataType as D;
        match data_type {
            D::Integer => Self::Int,
            D::Float | D::Double | D::Decimal => Self::Dec,
            D::Boolean => Self::Bool,
            D::Date | D::PartialDate | D::IncompleteDate => Self::Date,
            D::Time | D::PartialTime | D::IncompleteTime => Self::Time,
            D::Datetime | D::PartialDatetime | D::IncompleteDatetime => Self::DateTime,
            D::Text
            | D::String
            | D::DurationDatetime
            | D::IntervalDatetime
            | D::HexBinary
            | D::Base64Binary
            | D::HexFloat
            | D::Base64Float
            | D::Uri
            | D::File => Self::Text,
        }
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Dec)
    }

    pub(crate) fn is_moment(self) -> bool {
        matches!(self, Self::Date | Self::Time | Self::DateTime)
    }

    /// Its name in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Int => "整数",
            Self::Dec => "小数",
            Self::Text => "文本",
            Self::Bool => "真假值",
            Self::Date => "日期",
            Self::Time => "时间",
            Self::DateTime => "日期时间",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int => "whole number",
            Self::Dec => "decimal",
            Self::Text => "text",
            Self::Bool => "true or false",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "date and time",
        })
    }
}

/// The type of a part of an expression while it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    One(Type),
    /// A list; of nothing if it is empty.
    List(Option<Type>),
    /// `null` as a branch of `? :`.
    Nothing,
    /// Wrong, and already said so.
    Unknown,
}

impl Ty {
    pub(crate) fn en(self) -> String {
        match self {
            Self::One(one) => one.to_string(),
            Self::List(Some(of)) => format!("list of {of}"),
            Self::List(None) => "empty list".to_owned(),
            Self::Nothing => "nothing".to_owned(),
            Self::Unknown => "unknown".to_owned(),
        }
    }

    pub(crate) fn zh(self) -> String {
        match self {
            Self::One(one) => one.zh().to_owned(),
            Self::List(Some(of)) => format!("{}列表", of.zh()),
            Self::List(None) => "空列表".to_owned(),
            Self::Nothing => "空".to_owned(),
            Self::Unknown => "未知".to_owned(),
        }
    }
}
