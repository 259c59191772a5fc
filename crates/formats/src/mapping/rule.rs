//! What a mapping file says, in types that cannot be wrong in themselves.

use std::collections::BTreeMap;

use kernel::MissingReason;

use super::{Creates, convert::Conversion};
use crate::table::TextEncoding;

#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) creates: Creates,
    pub(super) study: String,
    /// The column in which each row names the study.
    pub(super) study_column: Option<String>,
    pub(super) subject: Cell,
    pub(super) encoding: Option<TextEncoding>,
    /// The sheet of a workbook.
    pub(super) sheet: Option<String>,
    pub(super) target: Target,
    pub(super) milestones: Vec<Milestone>,
    pub(super) conditions: Vec<Condition>,
    pub(super) joins: Vec<Join>,
    /// Columns that are not used, and why.
    pub(super) unused: BTreeMap<String, String>,
}

/// What a row is for.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Record(Box<RecordRule>),
    Subject { site: Cell },
    Milestones,
}

#[derive(Clone, Debug)]
pub(super) struct RecordRule {
    pub(super) event: Cell,
    pub(super) events: Option<EventMap>,
    pub(super) form: Cell,
    pub(super) form_repeat: Option<Repeat>,
    /// Of each repeating group.
    pub(super) group_repeats: BTreeMap<String, Repeat>,
    pub(super) items: Vec<ItemRule>,
    pub(super) pivot: Option<Pivot>,
}

/// Where one text of a row comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) source: Source,
    pub(super) strip_prefix: Option<String>,
    /// Only what stands before this.
    pub(super) before: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Column(String),
    Value(String),
}

impl Default for Source {
    fn default() -> Self {
        Self::Value(String::new())
    }
}

#[derive(Clone, Debug)]
pub(super) enum Repeat {
    /// The number of the row among the rows of its record.
    Row,
    Cell(Cell),
}

#[derive(Clone, Debug)]
pub(super) struct ItemRule {
    pub(super) cell: Cell,
    pub(super) group: String,
    pub(super) item: String,
    pub(super) reading: Reading,
}

/// How the text of a cell is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub(super) conversion: Conversion,
    /// Texts that mean that there is no value.
    pub(super) missing: BTreeMap<String, MissingReason>,
    /// The column that says why a cell is blank.
    pub(super) missing_by: Option<MissingBy>,
}

#[derive(Clone, Debug)]
pub(super) struct MissingBy {
    pub(super) column: String,
    pub(super) reasons: BTreeMap<String, MissingReason>,
}

/// One row per question becomes one item per question.
#[derive(Clone, Debug)]
pub(super) struct Pivot {
    pub(super) test: String,
    pub(super) value: String,
    pub(super) group: String,
    /// The item's OID before and after the text of `test`.
    pub(super) item: (String, String),
    pub(super) reading: Reading,
    pub(super) line: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) column: String,
    pub(super) test: Test,
    pub(super) reason: String,
    pub(super) line: u32,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Blank,
    NotBlank,
}

impl Test {
    pub(super) fn holds(&self, text: &str) -> bool {
        let among = |texts: &[String]| texts.iter().any(|one| one == text);
        match self {
            Self::In(texts) => among(texts),
            Self::NotIn(texts) => !among(texts),
            Self::Blank => text.trim().is_empty(),
            Self::NotBlank => !text.trim().is_empty(),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Join {
    pub(super) file: String,
    pub(super) sheet: Option<String>,
    /// Columns here and there whose texts are equal.
    pub(super) on: Vec<(String, String)>,
    pub(super) columns: Vec<String>,
    pub(super) line: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Milestone {
    pub(super) name: String,
    pub(super) date: Cell,
    pub(super) conversion: Conversion,
    pub(super) when: Option<Condition>,
}

/// Which event a text names: exactly, or by how it starts, without regard to ASCII case.
#[derive(Clone, Debug, Default)]
pub(super) struct EventMap {
    exact: BTreeMap<String, String>,
    /// The longest first.
    starts: Vec<(String, String)>,
    pub(super) line: u32,
}

impl EventMap {
    pub(super) fn new(pairs: &BTreeMap<String, String>, line: u32) -> Self {
        let mut map = Self { line, ..Self::default() };
        for (key, event) in pairs {
            let key = key.to_ascii_lowercase();
            match key.strip_suffix('*') {
                Some(start) => map.starts.push((start.to_owned(), event.clone())),
                None => {
                    map.exact.insert(key, event.clone());
                }
            }
        }
        map.starts.sort_by_key(|(start, _)| std::cmp::Reverse(start.len()));
        map
    }

    /// The event's OID, and the rest that a star stands for.
    pub(super) fn find<'t>(&self, text: &'t str) -> Option<(&str, Option<&'t str>)> {
        let lower = text.to_ascii_lowercase();
        if let Some(event) = self.exact.get(&lower) {
            return Some((event, None));
        }
        let (start, event) = self.starts.iter().find(|(start, _)| lower.starts_with(start))?;
        Some((event, Some(text[start.len()..].trim())))
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &str> {
        self.exact.values().map(String::as_str).chain(self.starts.iter().map(|(_, e)| e.as_str()))
    }
}
