//! Whole numbers and exact decimals. `i…` is over whole numbers, `d…` over decimals.

use std::cmp::Ordering;

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Answer, Args, Entry, Stop, dec, decimal, int, text, truth, whole};

pub(super) const ENTRIES: &[Entry] = &[
    ("i<", 2, |a| compare_ints(&a, Ordering::is_lt)),
    ("i<=", 2, |a| compare_ints(&a, Ordering::is_le)),
    ("i>", 2, |a| compare_ints(&a, Ordering::is_gt)),
    ("i>=", 2, |a| compare_ints(&a, Ordering::is_ge)),
    ("i==", 2, |a| compare_ints(&a, Ordering::is_eq)),
    ("i!=", 2, |a| compare_ints(&a, Ordering::is_ne)),
    ("i+", 3, |a| int_math(&a, i64::checked_add)),
    ("i-", 3, |a| int_math(&a, i64::checked_sub)),
    ("i*", 3, |a| int_math(&a, i64::checked_mul)),
    ("i%", 3, |a| match int(&a, 1)? {
        0 => Err(Stop::DivisionByZero.in_call(&a)),
        _ => int_math(&a, i64::checked_rem),
    }),
    ("ineg", 2, |a| int(&a, 0)?.checked_neg().map(whole).ok_or_else(|| Stop::Overflow.in_call(&a))),
    ("iabs", 2, |a| int(&a, 0)?.checked_abs().map(whole).ok_or_else(|| Stop::Overflow.in_call(&a))),
    ("dec", 1, |a| Ok(decimal(Decimal::from(int(&a, 0)?)))),
    ("d<", 2, |a| compare_decs(&a, Ordering::is_lt)),
    ("d<=", 2, |a| compare_decs(&a, Ordering::is_le)),
    ("d>", 2, |a| compare_decs(&a, Ordering::is_gt)),
    ("d>=", 2, |a| compare_decs(&a, Ordering::is_ge)),
    ("d==", 2, |a| compare_decs(&a, Ordering::is_eq)),
    ("d!=", 2, |a| compare_decs(&a, Ordering::is_ne)),
    ("d+", 3, |a| dec_math(&a, Decimal::checked_add)),
    ("d-", 3, |a| dec_math(&a, Decimal::checked_sub)),
    ("d*", 3, |a| dec_math(&a, Decimal::checked_mul)),
    ("d/", 3, |a| {
        if dec(&a, 1)?.is_zero() {
            return Err(Stop::DivisionByZero.in_call(&a));
        }
        dec_math(&a, |dividend, divisor| {
            // A quotient has no decimals of its own.
            dividend.checked_div(divisor).map(|quotient| quotient.normalize())
        })
    }),
    ("dneg", 1, |a| Ok(decimal(-dec(&a, 0)?))),
    ("dabs", 1, |a| Ok(decimal(dec(&a, 0)?.abs()))),
    ("floor", 1, |a| Ok(decimal(dec(&a, 0)?.floor()))),
    ("ceiling", 1, |a| Ok(decimal(dec(&a, 0)?.ceil()))),
    ("halfup", 3, |a| round(&a, RoundingStrategy::MidpointAwayFromZero)),
    ("halfeven", 3, |a| round(&a, RoundingStrategy::MidpointNearestEven)),
    ("sqrt", 2, |a| square_root(&a)),
    ("number", 2, |a| {
        let number = text(&a, 0)?.trim().parse::<Decimal>();
        number.map(decimal).map_err(|_| Stop::NotANumber.in_call(&a))
    }),
];

fn compare_ints<'b, 'v>(args: Args<'_, 'b, 'v>, wanted: fn(Ordering) -> bool) -> Answer<'b, 'v> {
    Ok(truth(wanted(int(args, 0)?.cmp(&int(args, 1)?))))
}

fn compare_decs<'b, 'v>(args: Args<'_, 'b, 'v>, wanted: fn(Ordering) -> bool) -> Answer<'b, 'v> {
    Ok(truth(wanted(dec(args, 0)?.cmp(&dec(args, 1)?))))
}

fn int_math<'b, 'v>(
    args: Args<'_, 'b, 'v>,
    operation: fn(i64, i64) -> Option<i64>,
) -> Answer<'b, 'v> {
    let result = operation(int(args, 0)?, int(args, 1)?);
    result.map(whole).ok_or_else(|| Stop::Overflow.in_call(args))
}

fn dec_math<'b, 'v>(
    args: Args<'_, 'b, 'v>,
    operation: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Answer<'b, 'v> {
    let result = operation(dec(args, 0)?, dec(args, 1)?);
    result.map(decimal).ok_or_else(|| Stop::Overflow.in_call(args))
}

/// To a fixed number of decimals, zeros kept: 2.96 to one decimal is 3.0.
fn round<'b, 'v>(args: Args<'_, 'b, 'v>, strategy: RoundingStrategy) -> Answer<'b, 'v> {
    let decimals = u32::try_from(int(args, 1)?).unwrap_or(0);
    let mut rounded = dec(args, 0)?.round_dp_with_strategy(decimals, strategy);
    rounded.rescale(decimals);
    Ok(decimal(rounded))
}

/// By Newton's method, to 28 digits or until it no longer changes.
fn square_root<'b, 'v>(args: Args<'_, 'b, 'v>) -> Answer<'b, 'v> {
    const MAX_STEPS: usize = 200;
    let square = dec(args, 0)?;
    if square.is_sign_negative() && !square.is_zero() {
        return Err(Stop::NegativeRoot.in_call(args));
    }
    if square.is_zero() {
        return Ok(decimal(Decimal::ZERO));
    }
    let overflow = || Stop::Overflow.in_call(args);
    let mut root = square.max(Decimal::ONE);
    for _ in 0..MAX_STEPS {
        let quotient = square.checked_div(root).ok_or_else(overflow)?;
        let half_difference = quotient.checked_sub(root).and_then(|d| d.checked_div(Decimal::TWO));
        let better = half_difference.and_then(|d| root.checked_add(d)).ok_or_else(overflow)?;
        if better >= root {
            break;
        }
        root = better;
    }
    Ok(decimal(root.normalize()))
}
