//! Changes parts of a draft.

use contract::{Context, Error, FieldViolation, build::v1::EditDraftRequest};
use kernel::{
    StudyOid,
    study::{PartChange, apply},
};

use super::{
    log::DraftEvent,
    parts::{Parts, Unusable},
    shelf::DraftCall,
};
use crate::{
    Edc,
    failure::{Failure, Result},
};

/// Edits of one request, at most.
const MAX_EDITS: usize = 100;

/// Changes a draft, all or nothing. Answers with the revision that came of it.
pub(crate) async fn edit(edc: &Edc, context: &Context, request: &EditDraftRequest) -> Result<u64> {
    let study: StudyOid = request.study_oid.as_str().into();
    let permit = super::shelf::permit_design(&context.caller, &study)?;
    let state = edc.drafts.get(&study).await?;
    if let Some(revision) = state.repeated(request.request_id.as_ref()) {
        return Ok(revision);
    }
    let draft = state.draft(&study)?;
    state.seen(request.seen_revision)?;
    if request.edits.is_empty() || request.edits.len() > MAX_EDITS {
        let said = format!("1 to {MAX_EDITS} edits");
        return Err(Error::invalid("edits", said).into());
    }
    let mut version = draft.version.clone();
    let mut changes: Vec<PartChange> = Vec::new();
    for (at, edit) in request.edits.iter().enumerate() {
        let made = Parts::new(&version).of(edit).map_err(|found| refused(at, found))?;
        for change in made {
            apply(&mut version, &change)
                .map_err(|error| Failure::Broke(format!("an edit does not apply: {error}")))?;
            changes.push(change);
        }
    }
    if changes.is_empty() {
        return Ok(state.head.sequence);
    }
    let event = DraftEvent::Edited { changes };
    let request = request.request_id.as_ref();
    let call = DraftCall { permit: &permit, origin: &context.origin, request, reason: None };
    edc.append_draft(&study, &state, &call, &event).await
}

fn refused(at: usize, found: Unusable) -> Error {
    let field = format!("edits[{at}].{}", found.field);
    Error::invalid_fields(vec![FieldViolation::new(field, found.why)])
}
