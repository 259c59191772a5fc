//! Returns one study.

use std::sync::Arc;

use contract::{
    Context,
    portfolio::v1::{GetStudyRequest, GetStudyResponse},
};

use crate::{
    Portfolio,
    change::study_unknown,
    failure::Result,
    rows::{INSTITUTION, STUDY, StudyRow},
    wire,
};

/// Refuses with `STUDY_UNKNOWN`, also when the caller may not see the study.
pub(crate) async fn get(
    portfolio: &Portfolio,
    context: &Context,
    request: &GetStudyRequest,
) -> Result<GetStudyResponse> {
    let oid = request.study_oid.as_str();
    portfolio.sight(context, oid).await?;
    match portfolio.row(oid).await? {
        Some(row) => Ok(GetStudyResponse { study: Some(wire::of_row(oid, &row)) }),
        None => Err(study_unknown(oid).into()),
    }
}

impl Portfolio {
    /// A study as lists show it.
    pub(crate) async fn row(&self, oid: &str) -> Result<Option<Arc<StudyRow>>> {
        if oid.is_empty() || oid.contains('\0') {
            return Ok(None);
        }
        let row = self.shelf.store().view(STUDY, INSTITUTION, oid).await?;
        row.map(|bytes| self.decoded.study(oid, &bytes)).transpose()
    }
}
