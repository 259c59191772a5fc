//! Takes an earlier edit of a draft back, by a further one.

use contract::{Context, Error, build::v1::UndoEditRequest};
use kernel::{StudyOid, study::PartChange};

use super::{log::DraftEvent, shelf::DraftCall};
use crate::{Edc, failure::Result};

/// Takes an edit back. Answers with the revision that came of it.
pub(crate) async fn undo(edc: &Edc, context: &Context, request: &UndoEditRequest) -> Result<u64> {
    let study: StudyOid = request.study_oid.as_str().into();
    let permit = super::shelf::permit_design(&context.caller, &study)?;
    let state = edc.drafts.get(&study).await?;
    if let Some(revision) = state.repeated(request.request_id.as_ref()) {
        return Ok(revision);
    }
    let draft = state.draft(&study)?;
    state.seen(request.seen_revision)?;
    let edit = u64::try_from(request.revision).ok();
    let Some((revision, changes)) = edit.and_then(|edit| draft.edits.get_key_value(&edit)) else {
        let message = format!("revision {} is no edit of this draft", request.revision);
        return Err(Error::not_found("EDIT_UNKNOWN", message).into());
    };
    if let Some(change) = changes.iter().find(|change| !change.stands_in(&draft.version)) {
        let (kind, oid) = (change.kind.as_odm(), &change.oid);
        let message = format!("{kind} {oid} was changed again after revision {revision}");
        return Err(Error::refused("EDIT_OVERTAKEN", message).into());
    }
    let changes = changes.iter().rev().map(PartChange::reversed).collect();
    let event = DraftEvent::Undone { revision: *revision, changes };
    let request = request.request_id.as_ref();
    let call = DraftCall { permit: &permit, origin: &context.origin, request, reason: None };
    edc.append_draft(&study, &state, &call, &event).await
}
