//! One row of a table of ranges.

use jiff::civil::Date;
use kernel::{
    DataType, SiteOid, canonical,
    laboratory::{AgeSpan, AgeUnit, ReferenceRange, Sex, TEXTS_BETWEEN},
};
use rust_decimal::Decimal;

use super::Column;

/// The longest code, name or text of a cell, in characters.
const LONGEST: usize = 200;

type Tell<'t> = dyn FnMut(Option<Column>, String) + 't;

/// The range of a row; what is wrong with it is told.
pub(super) fn range(columns: &[Column], cells: &[String], tell: &mut Tell<'_>) -> ReferenceRange {
    let cell = |wanted: Column| {
        let at = columns.iter().position(|column| *column == wanted);
        at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim())
    };
    for column in columns.iter().filter(|column| cell(**column).chars().count() > LONGEST) {
        tell(Some(*column), format!("it has more than {LONGEST} characters"));
    }
    let test = cell(Column::Test);
    if test.is_empty() {
        tell(Some(Column::Test), "the test is missing".to_owned());
    }
    let site = cell(Column::Site);
    let texts = cell(Column::Texts).split(TEXTS_BETWEEN).map(str::trim);
    let range = ReferenceRange {
        laboratory: cell(Column::Laboratory).to_owned(),
        site: (!site.is_empty()).then(|| SiteOid::from(site)),
        test: test.to_owned(),
        unit: cell(Column::Unit).to_owned(),
        sex: sex(cell(Column::Sex), tell),
        age: age(&cell, tell),
        valid_from: date(Column::ValidFrom, &cell, tell),
        valid_to: date(Column::ValidTo, &cell, tell),
        low: limit(Column::Low, &cell, tell),
        high: limit(Column::High, &cell, tell),
        texts: texts.filter(|text| !text.is_empty()).map(ToOwned::to_owned).collect(),
    };
    if let Some((low, high)) = range.low.zip(range.high).filter(|(low, high)| low > high) {
        tell(Some(Column::High), format!("the lower limit {low} is above the upper limit {high}"));
    }
    if let Some((from, to)) = range.valid_from.zip(range.valid_to).filter(|(from, to)| from > to) {
        tell(Some(Column::ValidTo), format!("its last day {to} is before its first day {from}"));
    }
    let is_open =
        [Column::Low, Column::High, Column::Texts].iter().all(|one| cell(*one).is_empty());
    if is_open {
        tell(Some(Column::Low), "it has neither limit nor normal text".to_owned());
    }
    range
}

fn sex(code: &str, tell: &mut Tell<'_>) -> Option<Sex> {
    let sex = Sex::parse(code);
    if sex.is_none() && !code.is_empty() {
        tell(Some(Column::Sex), format!("'{code}' is neither F nor M, and not blank for both"));
    }
    sex
}

fn age<'c>(cell: &impl Fn(Column) -> &'c str, tell: &mut Tell<'_>) -> AgeSpan {
    let code = cell(Column::AgeUnit);
    let (from, to) = (cell(Column::AgeFrom), cell(Column::AgeTo));
    if from.is_empty() && to.is_empty() {
        return AgeSpan::default();
    }
    let unit = if code.is_empty() { Some(AgeUnit::Years) } else { AgeUnit::parse(code) };
    let Some(unit) = unit else {
        let known = AgeUnit::ALL.map(AgeUnit::code).join(", ");
        tell(Some(Column::AgeUnit), format!("'{code}' is none of {known}"));
        return AgeSpan::default();
    };
    let mut completed = |column, text: &str| {
        let age = text.parse().ok().filter(|age| *age <= unit.most());
        if age.is_none() && !text.is_empty() {
            let unit = unit.code();
            tell(
                Some(column),
                format!("'{text}' is no whole number of {unit} that somebody lives"),
            );
        }
        age
    };
    let span =
        AgeSpan { from: completed(Column::AgeFrom, from), to: completed(Column::AgeTo, to), unit };
    if let Some((from, to)) = span.from.zip(span.to).filter(|(from, to)| from > to) {
        tell(
            Some(Column::AgeTo),
            format!("the age {to} at its end is below {from} at its beginning"),
        );
    }
    span
}

fn date<'c>(
    column: Column,
    cell: &impl Fn(Column) -> &'c str,
    tell: &mut Tell<'_>,
) -> Option<Date> {
    let text = cell(column);
    let date: Option<Date> =
        canonical(DataType::Date, text).ok().and_then(|date| date.parse().ok());
    if date.is_none() && !text.is_empty() {
        tell(Some(column), format!("'{text}' is no date of the form YYYY-MM-DD"));
    }
    date
}

fn limit<'c>(
    column: Column,
    cell: &impl Fn(Column) -> &'c str,
    tell: &mut Tell<'_>,
) -> Option<Decimal> {
    let text = cell(column);
    let number = canonical(DataType::Decimal, text).ok().and_then(|text| text.parse().ok());
    if number.is_none() && !text.is_empty() {
        tell(Some(column), format!("'{text}' is no number; a limit that is not there stays blank"));
    }
    number
}
