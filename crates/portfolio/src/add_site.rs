//! Adds a site to a study.

use contract::{
    Act, Context, Error, Scope,
    portfolio::v1::{AddSiteRequest, AddSiteResponse},
};
use kernel::SiteOid;

use crate::{
    Portfolio,
    change::Author,
    event::{PortfolioEvent, SiteFacts},
    failure::Result,
    field::Fields,
    study::Study,
    update_study::changeable,
    wire,
};

/// Refuses with `STUDY_UNKNOWN`, `STUDY_ARCHIVED`, `SITE_EXISTS`, `NOT_PERMITTED` and
/// `INVALID_ARGUMENT`.
pub(crate) async fn add(
    portfolio: &Portfolio,
    context: &Context,
    request: &AddSiteRequest,
) -> Result<AddSiteResponse> {
    let oid = request.study_oid.as_str();
    let permit = context.caller.permit(Act::ManagePortfolio, Scope::study_wide(oid))?;
    let (site, facts) = read(request)?;
    let author =
        Author { permit: &permit, context, request_id: request.request_id.as_ref(), reason: None };
    let decide = |study: &Study, _| {
        changeable(oid, study)?;
        if study.sites.contains_key(&site) {
            let message = format!("the study already has a site {site}");
            return Err(Error::already_exists("SITE_EXISTS", message));
        }
        let (site, facts) = (site.clone(), facts.clone());
        Ok(Some(PortfolioEvent::SiteAdded { site, facts }))
    };
    let study = portfolio.change(oid, &author, decide).await?;
    Ok(AddSiteResponse { site: wire::of_site(&site, &study) })
}

fn read(request: &AddSiteRequest) -> Result<(SiteOid, SiteFacts), Error> {
    let mut fields = Fields::default();
    let site = fields.oid("siteOid", &request.site_oid);
    let planned_subjects =
        fields.edited_count("plannedSubjectCount", request.planned_subject_count).said();
    let facts = SiteFacts {
        institution: fields.text("institution", &request.institution),
        department: fields.edited_text("department", request.department.as_ref()).said(),
        country: fields.edited_text("country", request.country.as_ref()).said(),
        planned_subjects,
        status: wire::site_status(&mut fields, request.status).unwrap_or_default(),
    };
    fields.done()?;
    Ok((site.into(), facts))
}
