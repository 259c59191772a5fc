//! Lets somebody work on a study for a time.

use contract::{
    Act, Context, Error, Scope, Timestamp,
    portfolio::v1::{AssignStaffRequest, AssignStaffResponse},
};

use crate::{
    Portfolio,
    change::{Author, site_unknown},
    event::{Assignment, PortfolioEvent, Post},
    failure::Result,
    field::{Fields, given, reason_missing},
    study::Study,
    update_study::changeable,
    wire,
};

/// Refuses with `STUDY_UNKNOWN`, `SITE_UNKNOWN`, `STUDY_ARCHIVED`, `REASON_MISSING`, `NOT_PERMITTED`
/// and `INVALID_ARGUMENT`.
pub(crate) async fn assign(
    portfolio: &Portfolio,
    context: &Context,
    request: &AssignStaffRequest,
) -> Result<AssignStaffResponse> {
    let oid = request.study_oid.as_str();
    let permit =
        context.caller.permit(Act::ManagePortfolio, place(oid, request.site_oid.as_ref()))?;
    let mut fields = Fields::default();
    let post = wire::post(&mut fields, &request.user, request.function, request.site_oid.as_ref());
    fields.done()?;
    let Some(post) = post else { return Err(Error::invalid("function", "it must be said").into()) };
    let from_ms = request.from.as_ref().map(Timestamp::as_millisecond);
    let until_ms = request.until.as_ref().map(Timestamp::as_millisecond);
    let author = Author {
        permit: &permit,
        context,
        request_id: request.request_id.as_ref(),
        reason: given(request.reason.as_ref()),
    };
    let decide = |study: &Study, now_ms| {
        changeable(oid, study)?;
        if let Some(site) = post.site.as_ref().filter(|site| !study.sites.contains_key(*site)) {
            return Err(site_unknown(site.as_str()));
        }
        let standing = study.standing(&post, now_ms);
        let from_ms = from_ms.or(standing.map(|one| one.from_ms)).unwrap_or(now_ms);
        if until_ms.is_some_and(|until_ms| until_ms <= from_ms) {
            return Err(Error::invalid("until", "it must be behind the beginning"));
        }
        let assignment = Assignment { post: post.clone(), from_ms, until_ms };
        if study.staff.get(&post.user).is_some_and(|all| all.contains(&assignment)) {
            return Ok(None);
        }
        if standing.is_some() && author.reason.is_none() {
            return Err(reason_missing());
        }
        Ok(Some(PortfolioEvent::StaffAssigned(assignment)))
    };
    let study = portfolio.change(oid, &author, decide).await?;
    Ok(AssignStaffResponse { staff_member: study.last(&post).map(wire::of_assignment) })
}

/// Where it must be permitted to say who works there.
pub(crate) fn place(study: &str, site: Option<&String>) -> Scope {
    match site {
        Some(site) => Scope::at_site(study, site.as_str()),
        None => Scope::study_wide(study),
    }
}

/// What stands in the way when nobody has such a post.
pub(crate) fn staff_unknown(post: &Post) -> Error {
    let message = format!("{} does not work there as this", post.user);
    Error::not_found("STAFF_UNKNOWN", message)
}
