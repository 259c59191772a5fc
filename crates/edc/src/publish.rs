//! Publishes a study version, adds sites: what happens in the log of a study.

use contract::{Act, Caller, Error, Permit, Scope};
use jiff::tz::TimeZone;
use journal::Draft;
use kernel::{SiteOid, StudyOid, StudyVersion, casebook::Refusal, study::Fault};
use store::{Batch, LogPart};

use crate::{
    Edc,
    compiled::Compiled,
    draft::PlacedFault,
    failure::{Failure, Result},
    study::{FoldedStudy, StudyShelf},
    study_log::{SiteAdded, SiteStatus, StudyEvent, VersionPublished},
};

/// A version that cannot be published, or something is broken.
#[derive(Debug, thiserror::Error)]
pub enum PublishFailure {
    #[error("the study version has {} faults", .0.len())]
    Faults(Vec<Fault>),
    #[error("the draft has {} faults", .0.len())]
    DraftFaults(Vec<PlacedFault>),
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Who writes into the log of a study, why, and by which request.
#[derive(Clone, Debug)]
pub(crate) struct StudyCall<'a> {
    pub permit: &'a Permit,
    pub origin: &'a str,
    pub request: Option<&'a String>,
    pub reason: Option<String>,
}

/// What a publication did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub hash: String,
    /// It was the latest version already.
    pub unchanged: bool,
}

impl Edc {
    /// Publishes a version: valid for every save from now on. All faults are listed at once and
    /// nothing is written if there is one. Publishing the latest version again changes nothing.
    pub async fn publish(
        &self,
        caller: &Caller,
        version: StudyVersion,
        reason: Option<String>,
    ) -> Result<Published, PublishFailure> {
        let oid = version.study_oid.clone();
        let scope = Scope::study_wide(oid.as_str());
        let permit = caller.permit(Act::PublishStudy, scope).map_err(Failure::from)?;
        let call = StudyCall { permit: &permit, origin: "system", request: None, reason };
        let (published, part) = self.publication(&call, version, false).await?;
        if let Some(part) = part {
            self.store.append(Batch::from(part)).await.map_err(Failure::from)?;
            self.studies.forget(&oid);
        }
        Ok(published)
    }

    /// What publishes a version; nothing if it is the latest already.
    pub(crate) async fn publication(
        &self,
        call: &StudyCall<'_>,
        version: StudyVersion,
        site_by_site: bool,
    ) -> Result<(Published, Option<LogPart>), PublishFailure> {
        let oid = version.study_oid.clone();
        let document = serde_json::to_string(&version).expect("a study version has text keys");
        let compiled = Compiled::new(version).map_err(PublishFailure::Faults)?;
        let (hash, version) = (compiled.design.hash().to_string(), compiled.design.version());
        let folded = self.studies.fold(&oid).await?;
        let latest = folded.state.versions.last();
        if latest.is_some_and(|one| one.hash == hash && one.site_by_site == site_by_site) {
            return Ok((Published { hash, unchanged: true }, None));
        }
        if site_by_site && folded.state.general().is_none() {
            let why = "the first version of a study is in force everywhere";
            return Err(Failure::from(Error::invalid("siteBySite", why)).into());
        }
        if folded.state.is_locked {
            return Err(Failure::Refused(Refusal::StudyLocked).into());
        }
        let event = StudyEvent::VersionPublished(VersionPublished {
            hash: hash.clone(),
            version_oid: version.version_oid.clone(),
            version_name: version.version_name.clone(),
            document,
            site_by_site,
        });
        let part = self.study_part(call, &oid, &folded, &[event]);
        Ok((Published { hash, unchanged: false }, Some(part)))
    }

    /// Adds a site to a study and activates it. Adding it again changes nothing. Refuses a time
    /// zone that the IANA database does not have.
    pub async fn add_site(&self, caller: &Caller, study: &StudyOid, site: SiteAdded) -> Result<()> {
        let permit = caller.permit(Act::PublishStudy, Scope::study_wide(study.as_str()))?;
        let folded = self.studies.fold(study).await?;
        if folded.head.sequence == 0 {
            return Err(Failure::StudyUnknown(study.to_string()));
        }
        if folded.state.sites.contains_key(&site.site) {
            return Ok(());
        }
        if TimeZone::get(&site.time_zone).is_err() {
            return Err(Refusal::KeyInvalid {
                what: "the time zone of a site",
                text: site.time_zone,
                why: "it must be a name of the IANA database such as Asia/Shanghai",
            }
            .into());
        }
        let activated =
            StudyEvent::SiteStatusChanged { site: site.site.clone(), status: SiteStatus::Active };
        let call = StudyCall { permit: &permit, origin: "system", request: None, reason: None };
        self.append_study(&call, study, &[StudyEvent::SiteAdded(site), activated]).await
    }

    /// Opens or closes a site.
    pub async fn change_site_status(
        &self,
        caller: &Caller,
        study: &StudyOid,
        site: &SiteOid,
        status: SiteStatus,
        reason: Option<String>,
    ) -> Result<()> {
        let permit = caller.permit(Act::PublishStudy, Scope::study_wide(study.as_str()))?;
        let known = self.study(study).await?;
        if known.site(site)?.status == status {
            return Ok(());
        }
        let event = StudyEvent::SiteStatusChanged { site: site.clone(), status };
        let call = StudyCall { permit: &permit, origin: "system", request: None, reason };
        self.append_study(&call, study, &[event]).await
    }

    pub(crate) async fn append_study(
        &self,
        call: &StudyCall<'_>,
        study: &StudyOid,
        events: &[StudyEvent],
    ) -> Result<()> {
        let folded = self.studies.fold(study).await?;
        let part = self.study_part(call, study, &folded, events);
        self.store.append(Batch::from(part)).await?;
        self.studies.forget(study);
        Ok(())
    }

    /// What appends events to the log of a study that is still as it was read.
    fn study_part(
        &self,
        call: &StudyCall<'_>,
        study: &StudyOid,
        folded: &FoldedStudy,
        events: &[StudyEvent],
    ) -> LogPart {
        let permit = call.permit;
        let recorded_at_ms = (self.clock)().as_millisecond().max(folded.state.recorded_at_ms);
        let drafts: Vec<Draft> = events
            .iter()
            .map(|event| Draft {
                recorded_at_ms,
                actor: permit.user().to_owned(),
                role: permit.role().name().to_owned(),
                on_behalf_of: permit.on_behalf_of().map(ToOwned::to_owned),
                reason: call.reason.clone(),
                origin: call.origin.to_owned(),
                request_id: call.request.cloned().unwrap_or_default(),
                study_version: None,
                kind: event.kind().to_owned(),
                payload: minicbor_serde::to_vec(event).expect("a study event is plain data"),
            })
            .collect();
        LogPart::seal(StudyShelf::log(study), folded.head, &drafts, Vec::new())
    }
}
