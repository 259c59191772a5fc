//! Text: compared exactly, counted in characters, bounded.

use cel::{
    ExecutionError,
    common::{types::CelString, value::CowVal},
};

use super::{Answer, Args, Entry, Stop, absent, argument, boolean, int, text, truth, whole};
use crate::{syntax::MAX_TEXT, values::Pattern};

pub(super) const ENTRIES: &[Entry] = &[
    ("t==", 2, |a| Ok(truth(text(&a, 0)? == text(&a, 1)?))),
    ("t!=", 2, |a| Ok(truth(text(&a, 0)? != text(&a, 1)?))),
    ("b==", 2, |a| Ok(truth(boolean(&a, 0)? == boolean(&a, 1)?))),
    ("b!=", 2, |a| Ok(truth(boolean(&a, 0)? != boolean(&a, 1)?))),
    ("not", 1, |a| Ok(truth(!boolean(&a, 0)?))),
    ("t+", 3, |a| bounded(&a, format!("{}{}", text(&a, 0)?, text(&a, 1)?))),
    ("length", 1, |a| {
        let characters = text(&a, 0)?.chars().count();
        Ok(whole(i64::try_from(characters).unwrap_or(i64::MAX)))
    }),
    ("upper", 2, |a| bounded(&a, text(&a, 0)?.to_uppercase())),
    ("lower", 2, |a| bounded(&a, text(&a, 0)?.to_lowercase())),
    ("trim", 2, |a| bounded(&a, text(&a, 0)?.trim().to_owned())),
    ("starts", 2, |a| Ok(truth(text(&a, 0)?.starts_with(text(&a, 1)?)))),
    ("ends", 2, |a| Ok(truth(text(&a, 0)?.ends_with(text(&a, 1)?)))),
    ("contains", 2, |a| Ok(truth(text(&a, 0)?.contains(text(&a, 1)?)))),
    ("matches", 2, |a| {
        let pattern = argument(&a, 1)?.downcast_ref::<Pattern>().ok_or_else(absent)?;
        Ok(truth(pattern.0.is_match(text(&a, 0)?)))
    }),
    ("substring", 4, |a| substring(&a)),
    ("itext", 2, |a| bounded(&a, int(&a, 0)?.to_string())),
    ("dtext", 2, |a| bounded(&a, crate::run::decimal_text(super::dec(&a, 0)?))),
    ("btext", 2, |a| bounded(&a, boolean(&a, 0)?.to_string())),
    ("mtext", 2, |a| bounded(&a, super::moment(&a, 0)?.to_string())),
    ("inlist", 2, |a| {
        let list = argument(&a, 1)?.as_container().ok_or_else(absent)?;
        list.contains(argument(&a, 0)?).map(truth)
    }),
];

pub(super) fn bounded<'b, 'v>(
    args: Args<'_, 'b, 'v>,
    made: String,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    if made.len() > MAX_TEXT && made.chars().count() > MAX_TEXT {
        return Err(Stop::TextTooLong.in_call(args));
    }
    Ok(CowVal::owned(CelString::from(made)))
}

/// The characters from one position up to, not including, another; what lies outside the text is
/// left out.
fn substring<'b, 'v>(args: Args<'_, 'b, 'v>) -> Answer<'b, 'v> {
    let position = |index| Ok(usize::try_from(int(args, index)?.max(0)).unwrap_or(usize::MAX));
    let (from, to) = (position(1)?, position(2)?);
    let taken = to.saturating_sub(from);
    bounded(args, text(args, 0)?.chars().skip(from).take(taken).collect())
}
