//! What an export consists of, so that its receiver can check that nothing is missing or changed.

use serde::Serialize;

use super::{StudyOut, Written};

#[derive(Serialize)]
struct Manifest<'a> {
    study: &'a str,
    study_version: &'a str,
    study_version_hash: &'a str,
    format: &'a str,
    /// Null for the state at `created_at`.
    as_of: Option<&'a str>,
    created_at: &'a str,
    source_system: &'static str,
    source_version: &'a str,
    files: &'a [Written],
}

/// The text of `manifest.json`: the study and its version, the cut-off, and for each file its rows,
/// values, bytes and SHA-256.
pub fn manifest(study: &StudyOut<'_>, format: &str, files: &[Written]) -> String {
    let version = study.design.version();
    let manifest = Manifest {
        study: version.study_oid.as_str(),
        study_version: version.version_oid.as_str(),
        study_version_hash: study.version_hash,
        format,
        as_of: study.as_of,
        created_at: study.created_at,
        source_system: "Casebook",
        source_version: study.source_version,
        files,
    };
    let mut text = serde_json::to_string_pretty(&manifest).expect("a manifest has only text keys");
    text.push('\n');
    text
}
