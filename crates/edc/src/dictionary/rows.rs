//! The rows of a version: itself, its terms by code, and by each of their words.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use store::{Effect, View};

use super::{load::DictionaryTerm, words};
use crate::{
    failure::{Failure, Result},
    views::{BETWEEN, join},
};

/// Complete versions: name and version.
pub(super) const DICTIONARY: View = View(14);
/// Terms: name and version, code.
pub(super) const TERM: View = View(15);
/// Terms: name and version, word, code.
pub(super) const WORD: View = View(16);
/// Every view of dictionaries.
pub(super) const ALL: [View; 3] = [DICTIONARY, TERM, WORD];

/// A complete version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DictionaryRow {
    pub terms: u32,
    pub source_sha256: String,
    pub completed_at_ms: i64,
}

pub(super) fn of_version(key: &str, row: &DictionaryRow) -> Effect {
    Effect::Put { view: DICTIONARY, key: key.to_owned(), bytes: encode(row) }
}

/// The rows of one term.
pub(super) fn of_term(key: &str, term: &DictionaryTerm) -> impl Iterator<Item = Effect> {
    let bytes = encode(term);
    let by_code = (TERM, term_key(key, &term.code));
    let words = words::of_term(&term.code, &term.text);
    let by_word: Vec<(View, String)> =
        words.iter().map(|word| (WORD, join(&[key, word, &term.code]))).collect();
    let places = std::iter::once(by_code).chain(by_word);
    places.map(move |(view, key)| Effect::Put { view, key, bytes: bytes.clone() })
}

pub(super) fn term_key(key: &str, code: &str) -> String {
    join(&[key, code])
}

/// What the keys of rows begin with, of words that begin with a text.
pub(super) fn word_prefix(key: &str, beginning: &str) -> String {
    join(&[key, beginning])
}

/// The word in the key of such a row.
pub(super) fn word(key: &str) -> Option<&str> {
    key.split(BETWEEN).nth(1)
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let broken = |error| Failure::Broke(format!("a row of a dictionary cannot be read: {error}"));
    serde_json::from_slice(bytes).map_err(broken)
}

fn encode<T: Serialize>(row: &T) -> Vec<u8> {
    serde_json::to_vec(row).expect("a row is plain data with text keys")
}
