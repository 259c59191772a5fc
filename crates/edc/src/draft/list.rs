//! Lists the drafts that a caller may see.

use contract::{
    Act, Context,
    build::v1::{DraftSummary, ListDraftsRequest, ListDraftsResponse},
    page,
};
use journal::LogName;
use kernel::StudyOid;

use super::shelf::LOG_KIND;
use crate::{Edc, failure::Result, study::StudyShelf, wire::value};

/// Logs that are read at a time.
const LOGS_AT_A_TIME: u32 = 100;

/// Lists the drafts of studies that the caller may design, by the OID of the study.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListDraftsRequest,
) -> Result<ListDraftsResponse> {
    let size = page::size(request.page_size)?;
    let begin = page::after(request.page_token.as_ref())?.unwrap_or_default();
    let mut after = LogName::new("", LOG_KIND, begin);
    let mut drafts: Vec<DraftSummary> = Vec::new();
    loop {
        let logs = edc.store.logs(Some(""), Some(&after), LOGS_AT_A_TIME).await?;
        for (log, _) in logs.iter().take_while(|(log, _)| log.kind == LOG_KIND) {
            if !context.caller.reaches(Act::DesignStudy, &log.key) {
                continue;
            }
            let Some(found) = summary(edc, &log.key.as_str().into()).await? else { continue };
            if drafts.len() == size {
                let last = drafts.last().map(|draft| page::token(&draft.study_oid));
                return Ok(ListDraftsResponse { drafts, next_page_token: last });
            }
            drafts.push(found);
        }
        match logs.last() {
            Some((last, _)) if last.kind == LOG_KIND => after = last.clone(),
            _ => return Ok(ListDraftsResponse { drafts, next_page_token: None }),
        }
    }
}

async fn summary(edc: &Edc, study: &StudyOid) -> Result<Option<DraftSummary>> {
    let state = edc.drafts.get(study).await?;
    let Some(draft) = &state.open else { return Ok(None) };
    let published = edc.store.head(&StudyShelf::log(study)).await?;
    Ok(Some(DraftSummary {
        study_oid: study.to_string(),
        study_name: draft.version.study_name.clone(),
        meta_data_version_name: draft.version.version_name.clone(),
        revision: value::long(state.head.sequence),
        changed_at: draft.done.last().map(|done| value::at(done.at_ms)),
        changed_by: draft.done.last().map(|done| done.by.clone()).unwrap_or_default(),
        published_before: published.is_some(),
    }))
}
