//! Dates and times as Excel keeps them: days since an epoch, the time of day as a fraction.
//!
//! The 1900 system counts a 29 February 1900 that never was (ECMA-376 part 1 §18.17.4.1); the 1904
//! system begins with 1904-01-01 as day 0.

use std::fmt::Write as _;

use jiff::{ToSpan as _, civil::Date};

const DAY_MS: i64 = 86_400_000;
/// 9999-12-31 in the 1900 system.
const LAST_DAY: f64 = 2_958_465.0;
/// The day that never was.
const LEAP_DAY_1900: i64 = 60;

/// What the number format of a cell shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub year: bool,
    pub day: bool,
    pub time: bool,
}

impl Shown {
    /// Reads a format code such as `yyyy\-mm\-dd h:mm`. Texts in quotes and brackets show no part.
    pub fn of(code: &str) -> Self {
        let mut shown = Self::default();
        let mut chars = code.chars();
        while let Some(char) = chars.next() {
            match char.to_ascii_lowercase() {
                '"' => {
                    chars.by_ref().find(|c| *c == '"');
                }
                '[' => {
                    chars.by_ref().find(|c| *c == ']');
                }
                '\\' | '_' | '*' => {
                    chars.next();
                }
                ';' => break,
                'y' => shown.year = true,
                'd' => shown.day = true,
                'h' | 's' => shown.time = true,
                _ => {}
            }
        }
        shown
    }
}

/// A serial number as ISO 8601: a date, a time of day, or both, as the format shows it; a date whose
/// format shows no day (`mmm-yy`) is a partial date. What the format hides is not dropped. Says why when
/// there is no such date.
pub(super) fn date(value: f64, is_1904: bool, shown: Shown) -> Result<String, String> {
    if !(0.0..=LAST_DAY).contains(&value.floor()) {
        return Err(format!("{value} is no date"));
    }
    let (days, ms) = split(value);
    let is_date = shown.year || shown.day;
    if days == 0 && !is_date && (shown.time || ms > 0) {
        return Ok(time(ms));
    }
    let date = day(days, is_1904)?;
    if ms == 0 && !shown.time {
        let is_month = shown.year && !shown.day && date.day() == 1;
        return Ok(if is_month { date.strftime("%Y-%m").to_string() } else { date.to_string() });
    }
    Ok(format!("{date}T{}", time(ms)))
}

/// A number of days as an ISO 8601 duration: 1.5 is `PT36H`.
pub(super) fn duration(value: f64) -> Result<String, String> {
    if !(0.0..=LAST_DAY).contains(&value) {
        return Err(format!("{value} is no duration"));
    }
    let (days, ms) = split(value);
    let ms = days * DAY_MS + ms;
    let (hours, minutes, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms % 60_000);
    let mut text = String::from("PT");
    if hours > 0 {
        let _ = write!(text, "{hours}H");
    }
    if minutes > 0 {
        let _ = write!(text, "{minutes}M");
    }
    if rest > 0 || text.len() == 2 {
        let _ = write!(text, "{}{}S", rest / 1000, fraction(rest % 1000));
    }
    Ok(text)
}

/// Whole days, and milliseconds of the day: Excel keeps no finer time.
#[expect(clippy::cast_possible_truncation, reason = "both are in range, which was checked")]
fn split(value: f64) -> (i64, i64) {
    let (days, ms) = (value.floor(), ((value - value.floor()) * 86_400_000.0).round());
    let (days, ms) = (days as i64, ms as i64);
    if ms == DAY_MS { (days + 1, 0) } else { (days, ms) }
}

fn day(days: i64, is_1904: bool) -> Result<Date, String> {
    let from = if is_1904 {
        Date::constant(1904, 1, 1)
    } else if days < LEAP_DAY_1900 {
        Date::constant(1899, 12, 31)
    } else {
        Date::constant(1899, 12, 30)
    };
    if !is_1904 && (days == 0 || days == LEAP_DAY_1900) {
        let called = if days == 0 { "1900-01-00" } else { "1900-02-29" };
        return Err(format!("{called} is no date"));
    }
    from.checked_add(days.days()).map_err(|_| format!("day {days} is no date"))
}

fn time(ms: i64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{}", fraction(ms % 1000))
}

fn fraction(ms: i64) -> String {
    if ms == 0 {
        return String::new();
    }
    format!(".{ms:03}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Shown = Shown { year: false, day: false, time: false };

    #[test]
    fn both_systems_count_as_excel_does() {
        for (serial, is_1904, expected) in [
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (61.0, false, "1900-03-01"),
            (45_943.0, false, "2025-10-13"),
            (2_958_465.0, false, "9999-12-31"),
            (44_481.0, true, "2025-10-13"),
        ] {
            let shown = Shown::of("yyyy-mm-dd");
            assert_eq!(date(serial, is_1904, shown).as_deref(), Ok(expected), "{serial}");
        }
        assert!(date(60.0, false, NOTHING).unwrap_err().contains("1900-02-29"));
        assert!(date(-1.0, false, NOTHING).is_err());
        assert!(date(0.0, false, Shown::of("dd/mm/yyyy")).is_err());
        assert_eq!(date(0.0, true, Shown::of("dd/mm/yyyy")).as_deref(), Ok("1904-01-01"));
    }

    #[test]
    fn the_format_tells_dates_months_and_times_apart() {
        for (serial, code, expected) in [
            (45_943.541, "m/d/yy h:mm", "2025-10-13T12:59:02.4"),
            (45_943.0, "m/d/yy h:mm", "2025-10-13T00:00:00"),
            (45_943.5, "yyyy\\-mm\\-dd", "2025-10-13T12:00:00"),
            (45_931.0, "mmm\\-yy", "2025-10"),
            (45_943.0, "mmm\\-yy", "2025-10-13"),
            (0.5625, "[$-409]h:mm\\ AM/PM;@", "13:30:00"),
            (0.0, "h:mm", "00:00:00"),
            (0.999_999_999_9, "h:mm", "1900-01-01T00:00:00"),
        ] {
            let shown = date(serial, false, Shown::of(code));
            assert_eq!(shown.as_deref(), Ok(expected), "{serial} {code}");
        }
    }

    #[test]
    fn hours_beyond_a_day_are_a_duration() {
        assert_eq!(duration(1.5).as_deref(), Ok("PT36H"));
        assert_eq!(duration(0.0).as_deref(), Ok("PT0S"));
        assert_eq!(duration(1.0 / 24.0 + 90.5 / 86_400.0).as_deref(), Ok("PT1H1M30.5S"));
    }
}
