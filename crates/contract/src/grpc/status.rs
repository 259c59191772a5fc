//! An error of the contract as a gRPC status with details, and back, without loss.
//!
//! `grpc-status-details-bin` is a `google.rpc.Status` with an `ErrorInfo`, a `BadRequest` when
//! fields cannot be accepted, whose facts are in the metadata of the `ErrorInfo` as
//! `violations[0].limit`, and the message of the contract that says more, if there is one.

use std::{collections::BTreeMap, error::Error as _};

use bytes::Bytes;
use prost::{Message as _, Name};
use prost_types::Any;
use tonic::Status;
use tonic_types::pb::{self, bad_request};

use crate::{
    Code, DOMAIN, Error, FieldViolation,
    error::{self, Detail},
};

const TYPE_URL: &str = "type.googleapis.com/";
const ERROR_INFO: &str = "google.rpc.ErrorInfo";
const BAD_REQUEST: &str = "google.rpc.BadRequest";
/// Headers of this size pass every gRPC library (the narrowest takes 8 KiB, in base64).
const MOST_FOREIGN_BYTES: usize = 5 * 1024;
/// What our own services accept from each other.
const MOST_OWN_BYTES: usize = 256 * 1024;

/// Whom a status is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// Another service of ours.
    Service,
    /// Any gRPC client.
    Client,
}

/// The status that carries an error. What is too large for its reader is left out, the last
/// violations first, and `violations_left_out` among the metadata says so.
pub(super) fn from_error(error: &Error, reader: Reader) -> Status {
    let most = match reader {
        Reader::Service => MOST_OWN_BYTES,
        Reader::Client => MOST_FOREIGN_BYTES,
    };
    let all = error.violations().len();
    let mut kept = all;
    let mut has_detail = true;
    let details = loop {
        let details = details(error, kept, has_detail).encode_to_vec();
        match (details.len() <= most, kept, has_detail) {
            (true, _, _) => break details,
            (false, 0, false) => break Vec::new(),
            (false, 0, true) => has_detail = false,
            (false, _, _) => kept /= 2,
        }
    };
    let code = tonic::Code::from_i32(error.code() as i32);
    Status::with_details(code, error.message(), Bytes::from(details))
}

fn details(error: &Error, kept: usize, has_detail: bool) -> pb::Status {
    let any = |name: &str, value: Vec<u8>| Any { type_url: format!("{TYPE_URL}{name}"), value };
    let mut metadata: std::collections::HashMap<_, _> =
        error.metadata().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let left_out = error.violations().len() - kept;
    if left_out > 0 {
        metadata.insert("violations_left_out".to_owned(), left_out.to_string());
    }
    for (at, violation) in error.violations()[..kept].iter().enumerate() {
        let facts = violation.metadata.iter();
        metadata
            .extend(facts.map(|(name, is)| (format!("{}{name}", of_violation(at)), is.clone())));
    }
    let reason = error.reason().to_owned();
    let info = pb::ErrorInfo { reason, domain: DOMAIN.to_owned(), metadata };
    let mut details = vec![any(ERROR_INFO, info.encode_to_vec())];
    if kept > 0 {
        let violation = |one: &FieldViolation| bad_request::FieldViolation {
            field: one.field.clone(),
            description: one.description.clone(),
            reason: one.reason.to_string(),
            ..Default::default()
        };
        let field_violations = error.violations()[..kept].iter().map(violation).collect();
        let request = pb::BadRequest { field_violations };
        details.push(any(BAD_REQUEST, request.encode_to_vec()));
    }
    if let Some(detail) = error.detail().filter(|_| has_detail) {
        details.push(any(&detail.type_name, detail.encoded.clone()));
    }
    pb::Status { code: error.code() as i32, message: error.message().to_owned(), details }
}

/// How the facts of a violation begin among the metadata.
fn of_violation(at: usize) -> String {
    format!("violations[{at}].")
}

/// The error that a status carries. One that none of our services wrote keeps its code and text.
pub(super) fn to_error(status: &Status) -> Error {
    if let Some(own) = of_channel(status) {
        return own;
    }
    let code = Code::from_number(status.code() as i32).unwrap_or(Code::Unknown);
    match pb::Status::decode(status.details()) {
        Ok(details) if !details.details.is_empty() => read(code, status.message(), &details),
        _ => foreign(code, status),
    }
}

/// The error with which a channel refused to carry the call.
fn of_channel(status: &Status) -> Option<Error> {
    let mut source = status.source();
    while let Some(cause) = source {
        if let Some(own) = cause.downcast_ref::<Error>() {
            return Some(own.clone());
        }
        source = cause.source();
    }
    None
}

fn read(code: Code, message: &str, details: &pb::Status) -> Error {
    let mut error = Error::new(code, code.name(), message);
    let mut facts = BTreeMap::new();
    for detail in &details.details {
        let name = detail.type_url.rsplit('/').next().unwrap_or_default();
        let value = detail.value.as_slice();
        match name {
            ERROR_INFO => {
                let Ok(info) = pb::ErrorInfo::decode(value) else { continue };
                error = error.with_reason(info.reason);
                let is_fact = |key: &String| key.starts_with("violations[");
                let (of_violations, own): (BTreeMap<_, _>, BTreeMap<_, _>) =
                    info.metadata.into_iter().partition(|(key, _)| is_fact(key));
                error = error.with_all_metadata(own);
                facts = of_violations;
            }
            BAD_REQUEST => {
                let Ok(request) = pb::BadRequest::decode(value) else { continue };
                let violations = request.field_violations.into_iter().enumerate();
                error = error.with_violations(violations.map(|(at, one)| {
                    let begin = of_violation(at);
                    let own = facts.iter().filter_map(|(key, is): (&String, &String)| {
                        Some((key.strip_prefix(&begin)?.to_owned(), is.clone()))
                    });
                    FieldViolation::new(one.field, one.description).told(one.reason, own)
                }));
            }
            name => {
                // One that is newer than this program keeps its bytes and has no JSON.
                let json = error::detail_json(name, value).unwrap_or_default();
                let (type_name, encoded) = (name.to_owned(), detail.value.clone());
                error = error.with_raw_detail(Detail { type_name, encoded, json });
            }
        }
    }
    error
}

/// What the protocol or another program says. A connection that failed is not the caller's fault,
/// and tonic calls a timeout a cancellation.
fn foreign(code: Code, status: &Status) -> Error {
    match code {
        Code::DeadlineExceeded => Error::deadline_exceeded(),
        Code::Cancelled if status.message() == "Timeout expired" => Error::deadline_exceeded(),
        Code::Unavailable => Error::unavailable(status.message()),
        Code::Unknown | Code::Internal if status.source().is_some() => {
            Error::unavailable("the service was lost")
        }
        code => Error::new(code, code.name(), status.message()),
    }
}

/// The JSON of a detail, for the generated table.
pub(crate) fn json_of<M: Name + Default + serde::Serialize>(
    encoded: &[u8],
) -> Option<serde_json::Value> {
    serde_json::to_value(M::decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_facts_of_each_violation_survive_the_wire() {
        let facts = |limit: &str| [("limit".to_owned(), limit.to_owned())];
        let violations = [
            FieldViolation::new("values[0].value", "too long").told("TOO_LONG", facts("5")),
            FieldViolation::new("values[1].value", "wrong"),
            FieldViolation::new("values[2].value", "too long").told("TOO_LONG", facts("7")),
        ];
        let error = Error::new(Code::InvalidArgument, "VALUE_INVALID", "two are too long")
            .with_metadata("study", "S")
            .with_violations(violations);
        for reader in [Reader::Service, Reader::Client] {
            assert_eq!(to_error(&from_error(&error, reader)), error);
        }
    }
}
