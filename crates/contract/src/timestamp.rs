//! `google.protobuf.Timestamp`: an instant in UTC, written in JSON as RFC 3339.

use std::{fmt, str::FromStr};

use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// RFC 3339 in UTC, with as many digits of a second as it has.
const PRINTER: DateTimePrinter = DateTimePrinter::new();

/// An instant. Ours are cut to milliseconds where they are born.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Message)]
pub struct Timestamp {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds after `seconds`, 0 to 999,999,999.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// The numbers of a [`Timestamp`] name no instant between the years -9999 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the timestamp is out of range")]
pub struct OutOfRange;

impl Timestamp {
    /// The instant `ms` milliseconds after 1970-01-01T00:00:00Z.
    pub fn from_millisecond(ms: i64) -> Self {
        let nanos = i32::try_from(ms.rem_euclid(1000)).unwrap_or_default() * 1_000_000;
        Self { seconds: ms.div_euclid(1000), nanos }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z, finer parts cut off; bounded at the ends of `i64`.
    pub fn as_millisecond(&self) -> i64 {
        self.seconds.saturating_mul(1000).saturating_add(i64::from(self.nanos / 1_000_000))
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        // jiff gives both parts the same sign; protobuf wants nanos to count upwards.
        let (seconds, nanos) = (instant.as_second(), instant.subsec_nanosecond());
        if nanos < 0 {
            Self { seconds: seconds - 1, nanos: nanos + 1_000_000_000 }
        } else {
            Self { seconds, nanos }
        }
    }
}

impl TryFrom<Timestamp> for jiff::Timestamp {
    type Error = OutOfRange;

    fn try_from(value: Timestamp) -> Result<Self, OutOfRange> {
        if !(0..1_000_000_000).contains(&value.nanos) {
            return Err(OutOfRange);
        }
        Self::new(value.seconds, value.nanos).map_err(|_| OutOfRange)
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<jiff::Timestamp>().map(Self::from)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let instant = jiff::Timestamp::try_from(*self).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&PRINTER.timestamp_to_string(&instant))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an instant in RFC 3339, such as 2026-01-31T09:30:00Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
