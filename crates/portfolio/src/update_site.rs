//! Changes what is said of a site.

use contract::{
    Act, Context, Error, Scope,
    portfolio::v1::{StaleSite, UpdateSiteRequest, UpdateSiteResponse},
};
use kernel::SiteOid;

use crate::{
    Portfolio,
    change::{Author, site_unknown},
    event::{PortfolioEvent, SiteFacts, SiteStatus},
    failure::Result,
    field::{Edit, Fields, edit, given, is_unsaid, reason_missing},
    study::{Site, Study},
    update_study::changeable,
    wire,
};

/// Refuses with `STUDY_UNKNOWN`, `SITE_UNKNOWN`, `STUDY_ARCHIVED`, `STALE_VERSION`, `REASON_MISSING`,
/// `NOT_PERMITTED` and `INVALID_ARGUMENT`.
pub(crate) async fn update(
    portfolio: &Portfolio,
    context: &Context,
    request: &UpdateSiteRequest,
) -> Result<UpdateSiteResponse> {
    let oid = request.study_oid.as_str();
    let scope = Scope::at_site(oid, request.site_oid.as_str());
    let permit = context.caller.permit(Act::ManagePortfolio, scope)?;
    let site_oid = SiteOid::new(&request.site_oid);
    let edits = Edits::read(request)?;
    let author = Author {
        permit: &permit,
        context,
        request_id: request.request_id.as_ref(),
        reason: given(request.reason.as_ref()),
    };
    let decide = |study: &Study, _| {
        changeable(oid, study)?;
        let Some(site) = study.sites.get(&site_oid) else {
            return Err(site_unknown(&request.site_oid));
        };
        if i64::from(site.version) != i64::from(request.seen_version) {
            return Err(stale(&site_oid, study, site, request.seen_version));
        }
        let after = edits.applied_to(&site.facts);
        if after == site.facts {
            return Ok(None);
        }
        if unsays(&site.facts, &after) && author.reason.is_none() {
            return Err(reason_missing());
        }
        Ok(Some(PortfolioEvent::SiteChanged { site: site_oid.clone(), facts: after }))
    };
    let study = portfolio.change(oid, &author, decide).await?;
    Ok(UpdateSiteResponse { site: wire::of_site(&site_oid, &study) })
}

/// What is to change; see [`Fields`] for what is left out and what is taken away.
#[derive(Debug)]
struct Edits {
    institution: Option<String>,
    department: Edit<String>,
    country: Edit<String>,
    planned_subjects: Edit<u32>,
    status: Option<SiteStatus>,
}

impl Edits {
    fn read(request: &UpdateSiteRequest) -> Result<Self, Error> {
        let mut fields = Fields::default();
        if request.seen_version < 1 {
            fields.fault("seenVersion", "versions count from 1");
        }
        let subjects = request.planned_subject_count;
        let institution = request.institution.as_ref();
        let edits = Self {
            institution: institution.map(|text| fields.text("institution", text)),
            department: fields.edited_text("department", request.department.as_ref()),
            country: fields.edited_text("country", request.country.as_ref()),
            planned_subjects: fields.edited_count("plannedSubjectCount", subjects),
            status: wire::site_status(&mut fields, request.status),
        };
        fields.done()?;
        Ok(edits)
    }

    fn applied_to(&self, before: &SiteFacts) -> SiteFacts {
        let mut facts = before.clone();
        edit(&mut facts.institution, self.institution.clone());
        self.department.apply(&mut facts.department);
        self.country.apply(&mut facts.country);
        self.planned_subjects.apply(&mut facts.planned_subjects);
        edit(&mut facts.status, self.status);
        facts
    }
}

fn unsays(before: &SiteFacts, after: &SiteFacts) -> bool {
    before.institution != after.institution
        || before.status != after.status
        || is_unsaid(before.department.as_ref(), after.department.as_ref())
        || is_unsaid(before.country.as_ref(), after.country.as_ref())
        || is_unsaid(before.planned_subjects.as_ref(), after.planned_subjects.as_ref())
}

fn stale(oid: &SiteOid, study: &Study, site: &Site, seen_version: i32) -> Error {
    let message = format!("the site is at version {}, not {seen_version}", site.version);
    let detail = StaleSite { seen_version, site: wire::of_site(oid, study) };
    Error::aborted("STALE_VERSION", message).with_detail(&detail)
}
