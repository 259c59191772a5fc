//! One number of all rows of a repeating group. Rows without a value do not count.

use cel::common::{types::CelInt, value::CowVal};
use kernel::Datum;
use rust_decimal::Decimal;

use crate::{RuleProblem, Type, check::Aggregate, values::Dec};

/// `None` when no row has a value; `n` of no rows is 0.
pub(super) fn aggregate(
    aggregate: Aggregate,
    of: Type,
    rows: &[Datum],
) -> Result<Option<CowVal<'static, 'static>>, RuleProblem> {
    let texts: Vec<&str> = rows.iter().filter_map(Datum::text).collect();
    let whole = |value: i64| Some(CowVal::owned(CelInt::from(value)));
    if aggregate == Aggregate::Count {
        return Ok(whole(i64::try_from(texts.len()).unwrap_or(i64::MAX)));
    }
    if of == Type::Int && aggregate != Aggregate::Mean {
        let values = parsed::<i64>(&texts)?;
        return Ok(match aggregate {
            Aggregate::Min => values.into_iter().min().and_then(whole),
            Aggregate::Max => values.into_iter().max().and_then(whole),
            _ if values.is_empty() => None,
            _ => {
                let sum = values.into_iter().try_fold(0_i64, i64::checked_add);
                whole(sum.ok_or(RuleProblem::Overflow)?)
            }
        });
    }
    let values = parsed::<Decimal>(&texts)?;
    let count = Decimal::from(values.len());
    let result = match aggregate {
        Aggregate::Min => values.into_iter().min(),
        Aggregate::Max => values.into_iter().max(),
        _ if values.is_empty() => None,
        _ => {
            let sum = values.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add);
            let sum = sum.ok_or(RuleProblem::Overflow)?;
            Some(if aggregate == Aggregate::Mean { (sum / count).normalize() } else { sum })
        }
    };
    Ok(result.map(|value| CowVal::owned(Dec(value))))
}

/// Whether no row has a value.
pub(super) fn is_missing(aggregate: Aggregate, rows: &[Datum]) -> bool {
    aggregate != Aggregate::Count && rows.iter().all(|row| row.text().is_none())
}

fn parsed<T: std::str::FromStr>(texts: &[&str]) -> Result<Vec<T>, RuleProblem> {
    let parse = |text: &&str| text.parse().map_err(|_| RuleProblem::BadValue((*text).to_owned()));
    texts.iter().map(parse).collect()
}
