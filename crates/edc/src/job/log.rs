//! How jobs are read from their logs, and how a change is appended: read, decide, append.

use contract::{Act, Context, Error, Permit};
use journal::{Draft, Hash, Head, LogName};
use kernel::StudyOid;
use store::{Batch, Effect, StoreError};
use ulid::Ulid;

use super::event::{JobEvent, JobState};
use crate::{Edc, Failure, failure::Result};

/// The kind of the log of a job.
pub(super) const KIND: &str = "job";
/// Entries that are read at a time.
const PAGE: u32 = 200;
/// How often a decision is taken again because somebody else wrote in between.
const MAX_ATTEMPTS: u32 = 20;

/// The two kinds of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobKind {
    Export,
    Import,
}

/// A job and where its log ended when it was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub state: JobState,
    pub head: Head,
    recorded_at_ms: i64,
}

/// Who writes an entry, and through which door.
#[derive(Clone, Debug)]
pub(super) struct Author {
    pub actor: String,
    pub role: String,
    pub on_behalf_of: Option<String>,
    pub origin: String,
    pub request_id: String,
}

impl JobKind {
    /// How its ids begin.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Export => "exp_",
            Self::Import => "imp_",
        }
    }

    /// What one must be allowed to do with it.
    pub fn act(self) -> Act {
        match self {
            Self::Export => Act::ExportData,
            Self::Import => Act::ImportData,
        }
    }

    pub fn unknown(self, id: &str) -> Error {
        match self {
            Self::Export => Error::not_found("EXPORT_UNKNOWN", format!("there is no export {id}")),
            Self::Import => Error::not_found("IMPORT_UNKNOWN", format!("there is no import {id}")),
        }
    }

    /// An id that sorts by time; the same request has the same second half.
    pub fn new_id(self, study: &StudyOid, user: &str, request: &str, at_ms: i64) -> String {
        let bytes = format!("casebook job 1\0{study}\0{user}\0{request}");
        let hash = Hash::of(bytes.as_bytes());
        let mut half = [0; 16];
        half.copy_from_slice(&hash.as_bytes()[..16]);
        let at_ms = u64::try_from(at_ms).unwrap_or_default();
        format!("{}{}", self.prefix(), Ulid::from_parts(at_ms, u128::from_be_bytes(half)))
    }
}

/// When the job with this id was asked for; none for a text that is no id of a job.
pub(super) fn made_at_ms(id: &str) -> Option<i64> {
    let text = id.strip_prefix("exp_").or_else(|| id.strip_prefix("imp_"))?;
    i64::try_from(Ulid::from_string(text).ok()?.timestamp_ms()).ok()
}

/// The half of an id that is the same for the same request.
pub(super) fn request_half(id: &str) -> &str {
    id.len().checked_sub(16).and_then(|at| id.get(at..)).unwrap_or(id)
}

pub(super) fn log_of(study: &str, id: &str) -> LogName {
    LogName::new(study, KIND, id)
}

impl Author {
    /// Whoever holds the permit.
    pub fn new(permit: &Permit, context: &Context, request_id: Option<&String>) -> Self {
        Self {
            actor: permit.user().to_owned(),
            role: permit.role().name().to_owned(),
            on_behalf_of: permit.on_behalf_of().map(ToOwned::to_owned),
            origin: context.origin.clone(),
            request_id: request_id.unwrap_or(&context.request_id).clone(),
        }
    }

    fn draft(&self, recorded_at_ms: i64, event: &JobEvent) -> Result<Draft> {
        let payload = serde_json::to_vec(event)
            .map_err(|error| Failure::Broke(format!("a job cannot be written: {error}")))?;
        Ok(Draft {
            recorded_at_ms,
            actor: self.actor.clone(),
            role: self.role.clone(),
            on_behalf_of: self.on_behalf_of.clone(),
            origin: self.origin.clone(),
            request_id: self.request_id.clone(),
            kind: event.kind().to_owned(),
            payload,
            ..Draft::default()
        })
    }
}

impl Edc {
    /// A job of a kind. Refuses with `EXPORT_UNKNOWN` or `IMPORT_UNKNOWN`.
    pub(crate) async fn job(&self, study: &StudyOid, kind: JobKind, id: &str) -> Result<Known> {
        let is_id = id.starts_with(kind.prefix()) && made_at_ms(id).is_some();
        if !is_id {
            return Err(kind.unknown(id).into());
        }
        let known = self.read_job(study.as_str(), id).await?;
        known.ok_or_else(|| kind.unknown(id).into())
    }

    /// A job, if there is one.
    pub(super) async fn read_job(&self, study: &str, id: &str) -> Result<Option<Known>> {
        let log = log_of(study, id);
        let mut known = Known::default();
        loop {
            let entries = self.store.read(&log, known.head.sequence + 1, PAGE).await?;
            let is_last = entries.len() < PAGE as usize;
            for sealed in &entries {
                let broken = || Failure::Broken(log.to_string());
                let entry = sealed.view().map_err(|_| broken())?;
                let event = serde_json::from_slice(entry.payload).map_err(|_| broken())?;
                known.state.apply(entry.actor, entry.recorded_at_ms, event);
                known.head = sealed.head();
                known.recorded_at_ms = entry.recorded_at_ms;
            }
            if is_last {
                return Ok(Some(known).filter(|known| known.head.sequence > 0));
            }
        }
    }

    /// Lets `decide` say what happens to a job, and appends it; decides again when somebody else was
    /// first, and writes nothing when nothing happens. Answers the job as it is then.
    pub(super) async fn change_job(
        &self,
        study: &str,
        id: &str,
        author: &Author,
        decide: impl Fn(&JobState) -> Result<Option<(JobEvent, Vec<Effect>)>>,
    ) -> Result<JobState> {
        for _ in 0..MAX_ATTEMPTS {
            let known = self.read_job(study, id).await?.unwrap_or_default();
            let Some((event, effects)) = decide(&known.state)? else { return Ok(known.state) };
            // The clock may have stepped back; the log does not.
            let at_ms = (self.clock)().as_millisecond().max(known.recorded_at_ms);
            let drafts = [author.draft(at_ms, &event)?];
            let batch = Batch::seal(log_of(study, id), known.head, &drafts, effects);
            match self.store.append(batch).await {
                Ok(_) => {
                    let mut state = known.state;
                    state.apply(&author.actor, at_ms, event);
                    return Ok(state);
                }
                Err(StoreError::HeadMoved { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Busy(id.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_tell_when_they_were_made() {
        let study = StudyOid::from("S1");
        let early = JobKind::Export.new_id(&study, "ann", "r1", 1_000);
        let late = JobKind::Export.new_id(&study, "ann", "r1", 2_000);
        assert!(early < late);
        assert_eq!(made_at_ms(&late), Some(2_000));
        assert_eq!(request_half(&early), request_half(&late));
        let other = JobKind::Export.new_id(&study, "bob", "r1", 1_000);
        assert_ne!(request_half(&early), request_half(&other));
        for wrong in ["", "exp_", "exp_../../x", "whe_01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
            assert_eq!(made_at_ms(wrong), None, "{wrong}");
        }
    }
}
