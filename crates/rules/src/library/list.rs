//! Lists: only lists that are written in the rule.

use std::cmp::Ordering;

use cel::{
    ExecutionError,
    common::{
        types::{CelBool, CelInt, CelList, CelNull, CelString},
        value::{CowVal, Val},
    },
};
use rust_decimal::Decimal;

use super::{
    Answer, Args, Entry, Stop, absent, argument, dec_of, decimal, int_of, text::bounded, truth,
    whole,
};
use crate::values::{Dec, Moment};

pub(super) const ENTRIES: &[Entry] = &[
    ("given", 1, given),
    ("in", 3, |a| is_in(&a)),
    ("size", 1, |a| Ok(whole(i64::try_from(elements(&a, 0)?.len()).unwrap_or(i64::MAX)))),
    ("declist", 1, |a| {
        let decimals = ints(&a)?
            .into_iter()
            .map(|value| -> Box<dyn Val> { Box::new(Dec(Decimal::from(value))) });
        Ok(CowVal::owned(CelList::from(decimals.collect::<Vec<_>>())))
    }),
    ("isum", 2, |a| {
        let sum = elements(&a, 0)?.iter().try_fold(0_i64, |sum, element| {
            sum.checked_add(int_of(element.as_ref())?).ok_or_else(|| Stop::Overflow.in_call(&a))
        });
        sum.map(whole)
    }),
    ("join", 2, |a| {
        let mut joined = String::new();
        for element in elements(&a, 0)? {
            joined.push_str(element.downcast_ref().map(CelString::inner).ok_or_else(absent)?);
        }
        bounded(&a, joined)
    }),
    ("dsum", 2, |a| dec_sum(&a).map(decimal)),
    ("imin", 2, |a| ints(&a)?.into_iter().min().map(whole).ok_or_else(|| none(&a))),
    ("imax", 2, |a| ints(&a)?.into_iter().max().map(whole).ok_or_else(|| none(&a))),
    ("dmin", 2, |a| decs(&a)?.into_iter().min().map(decimal).ok_or_else(|| none(&a))),
    ("dmax", 2, |a| decs(&a)?.into_iter().max().map(decimal).ok_or_else(|| none(&a))),
    ("dmean", 2, |a| {
        let count = Decimal::from(elements(&a, 0)?.len());
        if count.is_zero() {
            return Err(none(&a));
        }
        let mean = dec_sum(&a)?.checked_div(count).map(|mean| decimal(mean.normalize()));
        mean.ok_or_else(|| Stop::Overflow.in_call(&a))
    }),
];

/// Its argument, unless that is missing or is a list of which an element is missing.
fn given<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let value = args.pop().ok_or_else(absent)?;
    let list = value.downcast_ref::<CelList>();
    let gaps = list.is_some_and(|list| list.inner().iter().any(|e| is_null(e.as_ref())));
    if gaps || is_null(value.as_ref()) { Err(absent()) } else { Ok(value) }
}

fn is_null(value: &dyn Val) -> bool {
    value.downcast_ref::<CelNull>().is_some()
}

/// The mean or the extremes of nothing.
fn none(args: Args) -> ExecutionError {
    Stop::DivisionByZero.in_call(args)
}

fn elements<'a, 'v>(
    args: Args<'a, '_, 'v>,
    index: usize,
) -> Result<&'a [Box<dyn Val + 'v>], ExecutionError> {
    argument(args, index)?.downcast_ref::<CelList>().map(CelList::inner).ok_or_else(absent)
}

fn ints(args: Args) -> Result<Vec<i64>, ExecutionError> {
    elements(args, 0)?.iter().map(|element| int_of(element.as_ref())).collect()
}

fn decs(args: Args) -> Result<Vec<Decimal>, ExecutionError> {
    elements(args, 0)?.iter().map(|element| dec_of(element.as_ref())).collect()
}

fn dec_sum(args: Args) -> Result<Decimal, ExecutionError> {
    decs(args)?.into_iter().try_fold(Decimal::ZERO, |sum, value| {
        sum.checked_add(value).ok_or_else(|| Stop::Overflow.in_call(args))
    })
}

/// True when one element is equal for certain, else open when one may be.
fn is_in<'b, 'v>(args: Args<'_, 'b, 'v>) -> Answer<'b, 'v> {
    let wanted = argument(args, 0)?;
    if is_null(wanted) {
        return Err(absent());
    }
    let mut open = false;
    for element in elements(args, 1)? {
        match same(wanted, element.as_ref())? {
            Some(true) => return Ok(truth(true)),
            Some(false) => {}
            None => open = true,
        }
    }
    if open { Err(Stop::Open.in_call(args)) } else { Ok(truth(false)) }
}

fn same(a: &dyn Val, b: &dyn Val) -> Result<Option<bool>, ExecutionError> {
    if let Some(a) = a.downcast_ref::<CelString>() {
        let b = b.downcast_ref::<CelString>().ok_or_else(absent)?;
        return Ok(Some(a.inner() == b.inner()));
    }
    if let Some(a) = a.downcast_ref::<CelInt>() {
        return Ok(Some(*a.inner() == int_of(b)?));
    }
    if let Some(a) = a.downcast_ref::<Dec>() {
        return Ok(Some(a.0 == dec_of(b)?));
    }
    if let Some(a) = a.downcast_ref::<CelBool>() {
        let b = b.downcast_ref::<CelBool>().ok_or_else(absent)?;
        return Ok(Some(a.inner() == b.inner()));
    }
    let a = a.downcast_ref::<Moment>().ok_or_else(absent)?;
    let b = b.downcast_ref::<Moment>().ok_or_else(absent)?;
    Ok(a.order(b).is(Ordering::is_eq))
}
