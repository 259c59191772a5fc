//! `grpc-timeout`: at most eight digits and a unit (gRPC over HTTP/2, "Timeout").

use std::time::Duration;

const MOST_DIGITS: usize = 8;
/// The first number that has too many digits.
const TOO_LARGE: u128 = 100_000_000;

/// The time as the header writes it, rounded down, in the finest unit in which it fits.
pub(super) fn format(time: Duration) -> String {
    let units = [(time.as_micros(), 'u'), (time.as_millis(), 'm'), (time.as_secs().into(), 'S')];
    let fitting = units.into_iter().find(|(number, _)| *number < TOO_LARGE);
    let (number, unit) = fitting.unwrap_or((TOO_LARGE - 1, 'S'));
    format!("{number}{unit}")
}

/// The time that the header says; `None` when it is not written as gRPC writes it.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > MOST_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_is_never_more() {
        for us in [0, 1, 1500, 30_000_000, 99_999_999, 100_000_001, 7_200_000_000_999] {
            let time = Duration::from_micros(us);
            let read = parse(&format(time)).unwrap();
            assert!(read <= time && read + Duration::from_secs(1) > time, "{us}");
        }
        assert_eq!(format(Duration::from_millis(1500)), "1500000u");
        assert!(format(Duration::MAX).len() <= 9);
    }

    #[test]
    fn what_grpc_does_not_write_is_not_guessed() {
        for text in ["", "5", "S", "-5S", "+5S", "5 S", "123456789m", "5x", "5.0S", "五S"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
