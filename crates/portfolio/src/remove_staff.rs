//! Ends somebody's work on a study.

use contract::{
    Act, Context, Error,
    portfolio::v1::{RemoveStaffRequest, RemoveStaffResponse},
};

use crate::{
    Portfolio,
    assign_staff::{place, staff_unknown},
    change::Author,
    event::PortfolioEvent,
    failure::Result,
    field::{Fields, given, reason_missing},
    study::Study,
    update_study::changeable,
    wire,
};

/// Refuses with `STUDY_UNKNOWN`, `STUDY_ARCHIVED`, `STAFF_UNKNOWN`, `REASON_MISSING`, `NOT_PERMITTED`
/// and `INVALID_ARGUMENT`.
pub(crate) async fn remove(
    portfolio: &Portfolio,
    context: &Context,
    request: &RemoveStaffRequest,
) -> Result<RemoveStaffResponse> {
    let oid = request.study_oid.as_str();
    let permit =
        context.caller.permit(Act::ManagePortfolio, place(oid, request.site_oid.as_ref()))?;
    let mut fields = Fields::default();
    let post = wire::post(&mut fields, &request.user, request.function, request.site_oid.as_ref());
    fields.done()?;
    let Some(post) = post else { return Err(Error::invalid("function", "it must be said").into()) };
    let Some(reason) = given(Some(&request.reason)) else { return Err(reason_missing().into()) };
    let author = Author {
        permit: &permit,
        context,
        request_id: request.request_id.as_ref(),
        reason: Some(reason),
    };
    let decide = |study: &Study, now_ms| {
        changeable(oid, study)?;
        match study.standing(&post, now_ms) {
            Some(_) => Ok(Some(PortfolioEvent::StaffRemoved(post.clone()))),
            None => Err(staff_unknown(&post)),
        }
    };
    let study = portfolio.change(oid, &author, decide).await?;
    Ok(RemoveStaffResponse { staff_member: study.last(&post).map(wire::of_assignment) })
}
