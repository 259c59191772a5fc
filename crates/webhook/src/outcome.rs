//! What came of an attempt.

use serde::{Deserialize, Serialize};

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    NameUnknown,
    AddressRefused,
    NotConnected,
    TlsFailed,
    TimedOut,
    AnswerUnreadable,
    AnswerRefused,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered {
        status: u16,
    },
    Failed {
        failure: Failure,
        status: Option<u16>,
        /// How long the receiver asks to wait, in milliseconds.
        wish_ms: Option<i64>,
    },
    /// The receiver wants nothing any more.
    Gone,
}

impl Outcome {
    pub(crate) fn failed(failure: Failure) -> Self {
        Self::Failed { failure, status: None, wish_ms: None }
    }

    /// Reads the answer of a receiver. `Retry-After` counts with 429 and 503 (RFC 9110 §10.2.3).
    pub(crate) fn of_answer(status: u16, retry_after: Option<&str>, now_ms: i64) -> Self {
        match status {
            200..=299 => Self::Delivered { status },
            410 => Self::Gone,
            _ => {
                let wish = retry_after.filter(|_| matches!(status, 429 | 503));
                let wish_ms = wish.and_then(|wish| read_wish(wish, now_ms));
                Self::Failed { failure: Failure::AnswerRefused, status: Some(status), wish_ms }
            }
        }
    }

    /// The name in metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Delivered { .. } => "delivered",
            Self::Failed { .. } => "failed",
            Self::Gone => "gone",
        }
    }
}

/// Seconds, or a date.
fn read_wish(text: &str, now_ms: i64) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(i64::from(seconds) * 1_000);
    }
    let instant = httpdate::parse_http_date(text).ok()?;
    let since = instant.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(i64::try_from(since.as_millis()).ok()?.saturating_sub(now_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(status: u16, text: &str) -> Option<i64> {
        match Outcome::of_answer(status, Some(text), 1_000_000_000_000) {
            Outcome::Failed { wish_ms, .. } => wish_ms,
            _ => None,
        }
    }

    #[test]
    fn only_two_hundreds_are_delivered() {
        assert_eq!(Outcome::of_answer(204, None, 0), Outcome::Delivered { status: 204 });
        assert_eq!(Outcome::of_answer(410, None, 0), Outcome::Gone);
        for status in [199, 300, 301, 302, 307, 308, 400, 404, 500, 599] {
            assert_eq!(Outcome::of_answer(status, None, 0).name(), "failed", "{status}");
        }
    }

    #[test]
    fn a_receiver_says_how_long_to_wait_in_seconds_or_as_a_date() {
        assert_eq!(wish(429, "120"), Some(120_000));
        assert_eq!(wish(503, "Sun, 09 Sep 2001 01:47:40 GMT"), Some(60_000));
        assert_eq!(wish(500, "120"), None);
        assert_eq!(wish(503, "soon"), None);
        assert_eq!(wish(503, "-1"), None);
    }
}
