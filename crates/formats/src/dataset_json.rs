//! CDISC Dataset-JSON 1.1 in its three forms: JSON, NDJSON (a line of metadata, a line for each row)
//! and DSJC (NDJSON, compressed with zlib).
//!
//! [`DatasetJsonReader`] finds out itself which form it reads, and streams the rows with the memory of
//! one; [`DatasetJsonWriter`] writes any form. A number keeps the digits with which it was written.
//! What the standard does not know is kept as an extension. The metadata must stand before the rows,
//! as the standard orders them.

mod read;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use self::write::{push_cell, push_text};
pub use self::{read::DatasetJsonReader, write::DatasetJsonWriter};

/// One of the forms in which a dataset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    Ndjson,
    Dsjc,
}

impl Form {
    /// How the names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Dsjc => "dsjc",
        }
    }
}

/// What a file says of its dataset, beside the rows (Dataset-JSON 1.1, Top-level Attributes).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetMetadata {
    #[serde(rename = "datasetJSONCreationDateTime")]
    pub created: String,
    #[serde(rename = "datasetJSONVersion")]
    pub version: String,
    #[serde(rename = "fileOID", skip_serializing_if = "Option::is_none")]
    pub file_oid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub db_last_modified_date_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub originator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_system: Option<SourceSystem>,
    #[serde(rename = "studyOID", skip_serializing_if = "Option::is_none")]
    pub study_oid: Option<String>,
    #[serde(rename = "metaDataVersionOID", skip_serializing_if = "Option::is_none")]
    pub metadata_version_oid: Option<String>,
    #[serde(rename = "metaDataRef", skip_serializing_if = "Option::is_none")]
    pub metadata_ref: Option<String>,
    #[serde(rename = "itemGroupOID")]
    pub item_group_oid: String,
    pub records: u64,
    pub name: String,
    pub label: String,
    pub columns: Vec<ColumnMetadata>,
    #[serde(flatten)]
    pub extensions: BTreeMap<String, serde_json::Value>,
}

/// The program from which the data come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceSystem {
    pub name: String,
    pub version: String,
    #[serde(flatten)]
    pub extensions: BTreeMap<String, serde_json::Value>,
}

/// A column (Dataset-JSON 1.1, columns).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnMetadata {
    #[serde(rename = "itemOID")]
    pub item_oid: String,
    pub name: String,
    pub label: String,
    /// string, integer, decimal, float, double, boolean, datetime, date, time or URI.
    pub data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_data_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_sequence: Option<u64>,
    #[serde(flatten)]
    pub extensions: BTreeMap<String, serde_json::Value>,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonCell {
    Null,
    Text(String),
    /// The digits as they are written.
    Number(String),
    Boolean(bool),
}

impl JsonCell {
    /// The value as the text of a table's cell; nothing for null.
    pub fn into_text(self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) | Self::Number(text) => text,
            Self::Boolean(value) => value.to_string(),
        }
    }
}
