//! What a definition says of a table and its columns when they are no items: standards and origins.

/// The standard that a dataset follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetStandard {
    /// The implementation guide, such as `SDTMIG`, and its version.
    pub name: String,
    pub version: String,
    /// The class of the dataset, such as `EVENTS`.
    pub class: String,
    /// What a row is, where the keys do not say it well.
    pub structure: Option<String>,
}

/// Where the values of a column come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnOrigin {
    pub kind: OriginKind,
    /// How a derived value is made, in English.
    pub method: Option<String>,
    /// The expression that makes it.
    pub formula: Option<String>,
    /// All values that there can be, where they are a list; in order.
    pub terms: Vec<String>,
}

/// The origin types of Define-XML 2.1 that tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginKind {
    Assigned,
    Collected,
    Derived,
    Protocol,
    /// Collected by somebody else than the investigator.
    Vendor,
}

impl OriginKind {
    /// `Type` and `Source` of `def:Origin`.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Assigned => ("Assigned", "Sponsor"),
            Self::Collected => ("Collected", "Investigator"),
            Self::Derived => ("Derived", "Sponsor"),
            Self::Protocol => ("Protocol", "Sponsor"),
            Self::Vendor => ("Collected", "Vendor"),
        }
    }
}
