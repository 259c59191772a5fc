//! CDISC ODM 1.3.2 and 2.0: study definitions and clinical data, in and out.
//!
//! [`read_metadata`] reads definitions, [`write_metadata_v1`] and [`write_metadata_v2`] write them;
//! [`ClinicalReader`] and [`ClinicalWriter`] do the same for what was collected, row by row with
//! flat memory. Everything that is not understood is kept and comes out again.

mod admin;
mod beyond;
mod bulk;
mod clinical;
mod clinical_level;
mod clinical_parts;
mod clinical_read;
mod clinical_row;
mod clinical_write;
mod context;
mod define;
mod definitions;
mod emit;
mod escape;
mod header;
mod include;
mod input;
mod items;
mod node;
mod parts;
mod protocol;
mod read;
mod schedule;
mod write_admin;
mod write_v1;
mod write_v1_items;
mod write_v2;
mod write_v2_items;
mod xml;

pub use bulk::{BulkRecords, MAX_BULK_RECORDS, read_bulk_records};
pub use clinical::{Annotation, AuditRecord, Flag, Given, QueryMark, Signature, TransactionType};
pub use clinical_read::ClinicalReader;
pub use clinical_row::{ClinicalRow, ItemGiven, Place, Records};
pub use clinical_write::{ClinicalWriter, ItemOut, LevelOut, SubjectOut, ValueOut};
pub(crate) use define::{
    DEFINE_FILE, DefinedDataset, DefinedStudy, DefinedVariable, structure, write_define_xml,
};
pub use definitions::OWN_ITEMS;
pub use header::{FileType, Header};
pub use include::MAX_DEFINITIONS;
pub(crate) use include::by_oid;
pub use input::MAX_TOKEN_BYTES;
pub use node::MAX_DEFINITION_BYTES;
pub(crate) use node::Node;
pub(crate) use protocol::days;
pub use read::read_metadata;
pub use write_v1::write_metadata_v1;
pub use write_v2::write_metadata_v2;
pub use xml::{MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, MAX_DEPTH, MAX_NAME_BYTES, ODM_1_3, ODM_2_0};
pub(crate) use xml::{Token, Xml};
