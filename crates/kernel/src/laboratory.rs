//! Reference ranges of laboratories: which one fits a result, and what the result is beside it.
//!
//! A [`ReferenceRange`] holds for a test in a unit, at a laboratory or a site, for a sex and ages, from a
//! date to a date. A [`RangeTable`] holds those of a study and [finds](RangeTable::find) the one that fits,
//! or says why [none does](NoRange). No two ranges of a table fit the same result: [`clashes`] says which
//! would. The words are those of SDTM (LBORNRLO, LBORNRHI, LBSTNRC, LBNRIND, AGEU).

mod age;
mod indicator;
mod law;
mod range;
mod table;

pub use self::{
    age::{Age, AgeSpan, AgeUnit, MOST_YEARS},
    indicator::{Indicator, TEXTS_BETWEEN, indicator},
    law::{clashes, gaps},
    range::{RangeKey, ReferenceRange, Sex},
    table::{Asked, NoRange, RangeTable},
};

#[cfg(test)]
mod tests;
