//! Bytes to kernel values and back: ODM, USDM, CSV, XPT, JSON. Pure.
//!
//! A reader takes a `BufRead` and a file name for its messages, refuses with a [`FormatError`] that
//! says where and what to do, and reports what it read otherwise than written as [`Finding`]s. It
//! knows nothing of storage, people's rights or the network. Start at [`odm`] for study definitions
//! and clinical data, at [`usdm`] for protocols, and at [`merge()`] for making one version of
//! several files.

mod casebook_pdf;
mod csv_out;
pub mod dataset_json;
mod dataset_json_out;
mod definition;
mod design;
pub mod export;
mod fault;
pub mod fhir;
mod json_out;
mod json_scan;
pub mod mapping;
mod merging;
pub mod odm;
mod odm_out;
pub mod openclinica;
mod parquet_out;
pub mod redcap;
pub mod reference_ranges;
pub mod rules_toml;
mod scripts_out;
pub mod table;
pub mod tabular;
pub mod tabulation_toml;
pub mod usdm;
mod workbook;
pub mod xlsform;
pub mod xpt;
mod xpt_out;

pub use definition::{Definition, DefinitionFile, read_definition};
pub use design::{Draft, ImportedDesign, Location, SignatureDef, User, VersionInForce};
pub use fault::{Finding, FormatError, Places, Severity};
pub use merging::{Merged, merge};
