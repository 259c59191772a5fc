//! Publishes a study version, adds sites: what happens in the log of a study.

use contract::{Act, Caller, Scope};
use jiff::tz::TimeZone;
use journal::Draft;
use kernel::{SiteOid, StudyOid, StudyVersion, casebook::Refusal, study::Fault};
use store::Batch;

use crate::{
    Edc,
    compiled::Compiled,
    failure::{Failure, Result},
    study::StudyShelf,
    study_log::{SiteAdded, SiteStatus, StudyEvent, VersionPublished},
};

/// A version that cannot be published, or something is broken.
#[derive(Debug, thiserror::Error)]
pub enum PublishFailure {
    #[error("the study version has {} faults", .0.len())]
    Faults(Vec<Fault>),
    #[error(transparent)]
    Failed(#[from] Failure),
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
        let document = serde_json::to_string(&version).expect("a study version has text keys");
        let compiled = Compiled::new(version).map_err(PublishFailure::Faults)?;
        let (hash, version) = (compiled.design.hash().to_string(), compiled.design.version());
        let folded = self.studies.fold(&oid).await?;
        if folded.state.versions.last().is_some_and(|latest| latest.hash == hash) {
            return Ok(Published { hash, unchanged: true });
        }
        if folded.state.is_locked {
            return Err(Failure::Refused(Refusal::StudyLocked).into());
        }
        let event = StudyEvent::VersionPublished(VersionPublished {
            hash: hash.clone(),
            version_oid: version.version_oid.clone(),
            version_name: version.version_name.clone(),
            document,
        });
        self.append_study(&permit, &oid, &[event], reason).await?;
        Ok(Published { hash, unchanged: false })
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
        self.append_study(&permit, study, &[StudyEvent::SiteAdded(site), activated], None).await
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
        self.append_study(&permit, study, &[event], reason).await
    }

    async fn append_study(
        &self,
        permit: &contract::Permit,
        study: &StudyOid,
        events: &[StudyEvent],
        reason: Option<String>,
    ) -> Result<()> {
        let folded = self.studies.fold(study).await?;
        let recorded_at_ms = (self.clock)().as_millisecond().max(folded.state.recorded_at_ms);
        let drafts: Vec<Draft> = events
            .iter()
            .map(|event| Draft {
                recorded_at_ms,
                actor: permit.user().to_owned(),
                role: permit.role().name().to_owned(),
                on_behalf_of: permit.on_behalf_of().map(ToOwned::to_owned),
                reason: reason.clone(),
                origin: "system".to_owned(),
                request_id: String::new(),
                study_version: None,
                kind: event.kind().to_owned(),
                payload: minicbor_serde::to_vec(event).expect("a study event is plain data"),
            })
            .collect();
        let batch = Batch::seal(StudyShelf::log(study), folded.head, &drafts, Vec::new());
        self.store.append(batch).await?;
        self.studies.forget(study);
        Ok(())
    }
}
