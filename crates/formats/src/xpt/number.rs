//! Numbers as SAS transport files hold them: IBM System/360 hexadecimal floating point
//! (SAS TS-140), cut to 2 to 8 bytes.

/// A number, or the letter of its missing value (`.`, `_`, `A` to `Z`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Value(f64),
    Missing(char),
}

/// Reads the 1 to 8 bytes of a number; bytes that were cut off are zero.
pub(super) fn read(bytes: &[u8]) -> Number {
    let mut full = [0; 8];
    for (to, from) in full.iter_mut().zip(bytes) {
        *to = *from;
    }
    let first = full[0];
    let rest_is_zero = full[1..].iter().all(|byte| *byte == 0);
    if rest_is_zero && matches!(first, b'.' | b'_' | b'A'..=b'Z') {
        return Number::Missing(char::from(first));
    }
    let mantissa = u64::from_be_bytes(full) & 0x00FF_FFFF_FFFF_FFFF;
    if mantissa == 0 {
        return Number::Value(0.0);
    }
    let exponent = i32::from(first & 0x7F) - 64;
    let magnitude = scaled(mantissa, 4 * exponent - 56);
    Number::Value(if first & 0x80 == 0 { magnitude } else { -magnitude })
}

/// The eight bytes of a number; none for what lies outside the range of such numbers, is not finite,
/// or is too small to keep its digits. No bit is lost: 56 bits of mantissa hold the 53 of an `f64`.
pub(super) fn write(value: f64) -> Option<[u8; 8]> {
    if value == 0.0 {
        return Some([0; 8]);
    }
    if !value.is_normal() {
        return None;
    }
    let bits = value.to_bits();
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    let exponent = i32::try_from((bits >> 52) & 0x7FF).ok()? - 1023 - 52;
    // The value is mantissa * 2^exponent; of base 16 the exponent must be a multiple of four.
    let shift = (exponent + 56).rem_euclid(4);
    let hexadecimal = u8::try_from((exponent + 56 - shift) / 4 + 64).ok()?;
    if hexadecimal > 0x7F {
        return None;
    }
    let mut bytes = (mantissa << shift).to_be_bytes();
    bytes[0] = hexadecimal | if value < 0.0 { 0x80 } else { 0 };
    Some(bytes)
}

/// The eight bytes of a missing number, whose letter is `.`, `_` or `A` to `Z`.
pub(super) fn missing(letter: char) -> Option<[u8; 8]> {
    let byte = u8::try_from(letter).ok()?;
    matches!(byte, b'.' | b'_' | b'A'..=b'Z').then_some([byte, 0, 0, 0, 0, 0, 0, 0])
}

/// `mantissa` times two to the power of `exponent`, which for IBM numbers lies well inside the
/// range of `f64`, so that only the 56 bits of the mantissa may be rounded.
#[expect(clippy::cast_precision_loss, reason = "rounding 56 bits to the nearest 53 is meant")]
fn scaled(mantissa: u64, exponent: i32) -> f64 {
    mantissa as f64 * 2_f64.powi(exponent)
}

/// The shortest decimal text that agrees with the number to 15 significant digits. So many are exact
/// in SAS; behind them, writers that cut off a binary fraction leave 0.4 as 0.39999999999999997.
pub(crate) fn decimal(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let rounded = format!("{value:.14e}").parse::<f64>().unwrap_or(value);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The eight bytes of a number, computed by division and not by shifting bits.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "each digit lies between 0 and 255"
    )]
    fn written(value: f64) -> [u8; 8] {
        if value == 0.0 {
            return [0; 8];
        }
        let (mut fraction, mut exponent) = (value.abs(), 64_u8);
        while fraction >= 1.0 {
            fraction /= 16.0;
            exponent += 1;
        }
        while fraction < 1.0 / 16.0 {
            fraction *= 16.0;
            exponent -= 1;
        }
        let mut bytes = [0; 8];
        bytes[0] = exponent | if value < 0.0 { 0x80 } else { 0 };
        for byte in &mut bytes[1..] {
            fraction *= 256.0;
            *byte = fraction as u8;
            fraction -= fraction.trunc();
        }
        bytes
    }

    #[test]
    fn published_patterns_are_read() {
        assert_eq!(read(&[0x41, 0x10, 0, 0, 0, 0, 0, 0]), Number::Value(1.0));
        assert_eq!(read(&[0xC1, 0x10, 0, 0, 0, 0, 0, 0]), Number::Value(-1.0));
        assert_eq!(read(&[0x42, 0x3F]), Number::Value(63.0));
        assert_eq!(read(&[0xC2, 0x76, 0xA0, 0, 0, 0, 0, 0]), Number::Value(-118.625));
        assert_eq!(read(&[0; 8]), Number::Value(0.0));
    }

    #[test]
    fn each_missing_value_keeps_its_letter() {
        assert_eq!(read(b".\0\0\0\0\0\0\0"), Number::Missing('.'));
        assert_eq!(read(b"A\0\0"), Number::Missing('A'));
        assert_eq!(read(b"_\0\0\0\0\0\0\0"), Number::Missing('_'));
        assert_eq!(read(&[0x41, 0x20, 0, 0, 0, 0, 0, 0]), Number::Value(2.0));
    }

    #[test]
    fn what_such_a_number_cannot_be_is_not_written() {
        assert_eq!(write(-118.625), Some([0xC2, 0x76, 0xA0, 0, 0, 0, 0, 0]));
        assert_eq!(write(-0.0), Some([0; 8]));
        assert_eq!(write(f64::NAN), None);
        assert_eq!(write(f64::INFINITY), None);
        assert_eq!(write(1e76), None);
        assert_eq!(write(1e-80), None);
        assert_eq!(missing('C'), Some([b'C', 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(missing('c'), None);
        assert_eq!(missing('体'), None);
    }

    #[test]
    fn a_number_prints_as_the_decimal_that_was_meant() {
        assert_eq!(decimal(63.0), "63");
        assert_eq!(decimal(-0.0), "0");
        assert_eq!(decimal(0.1), "0.1");
        assert_eq!(decimal(0.399_999_999_999_999_97), "0.4");
        assert_eq!(decimal(-41.034_482_758_620_69), "-41.0344827586207");
        assert_eq!(decimal(1e21), "1000000000000000000000");
    }

    proptest! {
        #[test]
        fn every_decimal_of_a_laboratory_survives(digits in -999_999_999_i32..999_999_999, places in 0..7) {
            let value: f64 = format!("{digits}e-{places}").parse().unwrap();
            prop_assert_eq!(read(&written(value)), Number::Value(value));
            prop_assert_eq!(write(value), Some(written(value)), "by shifting as by dividing");
        }

        #[test]
        fn every_number_in_range_is_written_exactly(value in prop::num::f64::NORMAL) {
            match write(value) {
                Some(bytes) => prop_assert_eq!(read(&bytes), Number::Value(value)),
                None => prop_assert!(!(6e-79..7e75).contains(&value.abs()), "{value}"),
            }
        }
    }
}
