//! The root of an ODM file.

use std::io::Write;

use super::emit::Emit;

/// What an ODM file is (ODM/@FileType).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileType {
    /// The state at one moment.
    #[default]
    Snapshot,
    /// Every change in order.
    Transactional,
}

impl FileType {
    pub(super) fn as_odm(self) -> &'static str {
        match self {
            Self::Snapshot => "Snapshot",
            Self::Transactional => "Transactional",
        }
    }
}

/// What the root of an ODM file says. All times are ISO 8601 as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub file_oid: String,
    pub file_type: FileType,
    /// All, Metadata, AdminData, ReferenceData, AllClinicalData, SingleSite or SingleSubject.
    pub granularity: Option<String>,
    pub description: Option<String>,
    /// When the file was made.
    pub created: String,
    /// The moment that the data describe.
    pub as_of: Option<String>,
    /// The file that this one goes on from.
    pub prior_file_oid: Option<String>,
    pub originator: Option<String>,
    pub source_system: Option<String>,
    pub source_system_version: Option<String>,
}

impl Header {
    /// Opens the root element; `description` becomes an attribute in ODM 1.3 and an element in 2.0.
    pub(super) fn open(&self, e: &mut Emit<impl Write>, namespace: &str, version: &str) {
        e.declaration();
        e.start("ODM");
        e.attribute("xmlns", namespace);
        e.attribute("ODMVersion", version);
        e.attribute("FileType", self.file_type.as_odm());
        e.attribute("FileOID", &self.file_oid);
        e.optional("PriorFileOID", self.prior_file_oid.as_deref());
        e.attribute("CreationDateTime", &self.created);
        e.optional("AsOfDateTime", self.as_of.as_deref());
        e.optional("Granularity", self.granularity.as_deref());
        if version != "2.0" {
            e.optional("Description", self.description.as_deref());
        }
        e.optional("Originator", self.originator.as_deref());
        e.optional("SourceSystem", self.source_system.as_deref());
        e.optional("SourceSystemVersion", self.source_system_version.as_deref());
        if version == "2.0"
            && let Some(text) = &self.description
        {
            e.texts("Description", &kernel::Texts::one("", text), super::emit::Dialect::V2);
        }
    }
}
