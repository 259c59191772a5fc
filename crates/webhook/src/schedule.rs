//! When a failed delivery is tried again, and when no longer.

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// How long to wait after the first failure, the second, … in milliseconds; then always the last
/// (Standard Webhooks, "Deliverability and reliability").
const DELAYS_MS: [i64; 9] = [
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];
/// A delivery that has failed for so long disables its endpoint.
pub(crate) const FAILS_FOR_MS: i64 = 5 * 24 * HOUR;
/// A receiver may ask to wait longer than the table says, but not longer than this.
const LONGEST_WISH_MS: i64 = 24 * HOUR;
/// The wait is lengthened by up to a tenth, so that not all come back at once.
const JITTER: i64 = 10;

/// How long to wait after the `failures`-th failure in a row: what the table says, or what the
/// receiver asked for when that is longer. `random` is any number.
pub(crate) fn delay_ms(failures: u32, wish_ms: Option<i64>, random: u64) -> i64 {
    let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let delay_ms = DELAYS_MS[index.min(DELAYS_MS.len() - 1)];
    let delay_ms = delay_ms.max(wish_ms.unwrap_or_default().clamp(0, LONGEST_WISH_MS));
    let most = u64::try_from(delay_ms / JITTER).unwrap_or_default();
    delay_ms + i64::try_from(random % (most + 1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_from_five_seconds_to_a_day() {
        let waits: Vec<i64> = (1..=11).map(|failures| delay_ms(failures, None, 0)).collect();
        let minutes = [5, 30, 120, 300, 600, 840, 1_200, 1_440, 1_440, 1_440];
        assert_eq!(waits[0], 5_000);
        assert_eq!(waits[1..], minutes.map(|minutes| minutes * MINUTE));
    }

    #[test]
    fn the_wait_is_lengthened_by_at_most_a_tenth() {
        for random in [0, 1, 499, 500, 501, u64::MAX] {
            assert!((5_000..=5_500).contains(&delay_ms(1, None, random)), "{random}");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_but_not_for_more_than_a_day() {
        assert_eq!(delay_ms(1, Some(90_000), 0), 90_000);
        assert_eq!(delay_ms(2, Some(90_000), 0), 5 * MINUTE);
        assert_eq!(delay_ms(1, Some(i64::MAX), 0), 24 * HOUR);
        assert_eq!(delay_ms(1, Some(-5), 0), 5_000);
    }
}
