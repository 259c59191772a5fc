//! Why what was entered for an item cannot be recorded there.

use crate::{Texts, UnitOid, ValueFault};

/// Why an entry for an item is refused. The code is stable, so that a screen can say it in the
/// language of its user; the sentence is English.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error(transparent)]
    Value(#[from] ValueFault),
    #[error("'{text}' is not in the code list of {item}")]
    NotInCodeList { text: String, item: String },
    #[error("{unit} is not a unit of {item}")]
    UnitUnknown { unit: UnitOid, item: String },
    #[error("{0} needs its unit")]
    UnitMissing(String),
    /// A hard range check does not hold; the message is what the study says, by language.
    #[error("{}", out_of_range(text, message))]
    OutOfRange { text: String, message: Texts },
    #[error("the file was not uploaded for this subject; upload it again")]
    FileNotUploaded,
    #[error("the file is not {0}")]
    FileOfOtherKind(String),
    #[error("the file cannot be read now")]
    FileUnreadable,
    #[error("it holds no value that could be verified")]
    NothingToVerify,
}

impl Unfit {
    /// The stable code, listed in `docs/refusals.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Value(ValueFault::Blank) => "BLANK",
            Self::Value(ValueFault::NotOfType { .. }) => "NOT_OF_TYPE",
            Self::Value(ValueFault::TooLong { .. }) => "TOO_LONG",
            Self::Value(ValueFault::TooManyDecimals { .. }) => "TOO_MANY_DECIMALS",
            Self::Value(ValueFault::ControlCharacter(_)) => "CONTROL_CHARACTER",
            Self::NotInCodeList { .. } => "NOT_IN_CODE_LIST",
            Self::UnitUnknown { .. } => "UNIT_UNKNOWN",
            Self::UnitMissing(_) => "UNIT_MISSING",
            Self::OutOfRange { .. } => "OUT_OF_RANGE",
            Self::FileNotUploaded => "FILE_NOT_UPLOADED",
            Self::FileOfOtherKind(_) => "FILE_OF_OTHER_KIND",
            Self::FileUnreadable => "FILE_UNREADABLE",
            Self::NothingToVerify => "NOTHING_TO_VERIFY",
        }
    }

    /// The facts of which the sentence is made, by name; a message of the study by its language, such
    /// as `message.zh-CN`.
    pub fn parameters(&self) -> Vec<(String, String)> {
        match self {
            Self::Value(ValueFault::NotOfType { text, data_type, .. }) => {
                told(&[("text", text), ("dataType", &data_type.code())])
            }
            Self::Value(ValueFault::TooLong { actual, limit, .. }) => {
                told(&[("actual", actual), ("limit", limit)])
            }
            Self::Value(ValueFault::TooManyDecimals { actual, limit, .. }) => {
                told(&[("actual", actual), ("limit", limit)])
            }
            Self::NotInCodeList { text, .. } => told(&[("text", text)]),
            Self::UnitUnknown { unit, .. } => told(&[("unit", unit)]),
            Self::OutOfRange { text, message } => {
                let own = told(&[("text", text)]);
                own.into_iter().chain(by_language(message)).collect()
            }
            Self::FileOfOtherKind(kind) => told(&[("kind", kind)]),
            Self::Value(ValueFault::Blank | ValueFault::ControlCharacter(_))
            | Self::UnitMissing(_)
            | Self::FileNotUploaded
            | Self::FileUnreadable
            | Self::NothingToVerify => Vec::new(),
        }
    }
}

/// Facts by name.
pub(super) fn told(all: &[(&str, &dyn ToString)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect()
}

/// A message of the study as parameters: `message.` and the language.
pub(super) fn by_language(message: &Texts) -> impl Iterator<Item = (String, String)> + '_ {
    message.0.iter().map(|(language, said)| (format!("message.{language}"), said.clone()))
}

fn out_of_range(text: &str, message: &Texts) -> String {
    message.in_lang("en").map_or_else(|| format!("{text} is out of range"), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataType, canonical};

    #[test]
    fn a_text_that_is_no_number_says_which_type_was_expected() {
        let unfit = Unfit::from(canonical(DataType::Integer, "12a").expect_err("it is no number"));
        assert_eq!(unfit.to_string(), "'12a' is not a whole number");
        assert_eq!(unfit.code(), "NOT_OF_TYPE");
        let facts = [("text", "12a"), ("dataType", "integer")];
        assert_eq!(unfit.parameters(), facts.map(|(name, is)| (name.to_owned(), is.to_owned())));
    }

    #[test]
    fn the_message_of_a_hard_limit_is_told_in_every_language_of_the_study() {
        let mut message = Texts::one("en", "at most 250");
        message.set("zh-CN", "不超过 250");
        let unfit = Unfit::OutOfRange { text: "300".to_owned(), message };
        assert_eq!(unfit.to_string(), "at most 250");
        let facts =
            [("text", "300"), ("message.en", "at most 250"), ("message.zh-CN", "不超过 250")];
        assert_eq!(unfit.parameters(), facts.map(|(name, is)| (name.to_owned(), is.to_owned())));
    }
}
