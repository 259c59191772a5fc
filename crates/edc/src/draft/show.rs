//! Shows a draft: its design, what is wrong with it, what was done to it.

use contract::{
    Context,
    build::v1::{self as proto, draft_change::Kind, finding::Severity},
};
use kernel::StudyOid;

use super::{
    log::{Done, FileKept, FindingKept, OpenDraft, What},
    publish::{PlacedFault, placed_faults},
};
use crate::{
    Edc,
    failure::Result,
    wire::{self, value},
};

/// Shows the draft of a study.
pub(crate) async fn show(
    edc: &Edc,
    context: &Context,
    request: &proto::GetDraftRequest,
) -> Result<proto::Draft> {
    let study: StudyOid = request.study_oid.as_str().into();
    super::shelf::permit_design(&context.caller, &study)?;
    let state = edc.drafts.get(&study).await?;
    let draft = state.draft(&study)?;
    Ok(proto::Draft {
        study_oid: study.to_string(),
        revision: value::long(state.head.sequence),
        study: Some(wire::design::study(&draft.checked()?.design)),
        base_version_hash: draft.base.clone(),
        files: draft.files.iter().map(file).collect(),
        faults: faults(draft)?,
        findings: draft.findings.iter().map(finding).collect(),
        changes: draft.done.iter().rev().map(change).collect(),
    })
}

/// What keeps a draft from being published, with file and line.
pub(crate) fn faults(draft: &OpenDraft) -> Result<Vec<proto::Fault>> {
    let faults = placed_faults(draft)?.into_iter().map(|PlacedFault { fault, place }| {
        let line = place.as_ref().map(|(_, line)| value::number(*line));
        proto::Fault {
            kind: fault.kind.to_owned(),
            oid: fault.oid,
            text: value::wording(&fault.message),
            message: fault.message.en,
            file: place.map(|(file, _)| file),
            line,
        }
    });
    Ok(faults.collect())
}

pub(crate) fn finding(finding: &FindingKept) -> proto::Finding {
    proto::Finding {
        severity: if finding.is_note { Severity::Note } else { Severity::Warning }.into(),
        file: finding.file.clone(),
        line: finding.line.map(value::number),
        about: finding.about.clone(),
        message: finding.text.clone(),
    }
}

fn file(file: &FileKept) -> proto::DefinitionFile {
    proto::DefinitionFile {
        name: file.name.clone(),
        sha256: file.sha256.clone(),
        size_bytes: value::long(file.size_bytes),
    }
}

fn change(done: &Done) -> proto::DraftChange {
    let (kind, undone) = match done.what {
        What::Begun => (Kind::Begun, None),
        What::Imported => (Kind::Imported, None),
        What::Edited => (Kind::Edited, None),
        What::Undone { revision } => (Kind::Undone, Some(value::long(revision))),
    };
    proto::DraftChange {
        revision: value::long(done.revision),
        kind: kind.into(),
        words: done.words.clone(),
        changed_at: Some(value::at(done.at_ms)),
        changed_by: done.by.clone(),
        undone_revision: undone,
    }
}
