//! Drafts in memory, read anew when their log has moved; and the one way in which they change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use contract::{Act, Caller, Error, Permit, Scope};
use journal::{Chain, Draft as Entry, LogName};
use kernel::{RequestId, StudyOid, study::Design};
use store::{Batch, LogPart, Store, StoreError};

use super::log::{Checked, DraftEvent, DraftState, OpenDraft};
use crate::{
    Edc,
    compiled::Compiled,
    failure::{Failure, Result},
};

/// The kind of a draft's log; its study is the institution, which has the empty name.
pub(crate) const LOG_KIND: &str = "draft";
/// Entries that are read from the store at a time; one may hold a whole study version.
const READ_PAGE: u32 = 50;
/// Drafts that are kept in memory.
const MAX_KEPT: usize = 16;

/// The drafts in memory.
#[derive(Debug)]
pub struct DraftShelf {
    store: Arc<dyn Store>,
    kept: Mutex<HashMap<StudyOid, Arc<DraftState>>>,
}

impl DraftShelf {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, kept: Mutex::default() }
    }

    pub(crate) fn log(study: &StudyOid) -> LogName {
        LogName::new("", LOG_KIND, study.as_str())
    }

    /// The draft of a study as its log tells now; one that never was is empty.
    pub(crate) async fn get(&self, study: &StudyOid) -> Result<Arc<DraftState>> {
        let log = Self::log(study);
        let kept = self.kept().get(study).cloned();
        if let Some(kept) = kept
            && self.store.head(&log).await? == Some(kept.head)
        {
            return Ok(kept);
        }
        let state = self.read(&log).await?;
        let state = Arc::new(state);
        let mut kept = self.kept();
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(study.clone(), Arc::clone(&state));
        Ok(state)
    }

    async fn read(&self, log: &LogName) -> Result<DraftState> {
        let broken = || Failure::Broken(log.to_string());
        let mut state = DraftState::default();
        let mut chain = Chain::new(log.clone());
        loop {
            let entries = self.store.read(log, state.head.sequence + 1, READ_PAGE).await?;
            for sealed in &entries {
                let entry = chain.accept(sealed).map_err(|_| broken())?;
                state.take(&entry, sealed.head()).map_err(|_| broken())?;
            }
            if entries.len() < READ_PAGE as usize {
                break;
            }
        }
        if let Some(draft) = &mut state.open {
            draft.checked = Some(check(draft));
        }
        Ok(state)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<StudyOid, Arc<DraftState>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check(draft: &OpenDraft) -> Checked {
    match Compiled::new(draft.version.clone()) {
        Ok(compiled) => Checked {
            design: compiled.design.clone(),
            faults: Vec::new(),
            compiled: Some(Arc::new(compiled)),
        },
        Err(faults) => {
            let design = Design::new(Arc::new(draft.version.clone()));
            Checked { design, faults, compiled: None }
        }
    }
}

impl DraftState {
    /// The draft, if there is one.
    pub fn draft(&self, study: &StudyOid) -> Result<&OpenDraft> {
        self.open.as_ref().ok_or_else(|| unknown(study))
    }

    /// Refuses whoever did not see the draft as it is.
    pub fn seen(&self, revision: i64) -> Result<()> {
        if i64::try_from(self.head.sequence) == Ok(revision) {
            return Ok(());
        }
        Err(stale(self.head.sequence))
    }

    /// The revision that a request came to, if it was carried out before.
    pub fn repeated(&self, request: Option<&String>) -> Option<u64> {
        self.requests.get(&RequestId::new(request?)).copied()
    }
}

impl OpenDraft {
    /// The design, and what is wrong with it.
    pub fn checked(&self) -> Result<&Checked> {
        self.checked.as_ref().ok_or_else(|| Failure::Broke("a draft was not checked".to_owned()))
    }
}

pub(crate) fn unknown(study: &StudyOid) -> Failure {
    Error::not_found("DRAFT_UNKNOWN", format!("study {study} has no draft")).into()
}

pub(super) fn stale(revision: u64) -> Failure {
    let message = format!("the draft was changed in between; it is at revision {revision}");
    let error = Error::aborted("STALE_DRAFT", message);
    error.with_metadata("revision", revision.to_string()).into()
}

/// Who changes a draft, why, and by which request.
#[derive(Debug)]
pub(crate) struct DraftCall<'a> {
    pub permit: &'a Permit,
    pub origin: &'a str,
    pub request: Option<&'a String>,
    pub reason: Option<String>,
}

/// A permit to design a study.
pub(crate) fn permit_design(caller: &Caller, study: &StudyOid) -> Result<Permit> {
    Ok(caller.permit(Act::DesignStudy, Scope::study_wide(study.as_str()))?)
}

impl Edc {
    /// What appends an event to a draft that is still as it was read.
    pub(crate) fn draft_part(
        &self,
        study: &StudyOid,
        state: &DraftState,
        call: &DraftCall<'_>,
        event: &DraftEvent,
    ) -> LogPart {
        let entry = Entry {
            recorded_at_ms: (self.clock)().as_millisecond().max(state.recorded_at_ms),
            actor: call.permit.user().to_owned(),
            role: call.permit.role().name().to_owned(),
            on_behalf_of: call.permit.on_behalf_of().map(ToOwned::to_owned),
            reason: call.reason.clone(),
            origin: call.origin.to_owned(),
            request_id: call.request.cloned().unwrap_or_default(),
            study_version: None,
            kind: event.kind().to_owned(),
            payload: minicbor_serde::to_vec(event).expect("a draft's event is plain data"),
        };
        LogPart::seal(DraftShelf::log(study), state.head, &[entry], Vec::new())
    }

    /// Appends an event to a draft. Refuses if somebody else was first. Answers with the revision.
    pub(crate) async fn append_draft(
        &self,
        study: &StudyOid,
        state: &DraftState,
        call: &DraftCall<'_>,
        event: &DraftEvent,
    ) -> Result<u64> {
        let part = self.draft_part(study, state, call, event);
        let revision = part.head().sequence;
        match self.store.append(Batch::from(part)).await {
            Ok(_) => Ok(revision),
            Err(StoreError::HeadMoved { actual, .. }) => Err(stale(actual.sequence)),
            Err(error) => Err(error.into()),
        }
    }
}
