//! A table of ranges as a whole: what fits, what does not, and that nothing fits twice.

use jiff::{Unit, civil::Date};
use proptest::prelude::*;

use super::*;
use crate::PartialDate;

fn range(unit: &str, sex: Option<Sex>, ages: (Option<u32>, Option<u32>)) -> ReferenceRange {
    ReferenceRange {
        test: "CREAT".into(),
        unit: unit.into(),
        sex,
        age: AgeSpan { from: ages.0, to: ages.1, unit: AgeUnit::Years },
        low: Some(rust_decimal::Decimal::ONE),
        ..ReferenceRange::default()
    }
}

fn asked(birth: &str, on: &str, sex: Option<&'static str>) -> Asked<'static> {
    let (birth, on) = (PartialDate::parse(birth), PartialDate::parse(on));
    let age = birth.zip(on).map_or(Age::Unknown, |(birth, on)| Age::Of { birth, on });
    Asked { laboratory: "", test: "CREAT", unit: "umol/L", sex, age, on }
}

#[test]
fn the_range_of_sex_and_age_is_found() {
    let adult = (Some(18), None);
    let table = RangeTable::new([
        range("umol/L", None, (None, Some(17))),
        range("umol/L", Some(Sex::F), adult),
        range("umol/L", Some(Sex::M), adult),
    ]);
    let find = |asked: Asked<'_>| table.find(&"101".into(), &asked);
    let sex_of = |asked| find(asked).unwrap().sex;
    assert_eq!(sex_of(asked("2008-03-02", "2026-03-02", Some("F"))), Some(Sex::F));
    assert_eq!(sex_of(asked("2008-03-03", "2026-03-02", Some("F"))), None);
    assert_eq!(sex_of(asked("2008-03-03", "2026-03-02", None)), None, "the sex does not matter");
    assert_eq!(find(asked("1980", "2026-03-02", None)), Err(NoRange::SexUnknown));
    assert_eq!(find(asked("1980", "2026-03-02", Some("U"))), Err(NoRange::SexUnknown));
    assert_eq!(find(asked("2008", "2026-03-02", Some("M"))), Err(NoRange::AgeUnknown));
    assert_eq!(find(asked("", "2026-03-02", Some("M"))), Err(NoRange::AgeUnknown));
}

#[test]
fn a_site_with_ranges_of_its_own_for_a_test_uses_no_others() {
    let own = ReferenceRange { site: Some("101".into()), ..range("mg/dL", None, (None, None)) };
    let table = RangeTable::new([range("umol/L", None, (None, None)), own]);
    let asked = asked("1980", "2026-03-02", None);
    assert!(table.find(&"202".into(), &asked).is_ok());
    let known = vec!["mg/dL".to_owned()];
    let other = NoRange::Unit { test: "CREAT".into(), unit: "umol/L".into(), known };
    assert_eq!(table.find(&"101".into(), &asked), Err(other));
    let mg = Asked { unit: "mg/dL", ..asked };
    assert!(table.find(&"101".into(), &mg).is_ok());
    let elsewhere = Asked { laboratory: "CENTRAL", ..asked };
    assert_eq!(table.find(&"101".into(), &elsewhere), Err(NoRange::Test("CREAT".into())));
}

#[test]
fn a_range_holds_from_its_first_day_to_its_last() {
    let day = |text: &str| Some(text.parse::<Date>().unwrap());
    let (old, new) = (range("umol/L", None, (None, None)), range("umol/L", None, (None, None)));
    let table = RangeTable::new([
        ReferenceRange { valid_to: day("2025-12-31"), ..old },
        ReferenceRange { valid_from: day("2026-01-01"), valid_to: day("2026-06-30"), ..new },
    ]);
    let from_of =
        |on| table.find(&"101".into(), &asked("1980", on, None)).map(|one| one.valid_from);
    assert_eq!(from_of("2025-12-31"), Ok(None));
    assert_eq!(from_of("2026-01-01"), Ok(day("2026-01-01")));
    assert_eq!(from_of("2026-06"), Ok(day("2026-01-01")));
    assert_eq!(from_of("2026"), Err(NoRange::DateUnknown));
    assert_eq!(from_of(""), Err(NoRange::DateUnknown));
    assert_eq!(
        from_of("2026-07-01"),
        Err(NoRange::Date(PartialDate::parse("2026-07-01").unwrap()))
    );
}

#[test]
fn ranges_that_fit_the_same_result_clash() {
    let all = [
        range("umol/L", Some(Sex::F), (Some(18), Some(64))),
        range("umol/L", Some(Sex::M), (Some(18), Some(64))),
        range("umol/L", None, (Some(64), None)),
        range("mg/dL", None, (None, None)),
    ];
    assert_eq!(clashes(&all, 10), [(0, 2), (1, 2)]);
    assert_eq!(clashes(&all, 1).len(), 1);
}

#[test]
fn gaps_in_age_and_days_and_a_sex_left_out_are_told() {
    let day = |text: &str| Some(text.parse::<Date>().unwrap());
    let all = [
        range("umol/L", Some(Sex::F), (Some(0), Some(17))),
        range("umol/L", Some(Sex::F), (Some(19), None)),
        ReferenceRange { valid_to: day("2025-12-31"), ..range("mg/dL", None, (None, None)) },
        ReferenceRange {
            valid_from: day("2026-01-01"),
            valid_to: day("2026-01-31"),
            ..range("mg/dL", None, (None, None))
        },
        ReferenceRange { valid_from: day("2026-02-02"), ..range("mg/dL", None, (None, None)) },
    ];
    let gaps = gaps(&all);
    let told: Vec<String> = gaps.iter().map(|(at, gap)| format!("{at} {gap}")).collect();
    assert_eq!(
        told,
        [
            "0 CREAT has ranges for F and none for M",
            "1 CREAT: nothing for ages after 17 and before 19 YEARS",
            "4 CREAT: nothing after 2026-01-31 and before 2026-02-02",
        ]
    );
    let told: Vec<&str> = gaps.iter().map(|(_, gap)| &*gap.zh).collect();
    assert_eq!(
        told,
        [
            "CREAT 有性别 F 的参考范围，而没有 M 的",
            "CREAT：没有年龄大于 17 岁且小于 19 岁的参考范围",
            "CREAT：2026-01-31 之后、2026-02-02 之前没有参考范围",
        ]
    );
}

/// Whether a span of ages holds somebody, counted by jiff and not by the code under test. Nobody here is
/// born after the 28th, where they count differently.
fn holds(span: &AgeSpan, birth: Date, on: Date) -> bool {
    let whole = |unit| birth.until((unit, on)).unwrap();
    let age = match span.unit {
        AgeUnit::Days => whole(Unit::Day).get_days(),
        AgeUnit::Weeks => whole(Unit::Week).get_weeks(),
        AgeUnit::Months => whole(Unit::Month).get_months(),
        AgeUnit::Years => i32::from(whole(Unit::Year).get_years()),
    };
    let at = |limit: u32| i32::try_from(limit).unwrap();
    span.from.is_none_or(|from| at(from) <= age) && span.to.is_none_or(|to| age <= at(to))
}

prop_compose! {
    fn any_day(years: std::ops::Range<i16>)(year in years, month in 1..=12_i8, day in 1..=28_i8) -> Date {
        Date::constant(year, month, day)
    }
}

prop_compose! {
    fn any_range()(
        sex in prop::option::of(prop::sample::select(vec![Sex::F, Sex::M])),
        unit in prop::sample::select(AgeUnit::ALL.to_vec()),
        from in prop::option::of(0..40_u32),
        length in prop::option::of(0..30_u32),
        valid_from in prop::option::of(any_day(2020..2024)),
        valid_to in prop::option::of(any_day(2024..2027)),
    ) -> ReferenceRange {
        let to = length.map(|length| from.unwrap_or(0) + length);
        ReferenceRange {
            age: AgeSpan { from, to, unit },
            valid_from,
            valid_to,
            ..range("umol/L", sex, (None, None))
        }
    }
}

proptest! {
    #[test]
    fn at_most_one_range_fits_and_it_contains_the_result(
        ranges in prop::collection::vec(any_range(), 1..8),
        birth in any_day(1980..2021),
        on in any_day(2021..2028),
        sex in prop::option::of(prop::sample::select(vec!["F", "M"])),
    ) {
        // What remains of a file whose clashing rows were taken out.
        let mut kept: Vec<ReferenceRange> = Vec::new();
        for range in ranges {
            kept.push(range);
            if !clashes(&kept, 1).is_empty() {
                kept.pop();
            }
        }
        let contains = |range: &ReferenceRange| {
            range.sex.is_none_or(|wanted| Some(wanted.code()) == sex)
                && holds(&range.age, birth, on)
                && range.valid_from.is_none_or(|from| from <= on)
                && range.valid_to.is_none_or(|to| on <= to)
        };
        let fit: Vec<&ReferenceRange> = kept.iter().filter(|range| contains(range)).collect();
        prop_assert!(fit.len() <= 1, "{fit:?}");
        let partial = |day: Date| PartialDate::parse(&day.to_string()).unwrap();
        let age = Age::Of { birth: partial(birth), on: partial(on) };
        let asked = Asked { laboratory: "", test: "CREAT", unit: "umol/L", sex, age, on: Some(partial(on)) };
        let found = RangeTable::new(kept.clone()).find(&"101".into(), &asked);
        prop_assert_eq!(found.as_deref().ok(), fit.first().copied());
    }

    #[test]
    fn what_is_known_in_part_finds_only_what_each_of_its_days_would(
        ranges in prop::collection::vec(any_range(), 1..6),
        birth in any_day(1980..2021),
        on in any_day(2021..2028),
        cut in 0..3_usize,
    ) {
        let mut kept: Vec<ReferenceRange> = Vec::new();
        for range in ranges {
            kept.push(range);
            if !clashes(&kept, 1).is_empty() {
                kept.pop();
            }
        }
        let table = RangeTable::new(kept);
        let find = |birth: &str, on: &str| {
            let (birth, on) = (PartialDate::parse(birth).unwrap(), PartialDate::parse(on).unwrap());
            let age = Age::Of { birth, on };
            let asked = Asked { laboratory: "", test: "CREAT", unit: "umol/L", sex: Some("F"), age, on: Some(on) };
            table.find(&"101".into(), &asked).ok()
        };
        let (birth, on) = (birth.to_string(), on.to_string());
        let (birth_part, on_part) = [(4, 10), (7, 7), (10, 4)][cut];
        if let Some(certain) = find(&birth[..birth_part], &on[..on_part]) {
            prop_assert_eq!(find(&birth, &on), Some(certain));
        }
    }
}

#[test]
fn a_range_keeps_its_digits_in_the_journal() {
    let range = ReferenceRange {
        low: "3.90".parse().ok(),
        high: None,
        texts: vec!["NEGATIVE".into()],
        ..range("umol/L", Some(Sex::F), (Some(18), None))
    };
    let bytes = minicbor_serde::to_vec(&range).unwrap();
    let read: ReferenceRange = minicbor_serde::from_slice(&bytes).unwrap();
    assert_eq!(read, range);
    assert_eq!(read.low.unwrap().to_string(), "3.90");
}
