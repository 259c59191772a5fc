//! Expressions of Casebook as XPath of XLSForm.
//!
//! In Casebook what a missing value could change is not evaluated, which is neither true nor false. In a
//! questionnaire a blank is the empty text, and an order with it is false. A translation therefore says
//! for which answers an expression is true, or is not false, and asks for blanks where the source does
//! not. What has no counterpart is refused with its reason, and never guessed.

mod cond;
mod test;
mod truth;
mod value;

use std::collections::{BTreeMap, HashMap};

use kernel::{DataType, ItemGroupOid};

pub(super) use self::{cond::Cond, value::quoted};

/// Why an expression cannot be said in a questionnaire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsaid(pub String);

/// What a questionnaire makes of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Number,
    Text,
    Truth,
    Date,
    DateTime,
    /// A time, or a date of which a part may be unknown: it has no order there.
    Unordered,
}

/// How an item is named in expressions of a questionnaire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Question(String),
    /// One choice of a question with several.
    Choice {
        question: String,
        code: String,
    },
}

/// An item to which expressions can refer, under its name.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub reference: Reference,
    pub of: Of,
    /// The repeating group in which it stands.
    pub repeat: Option<ItemGroupOid>,
}

/// Which questions, by reference, are known to have an answer or to have none.
pub(super) type Answers = BTreeMap<String, bool>;

/// For which answers a translation shall hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    True,
    False,
    NotFalse,
    NotTrue,
}

/// Translates the expressions of one place of a form.
pub(super) struct Speaker<'a> {
    /// By the names that expressions use.
    pub names: &'a HashMap<String, Named>,
    /// The repeating group in which the expression stands.
    pub repeat: Option<&'a ItemGroupOid>,
    /// The item that is written `.`.
    pub this: Option<&'a str>,
}

impl Of {
    pub fn item(data_type: DataType) -> Self {
        use DataType as T;
        match data_type {
            T::Integer | T::Float | T::Double | T::Decimal => Self::Number,
            T::Boolean => Self::Truth,
            T::Date => Self::Date,
            T::Datetime => Self::DateTime,
            T::Time
            | T::PartialDate
            | T::PartialTime
            | T::PartialDatetime
            | T::IncompleteDate
            | T::IncompleteTime
            | T::IncompleteDatetime => Self::Unordered,
            _ => Self::Text,
        }
    }
}

impl Speaker<'_> {
    /// For which answers a rule that is true or false is as `asked`, given what is known of some.
    pub fn truth(&self, text: &str, asked: Asked, known: &Answers) -> Result<Cond, Unsaid> {
        self.truth_of(&read(text)?, asked, known)
    }

    /// A derivation: the value, or the empty text where there is none.
    pub fn calculation(&self, text: &str, of: Of) -> Result<String, Unsaid> {
        let (node, known) = (read(text)?, Answers::new());
        if of == Of::Truth {
            let yes = self.truth_of(&node, Asked::True, &known)?.spelled();
            let no = self.truth_of(&node, Asked::False, &known)?.spelled();
            return Ok(format!("if({yes}, 'true', if({no}, 'false', ''))"));
        }
        let value = self.value_of(&node, &known)?.strict(&known);
        match value.hard {
            Cond::No => Err(Unsaid("it never has a value".to_owned())),
            Cond::Yes => Ok(value.text),
            has => Ok(format!("if({}, {}, '')", has.spelled(), value.text)),
        }
    }

    fn named(&self, name: &str) -> Result<&Named, Unsaid> {
        let named = self.names.get(name);
        let named = named.ok_or_else(|| Unsaid(format!("{name} is on another form")))?;
        if named.repeat.is_some() && named.repeat.as_ref() != self.repeat {
            return Err(Unsaid(format!("{name} is in a repeating group of which this is no row")));
        }
        Ok(named)
    }

    /// How the question of an item is written.
    fn reference(&self, name: &str, named: &Named) -> String {
        match &named.reference {
            Reference::Question(_) if self.this == Some(name) => ".".to_owned(),
            Reference::Question(question) | Reference::Choice { question, .. } => {
                format!("${{{question}}}")
            }
        }
    }
}

fn read(text: &str) -> Result<rules::Node, Unsaid> {
    rules::read_tree(text).map_err(|faults| {
        let said = faults.first().map(ToString::to_string).unwrap_or_default();
        Unsaid(format!("it cannot be read: {said}"))
    })
}

#[cfg(test)]
mod tests;
