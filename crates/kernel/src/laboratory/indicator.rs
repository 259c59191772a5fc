//! What a result is beside its range (SDTM LBNRIND).

use std::cmp::Ordering;

use rust_decimal::Decimal;

/// Stands between the normal texts of a range where they are one text.
pub const TEXTS_BETWEEN: char = ';';

/// The codes of CDISC NRIND.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indicator {
    Low,
    Normal,
    High,
    /// A text that is none of the normal ones.
    Abnormal,
}

impl Indicator {
    pub fn code(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Normal => "NORMAL",
            Self::High => "HIGH",
            Self::Abnormal => "ABNORMAL",
        }
    }
}

/// What a result is: a number, or one with `<`, `<=`, `>`, `>=`, beside limits, which are normal
/// themselves; a text beside the normal texts, upper and lower case alike. `None` when that is not
/// certain, as for `<5` beside a range from 1, or when there is nothing to hold it against.
pub fn indicator(
    result: &str,
    low: Option<Decimal>,
    high: Option<Decimal>,
    texts: &[&str],
) -> Option<Indicator> {
    let result = result.trim();
    if result.is_empty() {
        return None;
    }
    let is_named = texts.iter().any(|text| text.trim().to_lowercase() == result.to_lowercase());
    if is_named {
        return Some(Indicator::Normal);
    }
    if low.is_none() && high.is_none() {
        return (!texts.is_empty()).then_some(Indicator::Abnormal);
    }
    match bounded(result) {
        Some((bound, value)) => beside_limits(bound, value, low, high),
        None if texts.is_empty() => None,
        None => Some(Indicator::Abnormal),
    }
}

/// How the true value stands to the number: less, equal, greater; and whether it can be it as well.
type Bound = (Ordering, bool);

fn bounded(result: &str) -> Option<(Bound, Decimal)> {
    const SIGNS: [(&str, Bound); 7] = [
        ("<=", (Ordering::Less, true)),
        (">=", (Ordering::Greater, true)),
        ("≤", (Ordering::Less, true)),
        ("≥", (Ordering::Greater, true)),
        ("<", (Ordering::Less, false)),
        (">", (Ordering::Greater, false)),
        ("", (Ordering::Equal, true)),
    ];
    let (bound, number) =
        SIGNS.iter().find_map(|(sign, bound)| Some((*bound, result.strip_prefix(sign)?)))?;
    Some((bound, number.trim().parse().ok()?))
}

fn beside_limits(
    (order, includes): Bound,
    value: Decimal,
    low: Option<Decimal>,
    high: Option<Decimal>,
) -> Option<Indicator> {
    let is_below = |limit: Decimal| value < limit || (!includes && value <= limit);
    let is_above = |limit: Decimal| value > limit || (!includes && value >= limit);
    let below_low = low.is_some_and(is_below) && order != Ordering::Greater;
    let above_high = high.is_some_and(is_above) && order != Ordering::Less;
    match order {
        _ if below_low => Some(Indicator::Low),
        _ if above_high => Some(Indicator::High),
        Ordering::Equal => Some(Indicator::Normal),
        Ordering::Less => {
            (low.is_none() && high.is_some_and(|high| value <= high)).then_some(Indicator::Normal)
        }
        Ordering::Greater => {
            (high.is_none() && low.is_some_and(|low| value >= low)).then_some(Indicator::Normal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(result: &str, low: &str, high: &str, texts: &[&str]) -> Option<&'static str> {
        let limit = |text: &str| text.parse().ok();
        indicator(result, limit(low), limit(high), texts).map(Indicator::code)
    }

    #[test]
    fn the_limits_themselves_are_normal() {
        for (result, is) in [
            ("3.8", "LOW"),
            ("3.90", "NORMAL"),
            ("5", "NORMAL"),
            ("6.1", "NORMAL"),
            ("6.11", "HIGH"),
        ] {
            assert_eq!(said(result, "3.9", "6.1", &[]), Some(is), "{result}");
        }
    }

    #[test]
    fn a_range_of_one_limit_has_one_other_side() {
        assert_eq!(said("0", "", "6.1", &[]), Some("NORMAL"));
        assert_eq!(said("7", "", "6.1", &[]), Some("HIGH"));
        assert_eq!(said("7", "3.9", "", &[]), Some("NORMAL"));
        assert_eq!(said("3", "3.9", "", &[]), Some("LOW"));
        assert_eq!(said("3", "", "", &[]), None);
    }

    #[test]
    fn a_result_below_the_limit_of_detection_is_what_is_certain() {
        assert_eq!(said("<3.9", "3.9", "6.1", &[]), Some("LOW"));
        assert_eq!(said("<=3.9", "3.9", "6.1", &[]), None);
        assert_eq!(said("< 5", "3.9", "6.1", &[]), None);
        assert_eq!(said("<0.2", "", "6.1", &[]), Some("NORMAL"));
        assert_eq!(said(">6.1", "3.9", "6.1", &[]), Some("HIGH"));
        assert_eq!(said("≥6.1", "3.9", "6.1", &[]), None);
        assert_eq!(said(">60", "60", "", &[]), Some("NORMAL"));
    }

    #[test]
    fn a_text_is_normal_or_abnormal() {
        assert_eq!(said("Negative", "", "", &["NEGATIVE", "TRACE"]), Some("NORMAL"));
        assert_eq!(said("2+", "", "", &["NEGATIVE", "TRACE"]), Some("ABNORMAL"));
        assert_eq!(said("haemolysed", "3.9", "6.1", &[]), None);
        assert_eq!(said(" ", "3.9", "6.1", &["NEGATIVE"]), None);
    }
}
