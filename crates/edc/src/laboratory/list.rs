//! Lists the reference ranges of a study, as they are or as they were, and how they came.

use contract::{Act, Context, Error, Scope, edc::v1 as proto, page};
use kernel::{StudyOid, laboratory::ReferenceRange};

use super::import::told;
use crate::{
    Edc,
    failure::Result,
    study_log::RangeImport,
    wire::{self, value},
};

/// Imports that are listed, at most; the newest.
const MAX_IMPORTS: usize = 200;

/// A page of the ranges that hold at sites that the caller may see.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &proto::ListRangesRequest,
) -> Result<proto::ListRangesResponse> {
    let oid: StudyOid = request.study_oid.as_str().into();
    context.caller.permit(Act::ReadStudy, Scope::study_wide(oid.as_str()))?;
    let study = edc.study(&oid).await?;
    let imports = &study.state.range_imports;
    let at = request.entry.and_then(|entry| u64::try_from(entry).ok());
    if request.entry.is_some() && !imports.iter().any(|import| Some(import.entry) == at) {
        return Err(Error::invalid("entry", "no ranges were loaded by this entry").into());
    }
    let visible = context.caller.sites(Act::ReadStudy, oid.as_str());
    let (at_site, test) = (given(request.site_oid.as_ref()), given(request.test.as_ref()));
    let laboratory = given(request.laboratory.as_ref());
    let wanted = |range: &ReferenceRange| {
        let here = range.site.as_ref();
        here.is_none_or(|here| visible.contains(here.as_str()))
            && at_site.is_none_or(|site| here.is_none_or(|here| here.as_str() == site))
            && test.is_none_or(|test| range.test == test)
            && laboratory.is_none_or(|laboratory| range.laboratory == laboratory)
    };
    let ranges = study.state.ranges(at);
    let found: Vec<&ReferenceRange> = ranges.iter().filter(|range| wanted(range)).collect();
    let (most, after) = (page::size(request.page_size)?, page::after(request.page_token.as_ref())?);
    let begin = match after {
        None => 0,
        Some(after) => after.parse::<usize>().map_err(|_| page::unknown_token())?,
    };
    let end = begin.saturating_add(most);
    Ok(proto::ListRangesResponse {
        ranges: found.iter().skip(begin).take(most).map(|range| told(range)).collect(),
        range_count: value::number(found.len()),
        imports: imports.iter().rev().take(MAX_IMPORTS).map(import).collect(),
        next_page_token: (end < found.len()).then(|| page::token(&end.to_string())),
    })
}

fn given(text: Option<&String>) -> Option<&str> {
    wire::subject::given(text)
}

fn import(import: &RangeImport) -> proto::RangeImport {
    proto::RangeImport {
        entry: value::long(import.entry),
        imported_at: Some(value::at(import.imported_at_ms)),
        imported_by: import.imported_by.clone(),
        reason: import.reason.clone().unwrap_or_default(),
        file_name: import.imported.file_name.clone(),
        file_sha256: import.imported.file_sha256.clone(),
        range_count: value::number(import.imported.ranges.len()),
    }
}
