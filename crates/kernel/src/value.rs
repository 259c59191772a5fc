//! One collected value: typed, canonical, or missing for a stated reason.

use std::{str::FromStr, sync::Arc};

use jiff::civil::{DateTime, Time};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{FileReference, PartialDate, Precision, UnitOid};

/// The type of an item (ODM 1.3.2 DataType, with `decimal` of ODM 2.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DataType {
    Text,
    String,
    Integer,
    Float,
    Double,
    Decimal,
    Boolean,
    Date,
    Time,
    Datetime,
    PartialDate,
    PartialTime,
    PartialDatetime,
    IncompleteDate,
    IncompleteTime,
    IncompleteDatetime,
    DurationDatetime,
    IntervalDatetime,
    HexBinary,
    Base64Binary,
    HexFloat,
    Base64Float,
    #[serde(rename = "URI")]
    Uri,
    /// An attached file, named by a [`FileReference`]. ODM has no such type: there it is a URI that
    /// an attribute of ours tells apart.
    File,
}

impl DataType {
    /// All types of ODM with their spelling there.
    pub const ALL: [(Self, &'static str); 23] = [
        (Self::Text, "text"),
        (Self::String, "string"),
        (Self::Integer, "integer"),
        (Self::Float, "float"),
        (Self::Double, "double"),
        (Self::Decimal, "decimal"),
        (Self::Boolean, "boolean"),
        (Self::Date, "date"),
        (Self::Time, "time"),
        (Self::Datetime, "datetime"),
        (Self::PartialDate, "partialDate"),
        (Self::PartialTime, "partialTime"),
        (Self::PartialDatetime, "partialDatetime"),
        (Self::IncompleteDate, "incompleteDate"),
        (Self::IncompleteTime, "incompleteTime"),
        (Self::IncompleteDatetime, "incompleteDatetime"),
        (Self::DurationDatetime, "durationDatetime"),
        (Self::IntervalDatetime, "intervalDatetime"),
        (Self::HexBinary, "hexBinary"),
        (Self::Base64Binary, "base64Binary"),
        (Self::HexFloat, "hexFloat"),
        (Self::Base64Float, "base64Float"),
        (Self::Uri, "URI"),
    ];

    /// The type that ODM spells so.
    pub fn from_odm(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, spelled)| *spelled == name).map(|(data_type, _)| *data_type)
    }

    /// The spelling in ODM; that of a URI for a file.
    pub fn as_odm(self) -> &'static str {
        let of_odm = if self == Self::File { Self::Uri } else { self };
        Self::ALL
            .iter()
            .find(|(data_type, _)| *data_type == of_odm)
            .map_or("text", |(_, spelled)| spelled)
    }

    /// The spelling in ODM; `file` for a file, which ODM does not tell apart.
    pub fn code(self) -> &'static str {
        if self == Self::File { "file" } else { self.as_odm() }
    }

    /// Integer, float, double or decimal.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float | Self::Double | Self::Decimal)
    }

    /// A calendar date, complete or partial, without a time.
    pub fn is_date(self) -> bool {
        matches!(self, Self::Date | Self::PartialDate | Self::IncompleteDate)
    }
}

/// Why an item has no value (HL7 v3 NullFlavor in the words of a case report form).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MissingReason {
    NotDone,
    NotApplicable,
    Unknown,
    Refused,
    NotAsked,
}

impl MissingReason {
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::NotDone, "NOT_DONE"),
        (Self::NotApplicable, "NOT_APPLICABLE"),
        (Self::Unknown, "UNKNOWN"),
        (Self::Refused, "REFUSED"),
        (Self::NotAsked, "NOT_ASKED"),
    ];

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, spelled)| *spelled == code).map(|(reason, _)| *reason)
    }

    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(reason, _)| *reason == self).map_or("UNKNOWN", |(_, code)| code)
    }
}

/// What an item holds. A blank item holds nothing: it has no `Datum` at all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Datum {
    /// Canonical text of the item's type, and the unit if the item has a choice of units. The text is
    /// shared by the record, its history and the answer to a save.
    Value { text: Arc<str>, unit: Option<UnitOid> },
    /// Nothing, for this reason.
    Missing(MissingReason),
}

impl Datum {
    pub fn value(text: impl Into<Arc<str>>) -> Self {
        Self::Value { text: text.into(), unit: None }
    }

    /// The canonical text, unless missing.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Value { text, .. } => Some(text),
            Self::Missing(_) => None,
        }
    }
}

/// Why a text is not a value of its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    #[error("a blank is not a value; clear the item or give a reason why it is missing")]
    Blank,
    #[error("'{text}' is not {expected}")]
    NotOfType { text: String, data_type: DataType, expected: &'static str },
    #[error("'{text}' has {actual} characters, at most {limit} are allowed")]
    TooLong { text: String, actual: usize, limit: u32 },
    #[error("'{text}' has {actual} decimals, at most {limit} are allowed")]
    TooManyDecimals { text: String, actual: u32, limit: u32 },
    #[error("the text contains the control character U+{0:04X}")]
    ControlCharacter(u32),
}

/// Brings what was typed or sent into the canonical text of `data_type`.
///
/// Numbers lose a leading `+` and leading zeros and keep the decimals they were collected with;
/// dates and times are ISO 8601 and must exist in the calendar; text keeps its inner form and loses
/// blanks around it.
pub fn canonical(data_type: DataType, raw: &str) -> Result<Arc<str>, ValueFault> {
    use DataType as T;
    let text = raw.trim();
    if text.is_empty() {
        return Err(ValueFault::Blank);
    }
    if let Some(c) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(ValueFault::ControlCharacter(c as u32));
    }
    let not = |expected| ValueFault::NotOfType { text: clip(text), data_type, expected };
    let keep = |ok: bool, expected| if ok { Ok(text.into()) } else { Err(not(expected)) };
    match data_type {
        T::Text | T::String | T::Uri => Ok(text.into()),
        T::Integer => number(text, false).ok_or_else(|| not("a whole number")),
        T::Float | T::Double | T::Decimal => number(text, true).ok_or_else(|| not("a number")),
        T::Boolean => match text {
            "true" | "1" => Ok("true".into()),
            "false" | "0" => Ok("false".into()),
            _ => Err(not("true or false")),
        },
        T::Date => keep(
            PartialDate::parse(text)
                .is_some_and(|d| d.precision() == Precision::Day && text.len() == 10),
            "a date of the form YYYY-MM-DD",
        ),
        T::PartialDate | T::IncompleteDate => keep(
            !text.contains('T') && PartialDate::parse(text).is_some(),
            "a date of the form YYYY, YYYY-MM or YYYY-MM-DD",
        ),
        T::Time => keep(is_time(text), "a time of the form HH:MM or HH:MM:SS"),
        T::PartialTime | T::IncompleteTime => {
            keep(is_hour(text) || is_time(text), "a time of the form HH, HH:MM or HH:MM:SS")
        }
        T::Datetime => keep(is_datetime(text), "a date and time of the form YYYY-MM-DDTHH:MM"),
        T::PartialDatetime | T::IncompleteDatetime => keep(
            if text.contains('T') { is_datetime(text) } else { PartialDate::parse(text).is_some() },
            "a date, or a date and time, as far as known",
        ),
        T::DurationDatetime => keep(is_duration(text), "a duration of the form P1DT2H"),
        T::IntervalDatetime => keep(text.contains('/'), "an interval of the form start/end"),
        T::HexBinary | T::HexFloat => keep(
            text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit()),
            "hexadecimal digits",
        ),
        T::Base64Binary | T::Base64Float => keep(
            text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')),
            "base64 text",
        ),
        T::File => text
            .parse::<FileReference>()
            .map(|file| file.to_string().into())
            .map_err(|_| not("the reference of an uploaded file")),
    }
}

/// At most the first characters of a text, for an error message.
fn clip(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn number(text: &str, fraction: bool) -> Option<Arc<str>> {
    let (negative, digits) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, decimals) = match digits.split_once('.') {
        Some((whole, decimals)) if fraction => (whole, Some(decimals)),
        Some(_) => return None,
        None => (digits, None),
    };
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || decimals.is_some_and(|d| d.is_empty() || !all_digits(d)) {
        return None;
    }
    if whole.is_empty() && decimals.is_none() {
        return None;
    }
    if !negative && decimals.is_none() && !whole.starts_with('0') && text.len() == whole.len() {
        return (whole.len() <= 28).then(|| text.into());
    }
    let stripped = whole.trim_start_matches('0');
    let mut out = String::with_capacity(text.len() + 1);
    let is_zero = stripped.is_empty() && decimals.is_none_or(|d| d.bytes().all(|b| b == b'0'));
    if negative && !is_zero {
        out.push('-');
    }
    out.push_str(if stripped.is_empty() { "0" } else { stripped });
    if let Some(decimals) = decimals {
        out.push('.');
        out.push_str(decimals);
    }
    Decimal::from_str(&out).ok().map(|_| out.into())
}

fn is_hour(text: &str) -> bool {
    text.len() == 2 && text.parse::<u8>().is_ok_and(|hour| hour < 24)
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 5 && bytes[2] == b':' && !text.contains('T') && Time::from_str(text).is_ok()
}

fn is_datetime(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let zoned = zone < time.len();
    is_time(&time[..zone])
        && DateTime::from_str(&format!("{date}T{}", &time[..zone])).is_ok()
        && (!zoned || jiff::Timestamp::from_str(text).is_ok())
}

fn is_duration(text: &str) -> bool {
    jiff::Span::from_str(text).is_ok()
}

/// As data: a plain text is a string, a text with a unit is a pair, a missing value is a map.
/// In JSON: `"120"`, `["120","mmHg"]`, `{"missing":"NOT_DONE"}`.
impl Serialize for Datum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        match self {
            Self::Value { text, unit: None } => serializer.serialize_str(text),
            Self::Value { text, unit: Some(unit) } => (text, unit).serialize(serializer),
            Self::Missing(reason) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("missing", reason.code())?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Datum {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DatumVisitor)
    }
}

struct DatumVisitor;

impl<'de> serde::de::Visitor<'de> for DatumVisitor {
    type Value = Datum;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value, a value with its unit, or a reason why it is missing")
    }

    fn visit_str<E>(self, text: &str) -> Result<Datum, E> {
        Ok(Datum::value(text))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut pair: A) -> Result<Datum, A::Error> {
        use serde::de::Error;
        let text: Arc<str> =
            pair.next_element()?.ok_or_else(|| A::Error::missing_field("value"))?;
        let unit = pair.next_element()?.ok_or_else(|| A::Error::missing_field("unit"))?;
        Ok(Datum::Value { text, unit: Some(unit) })
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Datum, A::Error> {
        use serde::de::Error;
        let Some(("missing", code)) = map.next_entry::<&str, String>()? else {
            return Err(A::Error::missing_field("missing"));
        };
        MissingReason::parse(&code)
            .map(Datum::Missing)
            .ok_or_else(|| A::Error::custom(format!("'{code}' is not a reason for missing")))
    }
}

#[cfg(test)]
mod tests;
