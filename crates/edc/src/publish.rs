//! Publishes a study version, and appends whatever else happens in the log of a study.

use contract::{Act, Caller, Error, Permit, Scope};
use journal::Draft;
use kernel::{StudyOid, StudyVersion, casebook::Refusal, study::Fault};
use store::{Batch, LogPart, StoreError};

use crate::{
    Edc,
    compiled::Compiled,
    draft::PlacedFault,
    failure::{Failure, Result},
    study::{FoldedStudy, StudyShelf},
    study_log::{StudyEvent, StudyState, VersionPublished},
};

/// Others may be first so often before a change is given up.
const MAX_ATTEMPTS: u32 = 20;

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
        if folded.state.is_locked() {
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

    /// Appends to the log of a study what `decide` makes of it as it stands; decides again when
    /// somebody else was first. A request that was carried out before writes nothing.
    pub(crate) async fn change_study(
        &self,
        call: &StudyCall<'_>,
        study: &StudyOid,
        decide: impl Fn(&StudyState) -> Result<Vec<StudyEvent>>,
    ) -> Result<()> {
        for _ in 0..MAX_ATTEMPTS {
            let folded = self.studies.fold(study).await?;
            if folded.head.sequence == 0 {
                return Err(Failure::StudyUnknown(study.to_string()));
            }
            if call.request.is_some_and(|id| folded.state.requests.contains(id)) {
                return Ok(());
            }
            let events = decide(&folded.state)?;
            if events.is_empty() {
                return Ok(());
            }
            let part = self.study_part(call, study, &folded, &events);
            let appended = self.store.append(Batch::from(part)).await;
            self.studies.forget(study);
            match appended {
                Ok(_) => return Ok(()),
                Err(StoreError::HeadMoved { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Busy(study.to_string()))
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
