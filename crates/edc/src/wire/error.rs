//! Refusals and failures as the one error of the contract.

use std::error::Error as _;

use contract::{Code, Context, Error, FieldViolation, edc::v1 as proto};
use kernel::casebook::{ItemFault, ItemKey, Refusal};
use store::StoreError;

use super::value;
use crate::failure::{Failure, Result};

/// The answer to a call, or the error that the caller sees.
pub(crate) fn answer<T>(context: &Context, result: Result<T>) -> Result<T, Error> {
    result.map_err(|failure| error(context, failure))
}

fn error(context: &Context, failure: Failure) -> Error {
    match failure {
        Failure::Refused(refusal) => refused(&refusal),
        Failure::Denied(error) => error,
        Failure::StudyUnknown(_) => Error::not_found("STUDY_UNKNOWN", failure.to_string()),
        Failure::StudyNotPublished(_) => Error::refused("STUDY_NOT_PUBLISHED", failure.to_string()),
        Failure::Busy(_) => Error::aborted("BUSY", failure.to_string()),
        Failure::Store(StoreError::Full) => Error::exhausted("STORAGE_FULL", failure.to_string()),
        Failure::Store(StoreError::Unacceptable { why }) => Error::invalid("", why),
        Failure::Store(StoreError::Closed) => Error::unavailable("the store was closed"),
        Failure::Store(error @ StoreError::Unreachable { .. }) => {
            tracing::warn!(request.id = %context.request_id, error = %error, "a call was not done");
            Error::unavailable("the database cannot be reached; the call may or may not be done")
        }
        other => incident(context, &other),
    }
}

/// What went wrong is for the log; the caller gets the id under which it is found there.
fn incident(context: &Context, failure: &Failure) -> Error {
    let mut told = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        told.push_str(": ");
        told.push_str(&cause.to_string());
        source = cause.source();
    }
    tracing::error!(incident = %context.request_id, failure = told, "a call failed");
    Error::incident(&context.request_id)
}

/// A rule of the trial says no.
pub(crate) fn refused(refusal: &Refusal) -> Error {
    use Refusal as R;
    let (code, message) = (refusal.code(), refusal.to_string());
    let error = match refusal {
        R::SiteUnknown(_)
        | R::SubjectUnknown(_)
        | R::EventUnknown(_)
        | R::RecordUnknown
        | R::QueryUnknown(_) => Error::not_found(code, message),
        R::SubjectExists(_) => Error::already_exists(code, message),
        R::StaleRecord { .. } => Error::aborted(code, message),
        R::ValueInvalid(_) => Error::new(Code::InvalidArgument, code, message),
        _ => Error::refused(code, message),
    };
    error.with_all_metadata(refusal.parameters())
}

/// The refusal of a save, with the places of the values that it is about, such as
/// `values[3].value`.
pub(crate) fn refused_values(refusal: &Refusal, values: &[proto::ItemEntry]) -> Error {
    use Refusal as R;
    let plain = refused(refusal);
    match refusal {
        R::ValueInvalid(faults) => {
            faults.iter().fold(plain, |error, fault| at_value(error, fault, values))
        }
        R::ItemDerived(item) | R::ItemNotCollected(item) | R::ItemTwice(item) => {
            at_item(plain, refusal, values, |entry| entry.item_oid == item.as_str())
        }
        R::ItemNotInGroup { group, item } => at_item(plain, refusal, values, |entry| {
            entry.item_oid == item.as_str() && entry.item_group_oid == group.as_str()
        }),
        R::GroupNotInForm { group, .. } => {
            at_item(plain, refusal, values, |entry| entry.item_group_oid == group.as_str())
        }
        _ => plain,
    }
}

/// The refusal of a review, with the places of the items that it is about.
pub(crate) fn refused_items(refusal: &Refusal, items: &[proto::ItemPlace]) -> Error {
    let plain = refused(refusal);
    let Refusal::ValueInvalid(faults) = refusal else { return plain };
    faults.iter().fold(plain, |error, fault| {
        let place = value::item_place(&fault.item);
        let field = match items.iter().position(|item| *item == place) {
            Some(at) => format!("items[{at}]"),
            None => String::new(),
        };
        error.with_violations([violation(field, fault)])
    })
}

fn violation(field: String, fault: &ItemFault) -> FieldViolation {
    let why = &fault.why;
    FieldViolation::new(field, why.to_string()).told(why.code(), why.parameters())
}

fn at_value(error: Error, fault: &ItemFault, values: &[proto::ItemEntry]) -> Error {
    let position = values.iter().position(|entry| is_at(entry, &fault.item));
    let field = position.map_or_else(|| "values".to_owned(), |at| format!("values[{at}].value"));
    error.with_violations([violation(field, fault)])
}

fn at_item(
    error: Error,
    refusal: &Refusal,
    values: &[proto::ItemEntry],
    is_it: impl Fn(&proto::ItemEntry) -> bool,
) -> Error {
    let places = values.iter().enumerate().filter(|(_, entry)| is_it(entry));
    let violation = |at: usize| {
        FieldViolation::new(format!("values[{at}].itemOid"), refusal.to_string())
            .told(refusal.code(), refusal.parameters())
    };
    error.with_violations(places.map(|(at, _)| violation(at)))
}

fn is_at(entry: &proto::ItemEntry, item: &ItemKey) -> bool {
    let repeat = value::repeat_key(&entry.item_group_repeat_key);
    entry.item_oid == item.item.as_str()
        && entry.item_group_oid == item.row.group.as_str()
        && repeat == item.row.repeat
}

/// Faults of the request itself, if there are any.
pub(crate) fn all_valid(faults: Vec<FieldViolation>) -> Result<(), Error> {
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid_fields(faults)) }
}
