use crate::Hash;
use std::fmt;

/// The name of one log: the study (empty for a log of the institution), what kind of thing it
/// records, and which one. Ordered by study, kind, key, each by its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogName {
    pub study: String,
    pub kind: String,
    pub key: String,
}

impl LogName {
    pub fn new(study: impl Into<String>, kind: impl Into<String>, key: impl Into<String>) -> Self {
        Self { study: study.into(), kind: kind.into(), key: key.into() }
    }

    pub fn as_ref(&self) -> LogRef<'_> {
        LogRef { study: &self.study, kind: &self.kind, key: &self.key }
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.study, self.kind, self.key)
    }
}

/// A log name borrowed from the bytes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogRef<'a> {
    pub study: &'a str,
    pub kind: &'a str,
    pub key: &'a str,
}

impl LogRef<'_> {
    pub fn to_name(self) -> LogName {
        LogName::new(self.study, self.kind, self.key)
    }
}

/// Where a log ends: the sequence of its last entry and that entry's hash. The default is the head
/// of an empty log: sequence 0 and the zero hash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Head {
    pub sequence: u64,
    pub hash: Hash,
}
