//! REDCap logic (branching logic, calculations, `@CALCTEXT`) in the language of Casebook.
//!
//! The two differ where nothing was entered. In REDCap a blank is the empty text: `[x] = ''` is
//! true, `[x] <> '1'` is true, `[x] > 1` is false. In Casebook what a blank could change is not
//! evaluated. A translation therefore asks for blanks where the source does not, so that it comes
//! to the same for every value. What has no counterpart is refused with its place and reason, and
//! never guessed.

mod compare;
mod dates;
mod emit;
mod functions;
mod parse;
mod reference;
mod texts;
mod token;

use std::collections::BTreeMap;

pub(crate) use self::emit::quoted;
use self::{emit::Emitter, parse::parse};

/// What a field holds, for expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    Number,
    Text,
    /// A choice of a checkbox field.
    Truth,
    Date,
    DateTime,
    Time,
}

/// A field to which logic can refer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownField {
    pub form: String,
    pub of: FieldType,
    /// The codes of a checkbox field, each with the name of its item.
    pub choices: BTreeMap<String, String>,
}

/// What logic on one form can refer to.
#[derive(Clone, Copy, Debug)]
pub struct LogicScope<'a> {
    /// The form on which the expression runs.
    pub form: &'a str,
    pub fields: &'a BTreeMap<String, KnownField>,
    /// Unique event names in the order of the schedule, each with its forms.
    pub events: &'a [(String, Vec<String>)],
    /// Forms and events that repeat: what is read of them from elsewhere is not one value.
    pub repeating: &'a [String],
    /// The field that names the record.
    pub record_id: &'a str,
}

/// Logic that has no counterpart: where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {why}")]
pub struct Untranslated {
    /// In characters of the source, from 1.
    pub at: usize,
    pub why: String,
}

impl Untranslated {
    fn new(at: usize, why: impl Into<String>) -> Self {
        Self { at: at + 1, why: why.into() }
    }
}

/// Logic that is true or false, such as branching logic.
pub fn translate_condition(text: &str, scope: &LogicScope<'_>) -> Result<String, Untranslated> {
    let node = parse(text)?;
    Emitter { scope }.truth(&node)
}

/// Logic that gives a value of this type, such as a calculation.
pub fn translate_value(
    text: &str,
    scope: &LogicScope<'_>,
    wanted: FieldType,
) -> Result<String, Untranslated> {
    let node = parse(text)?;
    Emitter { scope }.value_of(&node, wanted)
}
