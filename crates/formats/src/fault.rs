//! How a file is refused, and what is reported of one that is accepted.

use std::{collections::BTreeMap, fmt};

/// A file was refused: where, what is wrong, and what its owner can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FormatError {
    pub file: String,
    /// From 1; 0 when no single line is at fault.
    pub line: u32,
    /// In bytes, from 1; 0 when not known.
    pub column: u32,
    pub what: String,
    pub advice: String,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().take_while(|number| *number > 0) {
            write!(f, ":{number}")?;
        }
        write!(f, ": {}; {}", self.what, self.advice)
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Said for completeness; nothing is lost.
    Note,
    /// Something was read otherwise than it was written, or was left aside.
    Warning,
    /// The result must not be used.
    Error,
}

/// One thing to know about a file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub file: String,
    pub line: Option<u32>,
    /// What it is about: a kind and an OID, as in [`Places`]; or a path in the file.
    pub about: String,
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {}", self.about, self.text)
    }
}

/// Where in its file each definition stands.
///
/// Kinds are the names of ODM 1.3.2: `Study`, `MetaDataVersion`, `MeasurementUnit`, `Protocol`,
/// `StudyEventDef`, `FormDef` (in ODM 2.0 an `ItemGroupDef` of type Form), `ItemGroupDef`,
/// `ItemDef`, `CodeList`, `ConditionDef`, `MethodDef`, `Location`, `User`; from ODM 2.0 and USDM
/// also `Arm`, `Epoch`, `Criterion`, `Timing`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    pub file: String,
    lines: BTreeMap<(String, String), u32>,
}

impl Places {
    pub fn new(file: impl Into<String>) -> Self {
        Self { file: file.into(), lines: BTreeMap::new() }
    }

    /// The line on which the definition starts.
    pub fn line(&self, kind: &str, oid: &str) -> Option<u32> {
        self.lines.get(&(kind.to_owned(), oid.to_owned())).copied()
    }

    /// Remembers a place; the last of several definitions with one OID wins, as it does in a study.
    pub fn set(&mut self, kind: &str, oid: &str, line: u32) {
        self.lines.insert((kind.to_owned(), oid.to_owned()), line);
    }

    /// Every definition with its line: kind, OID, line.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, u32)> {
        self.lines.iter().map(|((kind, oid), line)| (kind.as_str(), oid.as_str(), *line))
    }

    /// Takes over the places of another that are not known here.
    pub(crate) fn inherit(&mut self, other: &Self) {
        for (key, line) in &other.lines {
            self.lines.entry(key.clone()).or_insert(*line);
        }
    }
}
