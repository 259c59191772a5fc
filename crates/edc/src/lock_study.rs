//! Locks a study, and unlocks it: permit, read, decide, append, answer. What must be done before is
//! counted from the rows of subjects.

use contract::{Act, Context, Permit, Scope, edc::v1::work::Kind as Work};
use journal::{Draft, Hash};
use kernel::{StudyOid, casebook::Refusal};
use store::{Batch, StoreError};

use crate::{
    Edc,
    failure::{Failure, Result},
    read::{sight::Sight, worklists},
    study::{Study, StudyShelf},
    study_log::{StudyEvent, StudyLocked},
};

/// How often somebody else may write the log of the study while a lock is decided.
const MAX_ATTEMPTS: u32 = 5;
/// Entries of the log of a study that are read at a time.
const PAGE: u32 = 50;

/// What is counted before a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PointKind {
    QueriesPending,
    FormsMissing,
    FormsIncomplete,
    FormsUnverified,
    CasebooksUnsigned,
    FormsUnlocked,
    SubjectsInStudy,
    VisitsOverdue,
}

impl PointKind {
    const ALL: [Self; 8] = [
        Self::QueriesPending,
        Self::FormsMissing,
        Self::FormsIncomplete,
        Self::FormsUnverified,
        Self::CasebooksUnsigned,
        Self::FormsUnlocked,
        Self::SubjectsInStudy,
        Self::VisitsOverdue,
    ];

    /// The name that stands in the journal.
    pub fn code(self) -> &'static str {
        match self {
            Self::QueriesPending => "QUERIES_PENDING",
            Self::FormsMissing => "FORMS_MISSING",
            Self::FormsIncomplete => "FORMS_INCOMPLETE",
            Self::FormsUnverified => "FORMS_UNVERIFIED",
            Self::CasebooksUnsigned => "CASEBOOKS_UNSIGNED",
            Self::FormsUnlocked => "FORMS_UNLOCKED",
            Self::SubjectsInStudy => "SUBJECTS_IN_STUDY",
            Self::VisitsOverdue => "VISITS_OVERDUE",
        }
    }

    /// Whether it stands in the way of a lock that is made without a reason.
    pub fn is_blocking(self) -> bool {
        self != Self::VisitsOverdue
    }

    /// Whether it stands in the way whatever the reason: a question about data that is not settled.
    pub fn is_absolute(self) -> bool {
        self == Self::QueriesPending
    }

    /// The list that shows what is counted.
    pub fn work(self) -> Option<Work> {
        match self {
            Self::FormsMissing => Some(Work::FormMissing),
            Self::FormsIncomplete => Some(Work::FormIncomplete),
            Self::FormsUnverified => Some(Work::FormToVerify),
            Self::FormsUnlocked => Some(Work::FormUnlocked),
            Self::VisitsOverdue => Some(Work::VisitOverdue),
            Self::QueriesPending | Self::CasebooksUnsigned | Self::SubjectsInStudy => None,
        }
    }

    fn count(self, load: &worklists::Load) -> u32 {
        match self {
            Self::QueriesPending => load.pending_queries,
            Self::CasebooksUnsigned => load.unsigned_casebooks,
            Self::SubjectsInStudy => load.taking_part,
            other => other.work().map_or(0, |kind| load.of(kind)),
        }
    }
}

/// How much of one kind is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub kind: PointKind,
    pub count: u32,
}

/// What is to be done before a study is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checklist {
    pub open: Vec<Open>,
    pub subjects: u32,
    pub records: u32,
    pub counted_at_ms: i64,
    study: String,
}

impl Checklist {
    /// Names the counts.
    pub fn sha256(&self) -> String {
        let open: Vec<_> = self.open.iter().map(|one| (one.kind.code(), one.count)).collect();
        let text = serde_json::to_vec(&(&self.study, open, self.subjects, self.records));
        Hash::of(&text.expect("plain data has JSON")).to_string()
    }

    /// What stands in the way of a lock, with a reason or without.
    fn blockers(&self, has_reason: bool) -> Vec<String> {
        let blocks = |one: &&Open| {
            let kind = one.kind;
            one.count > 0 && (kind.is_absolute() || (kind.is_blocking() && !has_reason))
        };
        self.open.iter().filter(blocks).map(|one| one.kind.code().to_owned()).collect()
    }
}

/// A lock, or its end, as the log of the study tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    pub is_locked: bool,
    pub user: String,
    pub role: String,
    pub recorded_at_ms: i64,
    pub reason: Option<String>,
    request: String,
}

impl Edc {
    /// Counts what is open, and tells every lock and unlock, oldest first.
    pub(crate) async fn lock_checklist(
        &self,
        context: &Context,
        study: &StudyOid,
    ) -> Result<(Checklist, Vec<Lock>)> {
        context.caller.permit(Act::LockData, Scope::study_wide(study.as_str()))?;
        let study = self.study(study).await?;
        Ok((self.checklist(context, &study).await?, self.locks(&study.oid).await?))
    }

    /// Locks a study for the checklist that was seen. A reason lets open points pass that are not
    /// absolute.
    pub(crate) async fn lock_study(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        seen_sha256: &str,
        reason: Option<&str>,
    ) -> Result<Lock> {
        let permit = context.caller.permit(Act::LockData, Scope::study_wide(study.as_str()))?;
        let request = request.unwrap_or(&context.request_id);
        for _ in 0..MAX_ATTEMPTS {
            self.studies.forget(study);
            let known = self.study(study).await?;
            let locks = self.locks(study).await?;
            if let Some(done) = locks.iter().find(|lock| lock.request == *request) {
                return Ok(done.clone());
            }
            if known.state.is_locked() {
                return Err(Refusal::AlreadySo.into());
            }
            let checklist = self.checklist(context, &known).await?;
            if checklist.sha256() != seen_sha256 {
                return Err(Refusal::ChecklistChanged.into());
            }
            let blockers = checklist.blockers(reason.is_some());
            if !blockers.is_empty() {
                return Err(Refusal::LockBlocked(blockers).into());
            }
            let open = checklist.open.iter().map(|one| (one.kind.code().to_owned(), one.count));
            let event = StudyEvent::StudyLocked(StudyLocked {
                open: open.collect(),
                subjects: checklist.subjects,
                records: checklist.records,
                is_blinded: !sees_everything(context, &known),
            });
            let change = StudyChange { permit: &permit, context, request, reason };
            if let Some(lock) = self.append_lock(&known, &change, &event).await? {
                return Ok(lock);
            }
        }
        Err(Failure::Busy(study.to_string()))
    }

    /// Ends the lock of a study.
    pub(crate) async fn unlock_study(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        reason: &str,
    ) -> Result<Lock> {
        let permit = context.caller.permit(Act::LockData, Scope::study_wide(study.as_str()))?;
        let request = request.unwrap_or(&context.request_id);
        for _ in 0..MAX_ATTEMPTS {
            self.studies.forget(study);
            let known = self.study(study).await?;
            let locks = self.locks(study).await?;
            if let Some(done) = locks.iter().find(|lock| lock.request == *request) {
                return Ok(done.clone());
            }
            if !known.state.is_locked() {
                return Err(Refusal::AlreadySo.into());
            }
            let change = StudyChange { permit: &permit, context, request, reason: Some(reason) };
            let event = StudyEvent::StudyUnlocked;
            if let Some(lock) = self.append_lock(&known, &change, &event).await? {
                return Ok(lock);
            }
        }
        Err(Failure::Busy(study.to_string()))
    }

    async fn checklist(&self, context: &Context, study: &Study) -> Result<Checklist> {
        let everywhere = [String::new()];
        let load = worklists::load(self, context, study, &everywhere, None).await?;
        let open = PointKind::ALL.map(|kind| Open { kind, count: kind.count(&load) });
        Ok(Checklist {
            open: open.to_vec(),
            subjects: load.subjects,
            records: load.records,
            counted_at_ms: (self.clock)().as_millisecond(),
            study: study.oid.to_string(),
        })
    }

    /// Writes the entry, unless somebody else wrote in between.
    async fn append_lock(
        &self,
        study: &Study,
        change: &StudyChange<'_>,
        event: &StudyEvent,
    ) -> Result<Option<Lock>> {
        let StudyChange { permit, context, request, reason } = *change;
        let now_ms = (self.clock)().as_millisecond();
        let draft = Draft {
            recorded_at_ms: now_ms.max(study.state.recorded_at_ms),
            actor: permit.user().to_owned(),
            role: permit.role().name().to_owned(),
            on_behalf_of: permit.on_behalf_of().map(ToOwned::to_owned),
            reason: reason.map(ToOwned::to_owned),
            origin: context.origin.clone(),
            request_id: request.to_owned(),
            study_version: Some(study.compiled.hash),
            kind: event.kind().to_owned(),
            payload: minicbor_serde::to_vec(event).expect("a study event is plain data"),
        };
        let log = StudyShelf::log(&study.oid);
        let batch = Batch::seal(log, study.head, std::slice::from_ref(&draft), Vec::new());
        let appended = self.store.append(batch).await;
        self.studies.forget(&study.oid);
        match appended {
            Ok(_) => Ok(Some(Lock {
                is_locked: matches!(event, StudyEvent::StudyLocked(_)),
                user: draft.actor,
                role: draft.role,
                recorded_at_ms: draft.recorded_at_ms,
                reason: draft.reason,
                request: draft.request_id,
            })),
            Err(StoreError::HeadMoved { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Every lock and unlock of a study, oldest first.
    async fn locks(&self, study: &StudyOid) -> Result<Vec<Lock>> {
        let log = StudyShelf::log(study);
        let (mut locks, mut from) = (Vec::new(), 1);
        loop {
            let entries = self.store.read(&log, from, PAGE).await?;
            for sealed in &entries {
                let entry = sealed.view().map_err(|_| Failure::Broken(log.to_string()))?;
                let is_locked = match entry.kind {
                    "StudyLocked" => true,
                    "StudyUnlocked" => false,
                    _ => continue,
                };
                locks.push(Lock {
                    is_locked,
                    user: entry.actor.to_owned(),
                    role: entry.role.to_owned(),
                    recorded_at_ms: entry.recorded_at_ms,
                    reason: entry.reason.map(ToOwned::to_owned),
                    request: entry.request_id.to_owned(),
                });
            }
            if entries.len() < PAGE as usize {
                return Ok(locks);
            }
            from += u64::from(PAGE);
        }
    }
}

/// Who changes a study, and why.
#[derive(Clone, Copy, Debug)]
struct StudyChange<'a> {
    permit: &'a Permit,
    context: &'a Context,
    request: &'a str,
    reason: Option<&'a str>,
}

fn sees_everything(context: &Context, study: &Study) -> bool {
    study.state.sites.keys().all(|site| Sight::of(context, study, site).is_complete())
}
