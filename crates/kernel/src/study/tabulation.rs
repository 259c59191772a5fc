use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Expression;
use crate::{FormOid, ItemGroupOid, StudyEventOid};

/// How what was collected becomes datasets of a model for tabulation, such as SDTM: the mapping that
/// is stored with a study version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tabulation {
    /// The model by its name, for instance `SDTM`.
    pub model: String,
    /// The implementation guide that the datasets follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<TabulationStandard>,
    /// The dataset with one row per subject, whose variables expressions of the others may name.
    pub subjects: Option<String>,
    /// The variable of that dataset whose date is study day 1.
    pub reference: Option<String>,
    pub datasets: Vec<TabulationDataset>,
}

impl Tabulation {
    /// Whether a version has none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An implementation guide, such as SDTMIG 3.3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TabulationStandard {
    pub name: String,
    pub version: String,
}

/// One dataset (domain). A row is a record of its form; with a group, a repeat of it; with items in
/// `each`, one of these items of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TabulationDataset {
    pub name: String,
    pub label: String,
    /// Its class in the standard, such as `EVENTS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What a row is, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structure: Option<String>,
    pub form: FormOid,
    /// A repeating group of the form.
    pub group: Option<ItemGroupOid>,
    /// Only at these events; at all when empty.
    pub events: Vec<StudyEventOid>,
    /// Only rows for which this is true.
    pub only: Option<Expression>,
    /// Names of items: of the rows of a subject that hold the same in all of them, the last is kept.
    pub last_of: Vec<String>,
    /// Rows are numbered before those that `last_of` leaves out are gone.
    pub number_all: bool,
    /// Items, each of which that holds a value, or a reason for missing, gives a row of its own.
    pub each: Vec<TabulationItem>,
    pub variables: Vec<TabulationVariable>,
}

/// An item that gives a row, and what variables hold in its rows instead of what they hold otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TabulationItem {
    /// The name of the item.
    pub item: String,
    pub constants: BTreeMap<String, String>,
    pub expressions: BTreeMap<String, Expression>,
}

/// One variable of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TabulationVariable {
    pub name: String,
    pub label: String,
    pub kind: VariableKind,
    /// The greatest number of characters.
    pub length: Option<u32>,
    /// Only for other variables to use: not written.
    pub hidden: bool,
    /// Zeros at the end of a decimal are left out.
    pub shortest: bool,
    pub source: VariableSource,
    /// What values become (controlled terms); a value that is not among them stops the export. To
    /// become blank it becomes an empty text. Empty: values stay.
    pub terms: BTreeMap<String, String>,
    /// Where its values come from, if that does not follow from its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<VariableOrigin>,
    /// How it is made, in words, if that does not follow from its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

/// Where the values of a variable come from, in the terms of Define-XML 2.1 §5.3.11.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VariableOrigin {
    Assigned,
    /// By the investigator.
    Collected,
    Derived,
    Protocol,
    /// Collected by somebody else, such as a laboratory.
    Vendor,
}

/// What a variable holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VariableKind {
    #[default]
    Text,
    Integer,
    Number,
    /// ISO 8601, also partial.
    Date,
    /// ISO 8601, also partial, or a date.
    Datetime,
}

/// Where the values of a variable come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VariableSource {
    Constant(String),
    Context(RowContext),
    /// An item of the form, by its name.
    Item(String),
    /// The decode of an item in a language (BCP 47).
    Decode {
        item: String,
        language: String,
    },
    /// The item that gives the row.
    Each,
    /// An expression over items of the row, context and other variables.
    Expression(Expression),
    /// The study day of a variable of the dataset, counted from the reference date; there is no day 0
    /// (SDTMIG 3.3 §4.4.4).
    StudyDay(String),
    /// Rows of a subject numbered from 1 in the order of these variables, blanks first; rows that are
    /// equal in them stay in the order in which they were collected.
    Sequence(Vec<String>),
    /// A value in the last row, by the order of the dataset, for which an expression is true, within
    /// rows that are equal in some variables; otherwise blank.
    Last {
        value: String,
        within: Vec<String>,
        when: Expression,
    },
    /// The value of a variable of another dataset of the same subject.
    Other {
        dataset: String,
        variable: String,
        pick: Pick,
        when: Option<Expression>,
    },
}

impl Default for VariableSource {
    fn default() -> Self {
        Self::Constant(String::new())
    }
}

/// What is known of a row beside its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowContext {
    Study,
    Site,
    Subject,
    Event,
    EventRepeat,
    FormRepeat,
    GroupRepeat,
}

impl RowContext {
    /// All, by the names that mappings and expressions give them.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Study, "STUDY"),
        (Self::Site, "SITE"),
        (Self::Subject, "SUBJECT"),
        (Self::Event, "EVENT"),
        (Self::EventRepeat, "EVENT_REPEAT"),
        (Self::FormRepeat, "FORM_REPEAT"),
        (Self::GroupRepeat, "GROUP_REPEAT"),
    ];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(context, _)| *context)
    }
}

/// Which of several values is taken; blank ones do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pick {
    First,
    Last,
    Least,
    Greatest,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StudyVersion;

    #[test]
    fn a_version_without_a_mapping_has_the_hash_that_it_had() {
        let old = StudyVersion { study_oid: "S1".into(), ..StudyVersion::default() };
        let json = serde_json::to_string(&old).unwrap();
        assert!(!json.contains("tabulation"), "{json}");
        let dataset = TabulationDataset { name: "DM".to_owned(), ..TabulationDataset::default() };
        let mut new: StudyVersion = serde_json::from_str(&json).unwrap();
        assert_eq!(new.hash(), old.hash());
        new.tabulation.datasets.push(dataset);
        assert_ne!(new.hash(), old.hash());
        let read: StudyVersion =
            serde_json::from_str(&serde_json::to_string(&new).unwrap()).unwrap();
        assert_eq!(read, new);
    }
}
