//! When an answer must be there. It travels as `grpc-timeout`, the time that is left, and shrinks
//! with every hop by a margin, so that who waits learns from who works, and not from his own clock.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::{Duration, Instant};

pub static HEADER: HeaderName = HeaderName::from_static("grpc-timeout");
/// What a hop keeps for the way back: a tenth of what is left, but no more than this.
const MAX_MARGIN: Duration = Duration::from_millis(20);
const MARGIN_DIVISOR: u32 = 10;
/// With less than this left a call is not begun.
const MIN_LEFT: Duration = Duration::from_millis(1);
/// The header has room for so many digits.
const MAX_DIGITS: u32 = 8;

/// The moment at which nobody waits any more, on this process's clock.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Deadline(Instant);

/// Nothing is left of the time for this call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no time is left for this call")]
pub struct Expired;

/// The header does not say a time as gRPC writes it: at most eight digits and a unit.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a timeout is not a number of at most eight digits and one of H, M, S, m, u, n")]
pub struct Malformed;

impl Deadline {
    pub fn at(moment: Instant) -> Self {
        Self(moment)
    }

    /// So much after a moment. A time beyond what the clock can say is none.
    pub fn after(now: Instant, timeout: Duration) -> Option<Self> {
        now.checked_add(timeout).map(Self)
    }

    /// What a header of a call that arrived at a moment says; none if it is not there.
    pub fn read(
        headers: &HeaderMap,
        name: &HeaderName,
        arrived: Instant,
    ) -> Result<Option<Self>, Malformed> {
        let Some(value) = headers.get(name) else { return Ok(None) };
        let timeout = value.to_str().ok().and_then(parse).ok_or(Malformed)?;
        Ok(Self::after(arrived, timeout))
    }

    pub fn moment(self) -> Instant {
        self.0
    }

    pub fn left(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }

    /// What the next service is given: what is left, less the margin for the way back.
    pub fn next_hop(self, now: Instant) -> Result<Duration, Expired> {
        let left = self.left(now);
        let given = left.saturating_sub((left / MARGIN_DIVISOR).min(MAX_MARGIN));
        if given < MIN_LEFT { Err(Expired) } else { Ok(given) }
    }

    /// Writes the time of the next hop into a call's header, or refuses the call.
    pub fn write(
        self,
        headers: &mut HeaderMap,
        name: &HeaderName,
        now: Instant,
    ) -> Result<(), Expired> {
        headers.insert(name, format(self.next_hop(now)?));
        Ok(())
    }
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > MAX_DIGITS as usize || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
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

/// The finest unit for which the digits suffice, rounded down.
fn format(timeout: Duration) -> HeaderValue {
    let most = 10_u128.pow(MAX_DIGITS);
    let units = [
        (timeout.as_micros(), "u"),
        (timeout.as_millis(), "m"),
        (u128::from(timeout.as_secs()), "S"),
    ];
    let fits = units.into_iter().find(|(number, _)| *number < most);
    let (number, unit) = fits.unwrap_or((most - 1, "S"));
    HeaderValue::try_from(format!("{number}{unit}")).unwrap_or(HeaderValue::from_static("0n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(HEADER.clone(), HeaderValue::from_static(value))])
    }

    #[test]
    fn all_units_of_grpc_are_read() {
        let now = Instant::now();
        for (text, ms) in
            [("2H", 7_200_000), ("3M", 180_000), ("4S", 4000), ("5m", 5), ("6000u", 6)]
        {
            let read = Deadline::read(&headers(text), &HEADER, now).unwrap().unwrap();
            assert_eq!(read.left(now), Duration::from_millis(ms), "{text}");
        }
        assert_eq!(Deadline::read(&HeaderMap::new(), &HEADER, now), Ok(None));
    }

    #[test]
    fn what_grpc_does_not_write_is_refused() {
        for text in ["", "5", "m", "-5m", "+5m", "5 m", "123456789m", "5x", "5.0S"] {
            assert_eq!(
                Deadline::read(&headers(text), &HEADER, Instant::now()),
                Err(Malformed),
                "{text:?}"
            );
        }
    }

    #[test]
    fn each_hop_keeps_a_margin() {
        let now = Instant::now();
        let ms = Duration::from_millis;
        let hop = |left| Deadline::at(now + left).next_hop(now);
        assert_eq!(hop(ms(2000)), Ok(ms(1980)));
        assert_eq!(hop(ms(100)), Ok(ms(90)));
        assert_eq!(hop(ms(1)), Err(Expired));
        assert_eq!(hop(ms(0)), Err(Expired));
        assert_eq!(Deadline::at(now).next_hop(now + ms(5)), Err(Expired));
    }

    #[test]
    fn no_chain_of_hops_goes_on_for_ever() {
        let now = Instant::now();
        let mut left = Duration::from_secs(2);
        let mut hops = 0;
        while let Ok(next) = Deadline::at(now + left).next_hop(now) {
            assert!(next < left);
            (left, hops) = (next, hops + 1);
        }
        assert!(hops < 200, "{hops}");
    }

    proptest! {
        /// What is written is read again, never more than was given and nearly as much.
        #[test]
        fn the_header_never_gives_more_than_is_left(us in 2_000..10_000_000_000_000_u64) {
            let now = Instant::now();
            let given = Duration::from_micros(us);
            let mut headers = HeaderMap::new();
            Deadline::at(now + given).write(&mut headers, &HEADER, now).unwrap();
            let read = Deadline::read(&headers, &HEADER, now).unwrap().unwrap().left(now);
            prop_assert!(read < given);
            prop_assert!(read.as_secs_f64() >= 0.89 * given.as_secs_f64());
        }
    }
}
