//! Endpoints and deliveries as messages of the contract.

use crate::{
    endpoint::{Because, Endpoint},
    outcome::{Failure, Outcome},
    progress::{Done, Hold, Progress},
};
use contract::{
    Timestamp,
    webhook::v1::{
        Delivery, Endpoint as WireEndpoint, PublicKey, SendTestResponse,
        delivery::{self, Status as DeliveryStatus},
        endpoint::{DisabledBecause, Status},
    },
};

pub(crate) fn endpoint(
    study: &str,
    endpoint_id: &str,
    endpoint: &Endpoint,
    progress: &Progress,
    now_ms: i64,
) -> WireEndpoint {
    let status = if endpoint.disabled.is_some() { Status::Disabled } else { Status::Enabled };
    let because = endpoint.disabled.map(|because| match because {
        Because::ByCaller => DisabledBecause::ByCaller,
        Because::FailedTooLong => DisabledBecause::FailedTooLong,
        Because::Gone => DisabledBecause::Gone,
    });
    let public_keys = endpoint.keys_in_use(now_ms).map(|key| PublicKey {
        key: key.public.clone(),
        until: key.until_ms.map(Timestamp::from_millisecond),
    });
    WireEndpoint {
        endpoint_id: endpoint_id.to_owned(),
        study_oid: study.to_owned(),
        url: endpoint.url.clone(),
        description: endpoint.description.clone(),
        event_types: endpoint.event_types.clone(),
        status: status.into(),
        disabled_because: because.map(Into::into),
        public_keys: public_keys.collect(),
        created_by: endpoint.created_by.clone(),
        created_at: Some(Timestamp::from_millisecond(endpoint.created_at_ms)),
        failing_since: progress.failing_since_ms.map(Timestamp::from_millisecond),
        held_back: i32::try_from(progress.held.len()).unwrap_or(i32::MAX),
    }
}

/// First what waits, then what was accepted last.
pub(crate) fn deliveries(progress: &Progress) -> Vec<Delivery> {
    let waiting = progress.held.iter().filter_map(waiting);
    waiting.chain(progress.recent.iter().rev().map(delivered)).collect()
}

pub(crate) fn test_sent(outcome: &Outcome) -> SendTestResponse {
    let (delivered, status, failed) = match outcome {
        Outcome::Delivered { status } => (true, Some(*status), None),
        Outcome::Failed { failure: why, status, .. } => (false, *status, Some(failure(*why))),
        Outcome::Gone => (false, Some(410), Some(delivery::Failure::AnswerRefused)),
    };
    SendTestResponse {
        delivered,
        http_status: status.map(i32::from),
        failure: failed.map(Into::into),
    }
}

fn waiting(hold: &Hold) -> Option<Delivery> {
    let failed = hold.failed.as_ref()?;
    let log = hold.log();
    Some(Delivery {
        event_id: failed.event_id.clone(),
        event_type: failed.event_type.clone(),
        log_kind: log.kind,
        log_key: log.key,
        sequence: failed.shows_sequence.then_some(failed.sequence).map(number),
        status: DeliveryStatus::Waiting.into(),
        attempts: i32::try_from(failed.times).unwrap_or(i32::MAX),
        attempted_at: Some(Timestamp::from_millisecond(failed.last_at_ms)),
        http_status: failed.status.map(i32::from),
        failure: failed.failure.map(|why| failure(why).into()),
        next_attempt_at: Some(Timestamp::from_millisecond(hold.retry_at_ms)),
    })
}

fn delivered(done: &Done) -> Delivery {
    Delivery {
        event_id: done.event_id.clone(),
        event_type: done.event_type.clone(),
        log_kind: done.kind.clone(),
        log_key: done.key.clone(),
        sequence: done.sequence.map(number),
        status: DeliveryStatus::Delivered.into(),
        attempts: i32::try_from(done.times).unwrap_or(i32::MAX),
        attempted_at: Some(Timestamp::from_millisecond(done.at_ms)),
        http_status: Some(i32::from(done.status)),
        failure: None,
        next_attempt_at: None,
    }
}

fn number(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

fn failure(failure: Failure) -> delivery::Failure {
    match failure {
        Failure::NameUnknown => delivery::Failure::NameUnknown,
        Failure::AddressRefused => delivery::Failure::AddressRefused,
        Failure::NotConnected => delivery::Failure::NotConnected,
        Failure::TlsFailed => delivery::Failure::TlsFailed,
        Failure::TimedOut => delivery::Failure::TimedOut,
        Failure::AnswerUnreadable => delivery::Failure::AnswerUnreadable,
        Failure::AnswerRefused => delivery::Failure::AnswerRefused,
    }
}
