//! The words of clinical data in ODM, shared by its reader and writer.
//!
//! Texts are `Cow`: the reader gives its own, a writer can borrow.

use std::borrow::Cow;

/// What happens to an element and what is in it (ODM TransactionType).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionType {
    /// It must not exist yet.
    Insert,
    /// It must exist.
    Update,
    /// It must exist, and goes with all that is in it.
    Remove,
    Upsert,
    /// Nothing happens to it; it only says where its children are.
    Context,
}

impl TransactionType {
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Insert, "Insert"),
        (Self::Update, "Update"),
        (Self::Remove, "Remove"),
        (Self::Upsert, "Upsert"),
        (Self::Context, "Context"),
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, spelled)| *spelled == text).map(|(one, _)| *one)
    }

    pub fn as_odm(self) -> &'static str {
        Self::ALL.iter().find(|(one, _)| *one == self).map_or("Upsert", |(_, spelled)| spelled)
    }
}

/// Who did something, where, when and why (ODM AuditRecord).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRecord<'a> {
    /// By which an ItemData of ODM 1.3 may refer to it.
    pub id: Option<Cow<'a, str>>,
    /// Monitoring, DataManagement or DBAudit.
    pub edit_point: Option<Cow<'a, str>>,
    pub used_imputation_method: Option<bool>,
    pub user: Cow<'a, str>,
    pub location: Cow<'a, str>,
    /// As written; it may lack a zone.
    pub timestamp: Cow<'a, str>,
    pub reason: Option<Cow<'a, str>>,
    pub source_id: Option<Cow<'a, str>>,
}

/// An electronic signature (ODM Signature).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature<'a> {
    pub id: Option<Cow<'a, str>>,
    pub user: Cow<'a, str>,
    pub location: Cow<'a, str>,
    /// The OID of the SignatureDef that says what signing means.
    pub definition: Cow<'a, str>,
    pub timestamp: Cow<'a, str>,
    pub manifest: Option<Cow<'a, str>>,
}

/// A remark (ODM Annotation), or a query when `query` is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotation<'a> {
    pub id: Option<Cow<'a, str>>,
    pub sequence: u32,
    pub transaction: Option<TransactionType>,
    pub comment: Option<Cow<'a, str>>,
    /// Sponsor or Site.
    pub comment_by: Option<Cow<'a, str>>,
    pub flags: Vec<Flag<'a>>,
    pub query: Option<QueryMark<'a>>,
}

/// A coded mark on an annotation (ODM Flag).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flag<'a> {
    pub value: Cow<'a, str>,
    pub value_list: Cow<'a, str>,
    pub kind: Option<Cow<'a, str>>,
    pub kind_list: Option<Cow<'a, str>>,
}

/// What makes an annotation a query; in ODM 2.0 a Query element, in 1.3 attributes of our own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryMark<'a> {
    pub oid: Cow<'a, str>,
    pub state: Cow<'a, str>,
    /// Whether a check asked, and no person; none when the source does not say.
    pub by_system: Option<bool>,
    /// When it came to be in that state; without it ODM 2.0 has no query.
    pub updated: Option<Cow<'a, str>>,
}

/// What an ItemData says of its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// The value as written; it may be empty.
    Text(String),
    /// Several values of one item (ODM 2.0).
    Several(Vec<String>),
    /// `IsNull="Yes"`: the item was there and had no value.
    Null,
    /// Neither a value nor IsNull, as when something else changes.
    #[default]
    Absent,
}
