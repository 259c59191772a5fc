//! Sites of a study, added and turned on or off by who publishes it.

use contract::{Act, Context, Error, FieldViolation, Scope, build::v1 as proto};
use jiff::tz::TimeZone;
use kernel::{SiteOid, StudyOid};
use proto::change_site_status_request::Status;

use crate::{
    Edc,
    failure::{Failure, Result},
    publish::StudyCall,
    study_log::{SiteAdded, SiteStatus, StudyEvent},
    wire::error::all_valid,
};

const LONGEST_OID: usize = 40;
const LONGEST_NAME_CHARS: usize = 200;
/// Languages of a name, at most.
const MAX_LANGUAGES: usize = 20;

impl Edc {
    /// Adds a site and opens it.
    pub(crate) async fn open_site(
        &self,
        context: &Context,
        request: proto::AddSiteRequest,
    ) -> Result<()> {
        let oid: StudyOid = request.study_oid.as_str().into();
        let permit = context.caller.permit(Act::PublishStudy, Scope::study_wide(oid.as_str()))?;
        all_valid(faults(&request))?;
        let study = self.study(&oid).await?;
        let id = request.request_id.as_ref();
        if id.is_some_and(|id| study.state.requests.contains(id)) {
            return Ok(());
        }
        let site: SiteOid = request.site_oid.as_str().into();
        if study.state.sites.contains_key(&site) {
            let why = format!("the study has a site {site} already; choose another OID");
            return Err(Failure::from(Error::invalid("siteOid", why)));
        }
        let added = StudyEvent::SiteAdded(SiteAdded {
            site: site.clone(),
            name: request.name.into_iter().collect(),
            time_zone: request.time_zone,
            country: request.country.filter(|country| !country.is_empty()),
        });
        let opened = StudyEvent::SiteStatusChanged { site, status: SiteStatus::Active };
        let reason = request.reason.filter(|reason| !reason.trim().is_empty());
        let call = StudyCall { permit: &permit, origin: &context.origin, request: id, reason };
        self.append_study(&call, &oid, &[added, opened]).await
    }

    /// Opens or closes a site.
    pub(crate) async fn turn_site(
        &self,
        context: &Context,
        request: proto::ChangeSiteStatusRequest,
    ) -> Result<()> {
        let oid: StudyOid = request.study_oid.as_str().into();
        let permit = context.caller.permit(Act::PublishStudy, Scope::study_wide(oid.as_str()))?;
        let status = match request.status() {
            Status::Active => SiteStatus::Active,
            Status::Closed => SiteStatus::Closed,
            Status::Unspecified => {
                return Err(Failure::from(Error::invalid("status", "say ACTIVE or CLOSED")));
            }
        };
        if request.reason.trim().is_empty() {
            return Err(Failure::from(Error::invalid("reason", "say why")));
        }
        let study = self.study(&oid).await?;
        let site: SiteOid = request.site_oid.as_str().into();
        let id = request.request_id.as_ref();
        let repeated = id.is_some_and(|id| study.state.requests.contains(id));
        if repeated || study.site(&site)?.status == status {
            return Ok(());
        }
        let reason = Some(request.reason.clone());
        let call = StudyCall { permit: &permit, origin: &context.origin, request: id, reason };
        let event = StudyEvent::SiteStatusChanged { site, status };
        self.append_study(&call, &oid, &[event]).await
    }
}

fn faults(request: &proto::AddSiteRequest) -> Vec<FieldViolation> {
    let mut all = Vec::new();
    let mut fault = |field: &str, description: &str| {
        all.push(FieldViolation { field: field.to_owned(), description: description.to_owned() });
    };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let oid = &request.site_oid;
    if oid.is_empty() || oid.chars().count() > LONGEST_OID || !oid.chars().all(plain) {
        fault("siteOid", "1 to 40 letters, digits, '.', '_' or '-'");
    }
    let is_text =
        |text: &String| !text.trim().is_empty() && text.chars().count() <= LONGEST_NAME_CHARS;
    if request.name.is_empty()
        || request.name.len() > MAX_LANGUAGES
        || !request.name.values().all(is_text)
    {
        fault("name", "a name in one language at least, of 1 to 200 characters each");
    }
    if TimeZone::get(&request.time_zone).is_err() {
        fault("timeZone", "it must be a name of the IANA database such as Asia/Shanghai");
    }
    let is_country = |text: &String| {
        text.is_empty()
            || (matches!(text.len(), 2 | 3) && text.chars().all(|c| c.is_ascii_uppercase()))
    };
    if !request.country.as_ref().is_none_or(is_country) {
        fault("country", "two or three capital letters (ISO 3166)");
    }
    all
}
