//! What the log of a version tells.

use journal::LogName;
use serde::{Deserialize, Serialize};

use super::load::DictionaryTerm;

/// Dictionaries belong to the institution, which has the empty name.
pub(super) const INSTITUTION: &str = "";
pub(super) const LOG_KIND: &str = "dictionary";
/// Stands between a name and a version; neither contains it.
const BETWEEN: char = '/';

/// An entry of such a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum DictionaryEvent {
    Begun { source_sha256: String, terms: u32 },
    TermsAdded { terms: Vec<DictionaryTerm> },
    Completed,
}

impl DictionaryEvent {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Begun { .. } => "DictionaryBegun",
            Self::TermsAdded { .. } => "DictionaryTermsAdded",
            Self::Completed => "DictionaryCompleted",
        }
    }
}

pub(super) fn log(dictionary: &str, version: &str) -> LogName {
    LogName::new(INSTITUTION, LOG_KIND, key(dictionary, version))
}

/// The key of a version.
pub(super) fn key(dictionary: &str, version: &str) -> String {
    format!("{dictionary}{BETWEEN}{version}")
}

/// Name and version.
pub(super) fn parts(key: &str) -> Option<(&str, &str)> {
    key.split_once(BETWEEN)
}

/// Whether a text can name a dictionary or a version: 1 to 64 letters and digits of ASCII, dots,
/// underscores and hyphens, not beginning with a sign.
pub(super) fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let begins_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    begins_well && text.len() <= 64 && text.bytes().all(fits)
}
