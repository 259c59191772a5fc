//! Lists studies, and returns the design of one.

use contract::{
    Act, Context, Error, Scope,
    edc::v1::{
        GetStudyRequest, ListStudiesRequest, ListStudiesResponse, Study as StudyMessage,
        StudySummary,
    },
    page,
};
use journal::LogName;
use kernel::{StudyOid, study::Design};
use std::sync::Arc;

use super::sites::counts;
use crate::{Edc, Failure, failure::Result, study::LOG_KIND, wire};

/// Logs of studies that are read at a time.
const LOGS_AT_A_TIME: u32 = 100;

/// Lists the studies in which the caller has a role, by OID. One that was never published is not
/// there yet.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListStudiesRequest,
) -> Result<ListStudiesResponse> {
    let size = page::size(request.page_size)?;
    let begin = page::after(request.page_token.as_ref())?.unwrap_or_default();
    let mut after = LogName::new("", LOG_KIND, begin);
    let mut studies: Vec<StudySummary> = Vec::new();
    loop {
        let logs = edc.store.logs(Some(""), Some(&after), LOGS_AT_A_TIME).await?;
        for (log, _) in logs.iter().take_while(|(log, _)| log.kind == LOG_KIND) {
            if !context.caller.reaches(Act::ReadStudy, &log.key) {
                continue;
            }
            let Some(found) = summary(edc, context, &log.key.as_str().into()).await? else {
                continue;
            };
            if studies.len() == size {
                let last = studies.last().map(|study| page::token(&study.study_oid));
                return Ok(ListStudiesResponse { studies, next_page_token: last });
            }
            studies.push(found);
        }
        match logs.last() {
            Some((last, _)) if last.kind == LOG_KIND => after = last.clone(),
            _ => return Ok(ListStudiesResponse { studies, next_page_token: None }),
        }
    }
}

async fn summary(edc: &Edc, context: &Context, oid: &StudyOid) -> Result<Option<StudySummary>> {
    let study = match edc.study(oid).await {
        Err(Failure::StudyNotPublished(_)) => return Ok(None),
        other => other?,
    };
    let visible = context.caller.sites(Act::ReadData, oid.as_str());
    let (sites, subjects) = counts(edc, &study, &visible).await?;
    Ok(Some(wire::study::summary(&study, sites, subjects)))
}

/// Returns the design of the version in force, or of the one that is named by its hash.
pub(crate) async fn get(
    edc: &Edc,
    context: &Context,
    request: &GetStudyRequest,
) -> Result<StudyMessage> {
    let oid: StudyOid = request.study_oid.as_str().into();
    context.caller.permit(Act::ReadStudy, Scope::study_wide(oid.as_str()))?;
    let study = edc.study(&oid).await?;
    let design = &study.compiled.design;
    let wanted = wire::subject::given(request.version_hash.as_ref());
    let Some(hash) = wanted.filter(|hash| *hash != design.hash().to_string()) else {
        return Ok(wire::design::study(design));
    };
    let known = study.state.versions.iter().any(|version| version.hash == hash);
    if !known {
        let message = format!("study {oid} has no version {hash}");
        return Err(Error::not_found("VERSION_UNKNOWN", message).into());
    }
    let version = edc.version(&context.caller, &oid, Some(hash)).await?;
    Ok(wire::design::study(&Design::new(Arc::new(version))))
}
