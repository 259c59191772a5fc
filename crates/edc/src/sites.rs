//! Sites of a study, added and turned on or off by who publishes it.

use contract::{Act, Caller, Context, Error, FieldViolation, Scope, build::v1 as proto};
use jiff::tz::TimeZone;
use kernel::{
    SiteOid, StudyOid,
    casebook::{KeyKind, Refusal},
};
use proto::change_site_status_request::Status;

use crate::{
    Edc,
    failure::Result,
    publish::StudyCall,
    study_log::{SiteAdded, SiteStatus, StudyEvent},
    wire::error::all_valid,
};

const LONGEST_OID: usize = 40;
const LONGEST_NAME_CHARS: usize = 200;
/// Languages of a name, at most.
const MAX_LANGUAGES: usize = 20;

impl Edc {
    /// Adds a site to a study and opens it. Adding it again changes nothing. Refuses a time zone
    /// that the IANA database does not have.
    pub async fn add_site(&self, caller: &Caller, study: &StudyOid, site: SiteAdded) -> Result<()> {
        let permit = caller.permit(Act::PublishStudy, Scope::study_wide(study.as_str()))?;
        if !is_time_zone(&site.time_zone) {
            return Err(
                Refusal::KeyInvalid { what: KeyKind::TimeZone, text: site.time_zone }.into()
            );
        }
        let call = StudyCall { permit: &permit, origin: "system", request: None, reason: None };
        self.change_study(&call, study, |state| {
            let is_there = state.sites.contains_key(&site.site);
            Ok(if is_there { Vec::new() } else { added(&site) })
        })
        .await
    }

    /// Adds a site and opens it; refuses one that is there.
    pub(crate) async fn open_site(
        &self,
        context: &Context,
        request: proto::AddSiteRequest,
    ) -> Result<()> {
        let oid: StudyOid = request.study_oid.as_str().into();
        let permit = context.caller.permit(Act::PublishStudy, Scope::study_wide(oid.as_str()))?;
        all_valid(faults(&request))?;
        let site = SiteAdded {
            site: request.site_oid.as_str().into(),
            name: request.name.into_iter().collect(),
            time_zone: request.time_zone,
            country: request.country.filter(|country| !country.is_empty()),
        };
        let call = StudyCall {
            permit: &permit,
            origin: &context.origin,
            request: request.request_id.as_ref(),
            reason: request.reason.filter(|reason| !reason.trim().is_empty()),
        };
        self.change_study(&call, &oid, |state| {
            if state.sites.contains_key(&site.site) {
                let why = format!("the study has a site {}; choose another OID", site.site);
                return Err(Error::invalid("siteOid", why).into());
            }
            Ok(added(&site))
        })
        .await
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
                return Err(Error::invalid("status", "say ACTIVE or CLOSED").into());
            }
        };
        if request.reason.trim().is_empty() {
            return Err(Error::invalid("reason", "say why").into());
        }
        let site: SiteOid = request.site_oid.as_str().into();
        let call = StudyCall {
            permit: &permit,
            origin: &context.origin,
            request: request.request_id.as_ref(),
            reason: Some(request.reason),
        };
        self.change_study(&call, &oid, |state| {
            let known = state.sites.get(&site).ok_or(Refusal::SiteUnknown(site.clone()))?;
            if known.status == status {
                return Ok(Vec::new());
            }
            Ok(vec![StudyEvent::SiteStatusChanged { site: site.clone(), status }])
        })
        .await
    }
}

fn added(site: &SiteAdded) -> Vec<StudyEvent> {
    let opened =
        StudyEvent::SiteStatusChanged { site: site.site.clone(), status: SiteStatus::Active };
    vec![StudyEvent::SiteAdded(site.clone()), opened]
}

fn is_time_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

fn faults(request: &proto::AddSiteRequest) -> Vec<FieldViolation> {
    let mut all = Vec::new();
    let mut fault = |field: &str, description: &str| {
        all.push(FieldViolation::new(field, description));
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
    if !is_time_zone(&request.time_zone) {
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
