//! What a table of reference ranges must be: no two fit the same result. Gaps are told.

use std::collections::BTreeMap;

use super::{ReferenceRange, Sex, age::ends_before};
use crate::Wording;

/// The pairs of ranges that fit the same result, by place in the slice, the first one first; at most
/// `most`.
pub fn clashes(ranges: &[ReferenceRange], most: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for places in by_unit(ranges).values() {
        for (nth, at) in places.iter().enumerate() {
            for earlier in &places[..nth] {
                if ranges[*earlier].clashes(&ranges[*at]) {
                    found.push((*earlier, *at));
                }
                if found.len() >= most {
                    return found;
                }
            }
        }
    }
    found.sort_unstable_by_key(|(earlier, later)| (*later, *earlier));
    found
}

/// What ranges leave open between them, each with the place of the range behind the gap: ages or days
/// between two of them, and the other sex.
pub fn gaps(ranges: &[ReferenceRange]) -> Vec<(usize, Wording)> {
    let mut found = Vec::new();
    for places in by_unit(ranges).values() {
        let sexes: Vec<Option<Sex>> = places.iter().map(|at| ranges[*at].sex).collect();
        for (sex, other) in [(Sex::F, "M"), (Sex::M, "F")] {
            if let Some(at) = places.first().filter(|_| sexes.iter().all(|one| *one == Some(sex))) {
                let test = &ranges[*at].test;
                let sex = sex.code();
                let said = Wording::new(
                    format!("{test} has ranges for {sex} and none for {other}"),
                    format!("{test} 有性别 {sex} 的参考范围，而没有 {other} 的"),
                );
                found.push((*at, said));
            }
        }
        for at in places {
            let others = places.iter().filter(|other| *other != at).map(|other| &ranges[*other]);
            found.extend(gap_before(&ranges[*at], others).map(|gap| (*at, gap)));
        }
    }
    found.sort();
    found
}

/// The ranges of one laboratory, site, test and unit.
fn by_unit(ranges: &[ReferenceRange]) -> BTreeMap<(super::RangeKey, &str, &str), Vec<usize>> {
    let mut all: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, range) in ranges.iter().enumerate() {
        all.entry((range.key(), &*range.test, &*range.unit)).or_default().push(at);
    }
    all
}

/// The gap between a range and what comes before it for the same people, or on the days before.
fn gap_before<'a>(
    range: &ReferenceRange,
    others: impl Iterator<Item = &'a ReferenceRange> + Clone,
) -> Option<Wording> {
    let test = &range.test;
    let same_days = |other: &&ReferenceRange| {
        (other.sex, other.valid_from, other.valid_to)
            == (range.sex, range.valid_from, range.valid_to)
    };
    let younger = others.clone().filter(same_days);
    let younger = younger.filter(|other| ends_before(other.age.upper(), range.age.lower()));
    let latest = younger.filter(|other| other.age.unit == range.age.unit).max_by_key(|o| o.age.to);
    if let Some((to, from)) = latest.and_then(|other| other.age.to.zip(range.age.from))
        && to + 1 < from
    {
        let (unit, zh) = (range.age.unit.code(), range.age.unit.zh());
        return Some(Wording::new(
            format!("{test}: nothing for ages after {to} and before {from} {unit}"),
            format!("{test}：没有年龄大于 {to} {zh}且小于 {from} {zh}的参考范围"),
        ));
    }
    let same_people = |other: &&ReferenceRange| (other.sex, other.age) == (range.sex, range.age);
    let ended = others.filter(same_people).filter_map(|other| other.valid_to);
    let from = range.valid_from?;
    let to = ended.filter(|to| *to < from).max()?;
    let follows = to.tomorrow().is_ok_and(|day| day == from);
    (!follows).then(|| {
        Wording::new(
            format!("{test}: nothing after {to} and before {from}"),
            format!("{test}：{to} 之后、{from} 之前没有参考范围"),
        )
    })
}
