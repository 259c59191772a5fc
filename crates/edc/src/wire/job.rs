//! What exports and imports that run as jobs have in common.

use contract::{
    Error,
    job::v1::{self as proto, progress::State},
    page,
};
use kernel::StudyOid;

use crate::{
    Edc,
    failure::Result,
    job::{self, JobState, KEPT_MS, Progress, Stage},
};

/// An id made by the client, if there is one.
pub(super) type RequestId<'a> = Option<&'a String>;

const USUAL_PAGE: usize = 20;

/// How far a job is: what its log says, and the worker.
pub(super) async fn standing(
    edc: &Edc,
    study: &StudyOid,
    id: &str,
    state: &JobState,
) -> Result<(State, Option<Progress>)> {
    let now_ms = (edc.clock)().as_millisecond();
    let is_kept = state.requested_at_ms + KEPT_MS >= now_ms;
    let now = match &state.stage {
        Stage::Receiving => State::Receiving,
        Stage::Checked if is_kept => State::Checked,
        Stage::Done if is_kept => State::Done,
        Stage::Checked | Stage::Done => State::Expired,
        Stage::Failed { .. } => State::Failed,
        Stage::Cancelled => State::Cancelled,
        Stage::Waiting | Stage::Applying { .. } => {
            let progress = job::progress_of(edc, study, id).await?;
            let is_begun = progress.is_some_and(|progress| progress.attempt > 0);
            let now = if is_begun { State::Running } else { State::Waiting };
            return Ok((now, progress));
        }
    };
    Ok((now, None))
}

pub(super) fn failure(state: &JobState) -> Option<String> {
    match &state.stage {
        Stage::Failed { code, .. } => Some(code.clone()),
        _ => None,
    }
}

pub(super) fn progress_message(progress: Progress) -> proto::Progress {
    proto::Progress {
        done: count(progress.done),
        total: progress.total.map(count),
        written_bytes: count(progress.bytes),
        attempt: i32::try_from(progress.attempt).unwrap_or(i32::MAX),
        applying: progress.applying,
    }
}

/// What was asked for, within what is given at once.
pub(super) fn size(asked: Option<i32>) -> Result<usize, Error> {
    match asked {
        None | Some(0) => Ok(USUAL_PAGE),
        asked => Ok(page::size(asked)?.min(job::MOST_LISTED)),
    }
}

pub(super) fn request_id(given: RequestId<'_>) -> RequestId<'_> {
    given.filter(|id| !id.is_empty())
}

pub(super) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
