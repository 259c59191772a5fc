//! Dates and times. What a partial date leaves open is not decided.

use std::cmp::Ordering;

use cel::{ExecutionError, common::value::CowVal};
use jiff::civil::Date;
use kernel::{PartialDate, Precision};

use super::{Answer, Args, Entry, Stop, absent, int, moment, truth, whole};
use crate::values::Moment;

pub(super) const ENTRIES: &[Entry] = &[
    ("m<", 3, |a| compare(&a, Ordering::is_lt)),
    ("m<=", 3, |a| compare(&a, Ordering::is_le)),
    ("m>", 3, |a| compare(&a, Ordering::is_gt)),
    ("m>=", 3, |a| compare(&a, Ordering::is_ge)),
    ("m==", 3, |a| compare(&a, Ordering::is_eq)),
    ("m!=", 3, |a| compare(&a, Ordering::is_ne)),
    ("age", 3, |a| age(&a)),
    ("days", 3, |a| {
        let (from, to) = (complete(&a, 0)?, complete(&a, 1)?);
        Ok(whole(days(from, to)))
    }),
    ("studyday", 3, |a| {
        let (day, reference) = (complete(&a, 0)?, complete(&a, 1)?);
        let distance = days(reference, day);
        Ok(whole(if distance >= 0 { distance + 1 } else { distance }))
    }),
    ("adddays", 3, |a| {
        let date = complete(&a, 0)?;
        let overflow = || Stop::Overflow.in_call(&a);
        let span = jiff::Span::new().try_days(int(&a, 1)?).map_err(|_| overflow())?;
        let later = date.checked_add(span).map_err(|_| overflow())?;
        // Four digits of the year, as collected dates have.
        let text = later.to_string();
        PartialDate::parse(&text).map(date_value).ok_or_else(overflow)
    }),
    ("date", 1, |a| moment(&a, 0)?.date().map(date_value).ok_or_else(absent)),
    ("year", 2, |a| part(&a, Precision::Year, |date| date.year().into())),
    ("month", 2, |a| part(&a, Precision::Month, |date| date.month().into())),
    ("day", 2, |a| part(&a, Precision::Day, |date| date.day().into())),
    ("minutes", 3, |a| minutes(&a)),
];

fn compare<'b, 'v>(args: Args<'_, 'b, 'v>, wanted: fn(Ordering) -> bool) -> Answer<'b, 'v> {
    let order = moment(args, 0)?.order(moment(args, 1)?);
    order.is(wanted).map(truth).ok_or_else(|| Stop::Open.in_call(args))
}

fn date_value<'b, 'v>(date: PartialDate) -> CowVal<'b, 'v> {
    CowVal::owned(Moment::Date(date))
}

fn date(args: Args, index: usize) -> Result<PartialDate, ExecutionError> {
    moment(args, index)?.date().ok_or_else(absent)
}

/// The date if all of it is known; else the question is open.
fn complete(args: Args, index: usize) -> Result<Date, ExecutionError> {
    date(args, index)?.complete().ok_or_else(|| Stop::Open.in_call(args))
}

fn days(from: Date, to: Date) -> i64 {
    (to - from).get_days().into()
}

/// Whole years, if every day that the dates can be gives the same.
fn age<'b, 'v>(args: Args<'_, 'b, 'v>) -> Answer<'b, 'v> {
    let (birth, on) = (date(args, 0)?, date(args, 1)?);
    let least = years(birth.latest(), on.earliest());
    let most = years(birth.earliest(), on.latest());
    if least == most { Ok(whole(least)) } else { Err(Stop::Open.in_call(args)) }
}

/// Birthdays passed; who is born on 29 February turns a year older on 1 March of other years.
fn years(birth: Date, on: Date) -> i64 {
    let before_birthday = (on.month(), on.day()) < (birth.month(), birth.day());
    i64::from(on.year()) - i64::from(birth.year()) - i64::from(before_birthday)
}

fn part<'b, 'v>(args: Args<'_, 'b, 'v>, needed: Precision, of: fn(Date) -> i64) -> Answer<'b, 'v> {
    let date = date(args, 0)?;
    if date.precision() < needed {
        return Err(Stop::Open.in_call(args));
    }
    Ok(whole(of(date.earliest())))
}

/// Whole minutes, the rest cut off.
fn minutes<'b, 'v>(args: Args<'_, 'b, 'v>) -> Answer<'b, 'v> {
    let open = || Stop::Open.in_call(args);
    let (from, from_zoned) = moment(args, 0)?.instant().ok_or_else(open)?;
    let (to, to_zoned) = moment(args, 1)?.instant().ok_or_else(open)?;
    if from_zoned != to_zoned {
        return Err(open());
    }
    Ok(whole(from.duration_until(to).as_mins()))
}
