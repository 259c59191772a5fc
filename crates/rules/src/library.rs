//! The functions that a checked rule calls, over cel values of the right types.
//!
//! What can fail takes the place of its call (a byte offset) as its last argument, so that a
//! failure can say where. An argument that is null (a missing item) or not of its type ends the
//! evaluation; `run` knows which items were missing.

mod date;
mod list;
mod number;
mod range;
mod text;

use std::{fmt::Display, sync::LazyLock};

use cel::{
    Context, Env, ExecutionError,
    common::{
        functions::Function,
        types::{CelBool, CelInt, CelString, DYN_TYPE},
        value::{CowVal, Val},
    },
};
use rust_decimal::Decimal;

use crate::values::{Dec, Moment};

/// The context that holds the functions; made once, shared by all rules.
pub(crate) static ROOT: LazyLock<Context<'static, 'static>> = LazyLock::new(|| {
    let mut env = Env::default().with_optional_support(false);
    let entries = number::ENTRIES.iter().chain(date::ENTRIES).chain(text::ENTRIES);
    for (name, arity, function) in entries.chain(list::ENTRIES).chain(range::ENTRIES) {
        let types = (0..*arity).map(|_| DYN_TYPE).collect();
        env.add_overload(name, name, types, *function)
            .expect("every function of the library has its own name");
    }
    Context::with_env(env.into())
});

/// Name, number of arguments with the place, function.
type Entry = (&'static str, usize, Function);
type Args<'a, 'b, 'v> = &'a [CowVal<'b, 'v>];
type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// Why a function has no result. Travels as the name of a cel function error; the place is its
/// message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// What is known of the dates does not decide.
    Open,
    DivisionByZero,
    Overflow,
    TextTooLong,
    NotANumber,
    NegativeRoot,
}

impl Stop {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Open, "open"),
        (Self::DivisionByZero, "division by zero"),
        (Self::Overflow, "overflow"),
        (Self::TextTooLong, "text too long"),
        (Self::NotANumber, "not a number"),
        (Self::NegativeRoot, "negative root"),
    ];

    /// The reason and the place in an error of a function of the library.
    pub(crate) fn of(error: &ExecutionError) -> Option<(Self, usize)> {
        let ExecutionError::FunctionError { function, message } = error else { return None };
        let (stop, _) = Self::ALL.iter().find(|(_, name)| name == function)?;
        Some((*stop, message.parse().unwrap_or(0)))
    }

    fn error(self, at: impl Display) -> ExecutionError {
        let name = Self::ALL.iter().find(|(stop, _)| *stop == self).map_or("", |(_, name)| name);
        ExecutionError::function_error(name, at)
    }

    /// The error with the place that is the last argument.
    fn in_call(self, args: Args) -> ExecutionError {
        match args.last().and_then(|last| last.downcast_ref::<CelInt>()) {
            Some(at) => self.error(at.inner()),
            None => self.error(0),
        }
    }
}

/// An argument is missing or not of its type.
fn absent() -> ExecutionError {
    ExecutionError::missing_argument_or_target()
}

fn argument<'a, 'b, 'v>(
    args: Args<'a, 'b, 'v>,
    index: usize,
) -> Result<&'a (dyn Val + 'v), ExecutionError> {
    args.get(index).map(AsRef::as_ref).ok_or_else(absent)
}

fn int_of(value: &dyn Val) -> Result<i64, ExecutionError> {
    value.downcast_ref::<CelInt>().map(|int| *int.inner()).ok_or_else(absent)
}

fn int(args: Args, index: usize) -> Result<i64, ExecutionError> {
    int_of(argument(args, index)?)
}

fn dec_of(value: &dyn Val) -> Result<Decimal, ExecutionError> {
    value.downcast_ref::<Dec>().map(|dec| dec.0).ok_or_else(absent)
}

fn dec(args: Args, index: usize) -> Result<Decimal, ExecutionError> {
    dec_of(argument(args, index)?)
}

fn boolean(args: Args, index: usize) -> Result<bool, ExecutionError> {
    let value = argument(args, index)?;
    value.downcast_ref::<CelBool>().map(|value| *value.inner()).ok_or_else(absent)
}

fn text<'a>(args: Args<'a, '_, '_>, index: usize) -> Result<&'a str, ExecutionError> {
    let value = argument(args, index)?;
    value.downcast_ref::<CelString>().map(CelString::inner).ok_or_else(absent)
}

fn moment<'a>(args: Args<'a, '_, '_>, index: usize) -> Result<&'a Moment, ExecutionError> {
    argument(args, index)?.downcast_ref::<Moment>().ok_or_else(absent)
}

static TRUE: LazyLock<CelBool> = LazyLock::new(|| CelBool::from(true));
static FALSE: LazyLock<CelBool> = LazyLock::new(|| CelBool::from(false));

/// A truth value, borrowed: it allocates nothing.
pub(crate) fn truth<'b, 'v>(value: bool) -> CowVal<'b, 'v> {
    CowVal::Borrowed(if value { &*TRUE } else { &*FALSE })
}

fn whole<'b, 'v>(value: i64) -> CowVal<'b, 'v> {
    CowVal::owned(CelInt::from(value))
}

fn decimal<'b, 'v>(value: Decimal) -> CowVal<'b, 'v> {
    CowVal::owned(Dec(value))
}
