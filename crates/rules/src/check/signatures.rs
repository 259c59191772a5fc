//! The functions whose arguments are ordinary expressions.

use crate::Type;

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Of(Type),
    /// A date, or a date and time of which the date counts.
    Day,
    /// A date, a time, or both.
    Moment,
}

impl Parameter {
    pub(super) fn accepts(self, of: Type) -> bool {
        match self {
            Self::Of(Type::Dec) => of.is_number(),
            Self::Of(wanted) => wanted == of,
            Self::Day => matches!(of, Type::Date | Type::DateTime),
            Self::Moment => of.is_moment(),
        }
    }

    pub(super) fn en(self) -> String {
        match self {
            Self::Of(of) => of.to_string(),
            Self::Day | Self::Moment => Type::Date.to_string(),
        }
    }

    pub(super) fn zh(self) -> &'static str {
        match self {
            Self::Of(of) => of.zh(),
            Self::Day | Self::Moment => Type::Date.zh(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) parameters: &'static [Parameter],
    pub(super) result: Type,
    /// The function of the library.
    pub(super) calls: &'static str,
    /// Whether the library wants the place of the call.
    pub(super) placed: bool,
}

const fn plain(
    name: &'static str,
    parameters: &'static [Parameter],
    result: Type,
    calls: &'static str,
) -> Signature {
    Signature { name, parameters, result, calls, placed: false }
}

const fn placed(
    name: &'static str,
    parameters: &'static [Parameter],
    result: Type,
    calls: &'static str,
) -> Signature {
    Signature { name, parameters, result, calls, placed: true }
}

const INT: Parameter = Parameter::Of(Type::Int);
const DEC: Parameter = Parameter::Of(Type::Dec);
const TEXT: Parameter = Parameter::Of(Type::Text);
const BOOL: Parameter = Parameter::Of(Type::Bool);
const TIME: Parameter = Parameter::Of(Type::Time);
const DATETIME: Parameter = Parameter::Of(Type::DateTime);
const DAY: Parameter = Parameter::Day;

/// In the order in which they are tried.
pub(super) const SIGNATURES: &[Signature] = &[
    placed("age_at", &[DAY, DAY], Type::Int, "age"),
    placed("days_between", &[DAY, DAY], Type::Int, "days"),
    placed("minutes_between", &[DATETIME, DATETIME], Type::Int, "minutes"),
    placed("minutes_between", &[TIME, TIME], Type::Int, "minutes"),
    placed("add_days", &[DAY, INT], Type::Date, "adddays"),
    placed("year", &[DAY], Type::Int, "year"),
    placed("month", &[DAY], Type::Int, "month"),
    placed("day", &[DAY], Type::Int, "day"),
    plain("date", &[DAY], Type::Date, "date"),
    placed("abs", &[INT], Type::Int, "iabs"),
    plain("abs", &[DEC], Type::Dec, "dabs"),
    plain("floor", &[DEC], Type::Dec, "floor"),
    plain("ceiling", &[DEC], Type::Dec, "ceiling"),
    placed("sqrt", &[DEC], Type::Dec, "sqrt"),
    placed("number", &[TEXT], Type::Dec, "number"),
    placed("dec", &[TEXT], Type::Dec, "number"),
    placed("text", &[INT], Type::Text, "itext"),
    placed("text", &[DEC], Type::Text, "dtext"),
    placed("text", &[BOOL], Type::Text, "btext"),
    placed("text", &[Parameter::Moment], Type::Text, "mtext"),
    plain("length", &[TEXT], Type::Int, "length"),
    plain("size", &[TEXT], Type::Int, "length"),
    placed("upper", &[TEXT], Type::Text, "upper"),
    placed("lower", &[TEXT], Type::Text, "lower"),
    placed("trim", &[TEXT], Type::Text, "trim"),
    plain("starts_with", &[TEXT, TEXT], Type::Bool, "starts"),
    plain("startsWith", &[TEXT, TEXT], Type::Bool, "starts"),
    plain("ends_with", &[TEXT, TEXT], Type::Bool, "ends"),
    plain("endsWith", &[TEXT, TEXT], Type::Bool, "ends"),
    plain("contains", &[TEXT, TEXT], Type::Bool, "contains"),
    placed("substring", &[TEXT, INT, INT], Type::Text, "substring"),
];

/// The functions that need more than a signature, as they are used.
pub(super) const SPECIAL: &[(&str, &str)] = &[
    ("missing", "missing(ITEM)"),
    ("answered", "answered(ITEM)"),
    ("missing_reason", "missing_reason(ITEM)"),
    ("coalesce", "coalesce(ITEM, …, value)"),
    ("previous", "previous(\"ITEM\")"),
    ("value", "value(\"EVENT\", \"FORM\", \"ITEM\")"),
    ("first", "first(\"EVENT\", \"FORM\", \"ITEM\")"),
    ("last", "last(\"EVENT\", \"FORM\", \"ITEM\")"),
    ("count", "count(\"FORM\")"),
    ("others", "others(\"ITEM\", …)"),
    ("sum", "sum(\"ITEM\") or sum([A, B])"),
    ("min", "min(\"ITEM\") or min([A, B])"),
    ("max", "max(\"ITEM\") or max([A, B])"),
    ("mean", "mean(\"ITEM\") or mean([A, B])"),
    ("n", "n(\"ITEM\")"),
    ("total", "total([A, B])"),
    ("study_day", "study_day(date)"),
    ("in_code_list", "in_code_list(ITEM, \"CODE LIST\")"),
    ("round_half_up", "round_half_up(number, decimals)"),
    ("round_half_even", "round_half_even(number, decimals)"),
    ("matches", "matches(text, \"pattern\")"),
    ("range_low", "range_low(test, unit, sex, birth, collected)"),
    ("range_high", "range_high(test, unit, sex, birth, collected)"),
    ("range_texts", "range_texts(test, unit, sex, birth, collected)"),
    (
        "range_indicator",
        "range_indicator(result, low, high) or range_indicator(result, low, high, texts)",
    ),
    ("time", "time(\"HH:MM\")"),
    ("datetime", "datetime(\"YYYY-MM-DDTHH:MM\")"),
];
