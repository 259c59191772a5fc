//! Puts a definition from files into a draft.

use contract::{Caller, Code, Error};
use formats::{Definition, DefinitionFile, Finding, Severity, read_definition};
use journal::Hash;
use kernel::StudyOid;

use super::{
    log::{DefinitionImported, DraftEvent, FileKept, FindingKept, PlacesKept},
    shelf::DraftCall,
};
use crate::{
    Edc,
    failure::{Failure, Result},
};

/// Files of one definition, at most.
const MAX_FILES: usize = 8;
/// Findings that are kept of an import.
const MAX_FINDINGS: usize = 2_000;
/// Places that are named when files cannot be read, at most.
const MAX_VIOLATIONS: usize = 200;

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub study: StudyOid,
    pub revision: u64,
}

/// Files that are no definition, or something is broken.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailure {
    #[error("the definition cannot be used: {} places are wrong", .0.len())]
    Unreadable(Vec<Finding>),
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// How an import is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportCall<'a> {
    pub origin: &'a str,
    /// The study that the files must be of, and are of where they do not say it; that of the files
    /// when nothing is said.
    pub study: Option<&'a StudyOid>,
    /// The revision of the draft that is replaced; whatever is there when nothing is said and
    /// `replaces_any` is set.
    pub seen_revision: Option<i64>,
    pub replaces_any: bool,
    pub request: Option<&'a String>,
}

impl Edc {
    /// Reads a definition and makes it the draft of its study. A draft may have faults; files that
    /// cannot be read are refused with every place.
    pub async fn import_draft(
        &self,
        caller: &Caller,
        call: ImportCall<'_>,
        files: &[DefinitionFile<'_>],
    ) -> Result<Imported, ImportFailure> {
        // Who may not is told so before the files are looked at.
        if let Some(study) = call.study {
            super::shelf::permit_design(caller, study)?;
        }
        let read = within_limits(files)
            .and_then(|()| read_definition(files, call.study.map(StudyOid::as_str)));
        let read = read.map_err(ImportFailure::Unreadable)?;
        let study = read.version.study_oid.clone();
        if let Some(wanted) = call.study.filter(|wanted| **wanted != study) {
            return Err(Failure::from(of_other_study(wanted, &study)).into());
        }
        let permit = super::shelf::permit_design(caller, &study)?;
        let state = self.drafts.get(&study).await?;
        if let Some(revision) = state.repeated(call.request) {
            return Ok(Imported { study, revision });
        }
        match call.seen_revision {
            Some(seen) => state.seen(seen)?,
            None if state.open.is_some() && !call.replaces_any => {
                let message = format!("study {study} has a draft already");
                return Err(Failure::from(Error::already_exists("DRAFT_EXISTS", message)).into());
            }
            None => {}
        }
        let event = DraftEvent::Imported(kept(&read, files));
        let call =
            DraftCall { permit: &permit, origin: call.origin, request: call.request, reason: None };
        let revision = self.append_draft(&study, &state, &call, &event).await?;
        Ok(Imported { study, revision })
    }
}

fn within_limits(files: &[DefinitionFile<'_>]) -> Result<(), Vec<Finding>> {
    if files.len() <= MAX_FILES {
        return Ok(());
    }
    Err(vec![Finding {
        severity: Severity::Error,
        file: String::new(),
        line: None,
        about: String::new(),
        text: format!("a definition has at most {MAX_FILES} files"),
    }])
}

fn kept(read: &Definition, files: &[DefinitionFile<'_>]) -> DefinitionImported {
    let finding = |one: &Finding| FindingKept {
        is_note: one.severity == Severity::Note,
        file: one.file.clone(),
        line: one.line,
        about: one.about.clone(),
        text: one.text.clone(),
    };
    let places = read.places.iter().map(|one| PlacesKept {
        file: one.file.clone(),
        lines: one
            .iter()
            .map(|(kind, oid, line)| (kind.to_owned(), oid.to_owned(), line))
            .collect(),
    });
    DefinitionImported {
        document: serde_json::to_string(&read.version).expect("a study version has text keys"),
        files: files
            .iter()
            .map(|file| FileKept {
                name: file.name.to_owned(),
                sha256: Hash::of(file.content).to_string(),
                size_bytes: file.content.len() as u64,
            })
            .collect(),
        findings: read.findings.iter().take(MAX_FINDINGS).map(finding).collect(),
        places: places.collect(),
    }
}

fn of_other_study(wanted: &StudyOid, found: &StudyOid) -> Error {
    let message = format!("the definition is of study {found}, not of {wanted}");
    Error::refused("DEFINITION_OF_OTHER_STUDY", message).with_metadata("study", found.as_str())
}

/// A failed import as the caller sees it: each place is a violation called `file:line`.
pub(crate) fn failure_of(failure: ImportFailure) -> Failure {
    let findings = match failure {
        ImportFailure::Failed(failure) => return failure,
        ImportFailure::Unreadable(findings) => findings,
    };
    let message = format!("the definition cannot be used: {} places are wrong", findings.len());
    let plain = Error::new(Code::InvalidArgument, "DEFINITION_UNREADABLE", message);
    let error = findings.iter().take(MAX_VIOLATIONS).fold(plain, |error, one| {
        let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
        let about = if one.about.is_empty() { String::new() } else { format!("{}: ", one.about) };
        error.with_violation(format!("{}{line}", one.file), format!("{about}{}", one.text))
    });
    error.into()
}
