//! Whether a value fits the type of its column, without a digit being lost.

use kernel::{PartialDate, Precision};

use super::Storage;

/// So many digits of a decimal number survive a binary one of 64 bits.
const EXACT_DIGITS: usize = 15;

pub(super) fn fits(storage: Storage, text: &str) -> bool {
    match storage {
        Storage::Text => true,
        Storage::Integer => is_exact(text) && text.parse::<i64>().is_ok(),
        Storage::Real => is_exact(text) && text.parse::<f64>().is_ok_and(f64::is_finite),
        Storage::Date => {
            text.len() == 10
                && PartialDate::parse(text).is_some_and(|date| date.precision() == Precision::Day)
        }
        Storage::Boolean => matches!(text, "true" | "false"),
    }
}

/// A plain decimal with few enough significant digits.
fn is_exact(text: &str) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text);
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let digits = number.bytes().filter(u8::is_ascii_digit);
    let significant = digits.skip_while(|digit| *digit == b'0').count();
    is_plain && !number.is_empty() && significant <= EXACT_DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_more_digits_than_a_binary_one_holds_does_not_fit() {
        assert!(fits(Storage::Real, "-0.000123456789012345"));
        assert!(!fits(Storage::Real, "1234567890.123456"));
        assert!(fits(Storage::Integer, "-999999999999999"));
        assert!(!fits(Storage::Integer, "1234567890123456"));
    }

    #[test]
    fn what_is_not_of_the_type_does_not_fit() {
        assert!(!fits(Storage::Integer, "12.5"));
        assert!(!fits(Storage::Real, "inf"));
        assert!(!fits(Storage::Real, "1e5"));
        assert!(!fits(Storage::Real, ""));
        assert!(!fits(Storage::Date, "2014-01"));
        assert!(fits(Storage::Date, "2014-01-02"));
        assert!(!fits(Storage::Date, "2014-02-30"));
        assert!(!fits(Storage::Boolean, "yes"));
        assert!(fits(Storage::Text, "2014-UN-UN"));
    }
}
