//! The reference ranges of a study, and the search for the one that fits.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::{Age, ReferenceRange, Sex};
use crate::{PartialDate, SiteOid, Wording};

/// The ranges of a study by laboratory and test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeTable {
    by_test: BTreeMap<(String, String), Vec<Arc<ReferenceRange>>>,
}

/// What is known of a result whose range is sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Empty when the study does not tell laboratories apart.
    pub laboratory: &'a str,
    pub test: &'a str,
    /// Empty when the result has none.
    pub unit: &'a str,
    pub sex: Option<&'a str>,
    pub age: Age,
    /// When the specimen was collected.
    pub on: Option<PartialDate>,
}

/// Why no range fits. Nothing is guessed: what is not known leaves the range blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRange {
    /// The result does not say of which test it is.
    TestMissing,
    /// There is no range of the test.
    Test(String),
    /// There are ranges of the test in these units only.
    Unit { test: String, unit: String, known: Vec<String> },
    /// There are ranges of the test and unit, and none on that day.
    Date(PartialDate),
    /// None for that sex.
    Sex,
    /// None for that age.
    Age,
    /// It depends on the day of collection, which is missing or known in part.
    DateUnknown,
    /// It depends on the sex, which is missing or neither M nor F.
    SexUnknown,
    /// It depends on the age, for which the birth date or the day of collection is missing or known in
    /// part.
    AgeUnknown,
}

impl RangeTable {
    pub fn new(ranges: impl IntoIterator<Item = ReferenceRange>) -> Self {
        let mut table = Self::default();
        for range in ranges {
            let key = (range.laboratory.clone(), range.test.clone());
            table.by_test.entry(key).or_default().push(Arc::new(range));
        }
        table
    }

    pub fn is_empty(&self) -> bool {
        self.by_test.is_empty()
    }

    /// All ranges, by laboratory and test, then in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<ReferenceRange>> {
        self.by_test.values().flatten()
    }

    /// The range that fits a result of a site. Where the site has ranges of its own for the test, only
    /// those count; else those for all sites do.
    pub fn find(&self, site: &SiteOid, asked: &Asked<'_>) -> Result<Arc<ReferenceRange>, NoRange> {
        if asked.test.is_empty() {
            return Err(NoRange::TestMissing);
        }
        let key = (asked.laboratory.to_owned(), asked.test.to_owned());
        let of_test = self.by_test.get(&key).map_or(&[][..], Vec::as_slice);
        let own = |range: &&Arc<ReferenceRange>| range.site.as_ref() == Some(site);
        let has_own = of_test.iter().any(|range| own(&range));
        let here =
            of_test.iter().filter(|range| if has_own { own(range) } else { range.site.is_none() });
        let here: Vec<&Arc<ReferenceRange>> = here.collect();
        if here.is_empty() {
            return Err(NoRange::Test(asked.test.to_owned()));
        }
        let in_unit: Vec<_> =
            here.iter().copied().filter(|range| range.unit == asked.unit).collect();
        if in_unit.is_empty() {
            let mut known: Vec<String> = here.iter().map(|range| range.unit.clone()).collect();
            known.sort();
            known.dedup();
            let (test, unit) = (asked.test.to_owned(), asked.unit.to_owned());
            return Err(NoRange::Unit { test, unit, known });
        }
        fitting(&in_unit, asked)
    }
}

/// What is known of day, sex and age for one range.
struct Fit<'a> {
    range: &'a Arc<ReferenceRange>,
    day: Option<bool>,
    sex: Option<bool>,
    age: Option<bool>,
}

fn fitting(
    ranges: &[&Arc<ReferenceRange>],
    asked: &Asked<'_>,
) -> Result<Arc<ReferenceRange>, NoRange> {
    let sex = asked.sex.and_then(Sex::parse);
    let fits = ranges.iter().map(|range| Fit {
        range,
        day: range.holds_on(asked.on),
        sex: range.holds_for(sex),
        age: range.age.holds(&asked.age),
    });
    let mut left: Vec<Fit<'_>> = fits.collect();
    left.retain(|fit| fit.day != Some(false));
    if left.is_empty() {
        return Err(asked.on.map_or(NoRange::DateUnknown, NoRange::Date));
    }
    left.retain(|fit| fit.sex != Some(false));
    if left.is_empty() {
        return Err(NoRange::Sex);
    }
    left.retain(|fit| fit.age != Some(false));
    if left.is_empty() {
        return Err(NoRange::Age);
    }
    let is_certain = |fit: &&Fit<'_>| [fit.day, fit.sex, fit.age] == [Some(true); 3];
    if let Some(fit) = left.iter().find(is_certain) {
        return Ok(Arc::clone(fit.range));
    }
    if left.iter().any(|fit| fit.day.is_none()) {
        return Err(NoRange::DateUnknown);
    }
    let by_sex = left.iter().any(|fit| fit.sex.is_none());
    Err(if by_sex { NoRange::SexUnknown } else { NoRange::AgeUnknown })
}

impl NoRange {
    /// The same in words.
    pub fn wording(&self) -> Wording {
        match self {
            Self::TestMissing => Wording::new("the test is not named", "没有写明检验项目"),
            Self::Test(test) => Wording::new(
                format!("there is none for {test} here"),
                format!("此处没有 {test} 的参考范围"),
            ),
            Self::Unit { test, unit, known } => {
                let in_units = |none: &str| {
                    let named =
                        |one: &String| if one.is_empty() { none.to_owned() } else { one.clone() };
                    known.iter().map(named).collect::<Vec<_>>().join(", ")
                };
                let (en, zh) = match unit.as_str() {
                    "" => ("without a unit".to_owned(), "没有单位".to_owned()),
                    unit => (unit.to_owned(), format!("的单位是 {unit}")),
                };
                Wording::new(
                    format!("{test} is {en}, the ranges are in {}", in_units("no unit")),
                    format!("{test} {zh}，而参考范围的单位是 {}", in_units("无单位")),
                )
            }
            Self::Date(on) => {
                Wording::new(format!("none holds on {on}"), format!("没有在 {on} 有效的参考范围"))
            }
            Self::Sex => Wording::new("there is none for this sex", "没有此性别的参考范围"),
            Self::Age => Wording::new("there is none for this age", "没有此年龄的参考范围"),
            Self::DateUnknown => Wording::new(
                "the day of collection is not known, or in part only",
                "采集日期未知或不完整",
            ),
            Self::SexUnknown => Wording::new(
                "it depends on the sex, which is not known as M or F",
                "参考范围取决于性别，而性别不是 M 或 F",
            ),
            Self::AgeUnknown => Wording::new(
                "it depends on the age, which the dates of birth and collection leave open",
                "参考范围取决于年龄，而出生日期与采集日期不足以确定年龄",
            ),
        }
    }
}

impl fmt::Display for NoRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wording().fmt(f)
    }
}
