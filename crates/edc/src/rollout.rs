//! From when which site works under which version: said, listed, asked.

use contract::{Act, Caller, Context, Error, FieldViolation, Scope, build::v1 as proto};
use jiff::civil::Date;
use kernel::{SiteOid, StudyOid, StudyVersion, SubjectKey, study::diff};

use crate::{
    Edc,
    book::lock,
    compiled::Compiled,
    failure::Result,
    publish::StudyCall,
    read::today::today_at,
    study::Study,
    study_log::{SiteVersion, SiteVersionScheduled, StudyEvent},
    wire::{self, error::all_valid, value},
};

use std::sync::Arc;

/// Sites of one request, at most.
const MAX_SITES: usize = 1_000;
/// Versions that are listed, at most.
const MAX_VERSIONS: usize = 1_000;
/// Differences that are told, at most.
const MAX_DIFFERENCES: usize = 5_000;

impl Edc {
    /// The hash of the version that a casebook takes when it is opened at a site today; none where
    /// that is the one in force for all.
    pub(crate) fn version_at(&self, study: &Study, site: &SiteOid) -> Result<Option<String>> {
        if study.newer.is_empty() {
            return Ok(None);
        }
        let today = today_at(self, study, site)?.to_string();
        Ok(study.state.version_at(site, &today).map(ToOwned::to_owned))
    }

    /// The version under which the casebook of a subject is.
    pub(crate) async fn version_of(
        &self,
        study: &Study,
        subject: &SubjectKey,
    ) -> Result<Arc<Compiled>> {
        if study.newer.is_empty() {
            return Ok(Arc::clone(&study.compiled));
        }
        let book = self.shelf.get(study, subject).await?;
        let book = lock(&book);
        Ok(Arc::clone(study.of(&book.casebook)))
    }

    /// Says from which day sites work under a version.
    pub(crate) async fn schedule_version(
        &self,
        context: &Context,
        request: &proto::ScheduleVersionRequest,
    ) -> Result<proto::ScheduleVersionResponse> {
        let oid: StudyOid = request.study_oid.as_str().into();
        let permit = context.caller.permit(Act::PublishStudy, Scope::study_wide(oid.as_str()))?;
        let study = self.study(&oid).await?;
        let hash = &request.version_hash;
        if !study.newer.iter().any(|version| version.hash.to_string() == *hash) {
            return Err(not_site_by_site(&study, hash).into());
        }
        all_valid(faults(self, &study, request)?)?;
        let scheduled = |site: &String| SiteVersionScheduled {
            site: site.as_str().into(),
            hash: hash.clone(),
            effective_date: request.effective_date.clone(),
        };
        let id = request.request_id.as_ref();
        let reason = Some(request.reason.clone());
        let call = StudyCall { permit: &permit, origin: &context.origin, request: id, reason };
        self.change_study(&call, &oid, |_| {
            let sites = request.site_oids.iter();
            Ok(sites.map(|site| StudyEvent::SiteVersionScheduled(scheduled(site))).collect())
        })
        .await?;
        let study = self.study(&oid).await?;
        let said = study.state.site_versions.iter().rev();
        let wanted = |one: &&SiteVersion| {
            one.scheduled.hash == *hash
                && request.site_oids.iter().any(|site| *site == *one.scheduled.site.as_str())
        };
        let sites = said.filter(wanted).take(request.site_oids.len());
        let sites = sites.map(|one| site_version(self, &study, one)).collect::<Result<_>>()?;
        Ok(proto::ScheduleVersionResponse { sites })
    }

    /// Lists the versions of a study and what was said of the sites that the caller may see.
    pub(crate) async fn list_versions(
        &self,
        caller: &Caller,
        request: &proto::ListVersionsRequest,
    ) -> Result<proto::ListVersionsResponse> {
        let oid: StudyOid = request.study_oid.as_str().into();
        caller.permit(Act::ReadStudy, Scope::study_wide(oid.as_str()))?;
        let study = self.study(&oid).await?;
        let visible = caller.sites(Act::ReadStudy, oid.as_str());
        let versions = study.state.versions.iter().take(MAX_VERSIONS).map(|one| proto::Version {
            version_hash: one.hash.clone(),
            meta_data_version_oid: one.version_oid.to_string(),
            meta_data_version_name: one.version_name.clone(),
            published_at: Some(value::at(one.published_at_ms)),
            published_by: one.published_by.clone(),
            reason: one.reason.clone(),
            site_by_site: one.site_by_site,
        });
        let said = study.state.site_versions.iter();
        let said = said.filter(|one| visible.contains(one.scheduled.site.as_str()));
        Ok(proto::ListVersionsResponse {
            versions: versions.collect(),
            general_version_hash: study.compiled.hash.to_string(),
            sites: said.map(|one| site_version(self, &study, one)).collect::<Result<_>>()?,
        })
    }

    /// Says in words how two versions differ.
    pub(crate) async fn compare_versions(
        &self,
        caller: &Caller,
        request: &proto::CompareVersionsRequest,
    ) -> Result<proto::CompareVersionsResponse> {
        let oid: StudyOid = request.study_oid.as_str().into();
        crate::draft::permit_design(caller, &oid)?;
        let old = wire::subject::given(request.old_version_hash.as_ref());
        let old = self.published(caller, &oid, old).await?;
        let new = match wire::subject::given(request.new_version_hash.as_ref()) {
            Some(hash) => self.published(caller, &oid, Some(hash)).await?,
            None => self.drafts.get(&oid).await?.draft(&oid)?.version.clone(),
        };
        let all = diff(&old, &new);
        let count = value::number(all.len());
        let differences = all.into_iter().take(MAX_DIFFERENCES).map(|one| proto::Difference {
            kind: one.kind.to_owned(),
            oid: one.oid,
            what: one.what,
        });
        Ok(proto::CompareVersionsResponse { differences: differences.collect(), count })
    }

    /// A published version by its whole hash; the one that was published last when nothing is given.
    pub(crate) async fn published(
        &self,
        caller: &Caller,
        study: &StudyOid,
        hash: Option<&str>,
    ) -> Result<StudyVersion> {
        let state = self.study_state(study).await?;
        if let Some(hash) = hash
            && state.position(hash).is_none()
        {
            return Err(version_unknown(study, hash).into());
        }
        self.version(caller, study, hash).await
    }
}

pub(crate) fn version_unknown(study: &StudyOid, hash: &str) -> Error {
    Error::not_found("VERSION_UNKNOWN", format!("study {study} has no version {hash}"))
}

fn not_site_by_site(study: &Study, hash: &str) -> Error {
    if study.state.position(hash).is_none() {
        return version_unknown(&study.oid, hash);
    }
    let message = format!("version {hash} is in force for all, or a later one is");
    Error::refused("VERSION_NOT_SITE_BY_SITE", message)
}

fn faults(
    edc: &Edc,
    study: &Study,
    request: &proto::ScheduleVersionRequest,
) -> Result<Vec<FieldViolation>> {
    let fault = |field: &str, description: String| FieldViolation::new(field, description);
    let mut all = Vec::new();
    if request.reason.trim().is_empty() {
        all.push(fault("reason", "say why".to_owned()));
    }
    if request.site_oids.is_empty() || request.site_oids.len() > MAX_SITES {
        all.push(fault("siteOids", format!("1 to {MAX_SITES} sites")));
    }
    let date: Option<Date> = request.effective_date.parse().ok();
    if date.is_none_or(|date| date.to_string() != request.effective_date) {
        all.push(fault("effectiveDate", "a date is YYYY-MM-DD".to_owned()));
    }
    for (at, oid) in request.site_oids.iter().take(MAX_SITES).enumerate() {
        let site: SiteOid = oid.as_str().into();
        if study.site(&site).is_err() {
            all.push(fault(&format!("siteOids[{at}]"), format!("there is no site {oid}")));
        } else if let Some(date) = date
            && date < today_at(edc, study, &site)?
        {
            // Whoever was screened since then has worked under another version.
            all.push(fault("effectiveDate", format!("the day is over at site {oid}")));
        }
    }
    Ok(all)
}

fn site_version(edc: &Edc, study: &Study, one: &SiteVersion) -> Result<proto::SiteVersion> {
    let today = today_at(edc, study, &one.scheduled.site)?.to_string();
    Ok(proto::SiteVersion {
        site_oid: one.scheduled.site.to_string(),
        version_hash: one.scheduled.hash.clone(),
        effective_date: one.scheduled.effective_date.clone(),
        in_force: one.scheduled.effective_date <= today,
        scheduled_by: one.scheduled_by.clone(),
        reason: one.reason.clone().unwrap_or_default(),
    })
}
