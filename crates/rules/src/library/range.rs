//! What a result is beside its reference range.

use cel::{
    ExecutionError,
    common::{
        types::{CelInt, CelNull, CelString},
        value::{CowVal, Val},
    },
};
use kernel::laboratory::{TEXTS_BETWEEN, indicator};
use rust_decimal::Decimal;

use super::{Answer, Args, Entry, Stop, absent, argument};
use crate::{run::decimal_text, values::Dec};

pub(super) const ENTRIES: &[Entry] = &[("indicator", 5, |a| beside(&a))];

/// Limits and texts that are missing are none; without the result there is no answer, and none where they
/// leave it open.
fn beside<'b, 'v>(args: Args<'_, 'b, 'v>) -> Answer<'b, 'v> {
    let result = argument(args, 0)?;
    let result = match result.downcast_ref::<CelString>() {
        Some(text) => text.inner().to_owned(),
        None => decimal_text(number(result)?.ok_or_else(absent)?),
    };
    let (low, high) = (number(argument(args, 1)?)?, number(argument(args, 2)?)?);
    let texts = argument(args, 3)?.downcast_ref::<CelString>().map_or("", CelString::inner);
    let texts: Vec<&str> =
        texts.split(TEXTS_BETWEEN).map(str::trim).filter(|text| !text.is_empty()).collect();
    let found = indicator(&result, low, high, &texts);
    let found = found.ok_or_else(|| Stop::Open.in_call(args))?;
    Ok(CowVal::owned(CelString::from(found.code())))
}

fn number(value: &dyn Val) -> Result<Option<Decimal>, ExecutionError> {
    if value.downcast_ref::<CelNull>().is_some() {
        return Ok(None);
    }
    if let Some(whole) = value.downcast_ref::<CelInt>() {
        return Ok(Some(Decimal::from(*whole.inner())));
    }
    value.downcast_ref::<Dec>().map(|dec| Some(dec.0)).ok_or_else(absent)
}
