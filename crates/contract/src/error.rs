//! The one error that services answer, in the shape of `google.rpc.Status` with `ErrorInfo` and
//! `BadRequest` details.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;

use crate::{Act, Scope};

/// Who owns the reasons (`ErrorInfo.domain`).
pub const DOMAIN: &str = "casebook";

/// Why a call was not done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {}", .0.reason, .0.message)]
pub struct Error(Box<Status>);

#[derive(Clone, Debug, PartialEq)]
struct Status {
    code: Code,
    reason: Cow<'static, str>,
    message: String,
    metadata: BTreeMap<String, String>,
    violations: Vec<FieldViolation>,
    detail: Option<Detail>,
}

/// The kinds of errors (`google.rpc.Code`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// A field of a request that cannot be accepted, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldViolation {
    /// The path in JSON spelling, such as `values[0].itemOid`. Empty for the request as a whole.
    pub field: String,
    /// Why, in English.
    pub description: String,
    /// The stable code of the fault, such as `NOT_OF_TYPE`; empty where it has none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub reason: Cow<'static, str>,
    /// The facts of which the description is made, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl FieldViolation {
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        let (reason, metadata) = (Cow::Borrowed(""), BTreeMap::new());
        Self { field: field.into(), description: description.into(), reason, metadata }
    }

    /// Adds the code by which clients tell the fault, and the facts of its sentence.
    #[must_use]
    pub fn told(
        mut self,
        reason: impl Into<Cow<'static, str>>,
        metadata: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        self.reason = reason.into();
        self.metadata.extend(metadata);
        self
    }
}

/// A message of the contract that says more about an error, such as both values of a conflict.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// The full name of the message.
    pub type_name: String,
    /// The message in the protobuf encoding.
    pub encoded: Vec<u8>,
    /// The message in proto3 JSON.
    pub json: serde_json::Value,
}

/// A message that may say more about an error: one that is declared with
/// `option (casebook.api.v1.error_detail) = true`.
pub trait ErrorDetail: prost::Name + Serialize {}

include!(concat!(env!("OUT_DIR"), "/details.rs"));

/// Making errors.
impl Error {
    /// Any error. `reason` is stable and in `SCREAMING_SNAKE_CASE`; `message` is for developers.
    pub fn new(
        code: Code,
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Status {
            code,
            reason: reason.into(),
            message: message.into(),
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            detail: None,
        }))
    }

    /// A rule of the trial says no, as things stand.
    pub fn refused(reason: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Code::FailedPrecondition, reason, message)
    }

    /// One field of the request cannot be accepted.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        let (field, description) = (field.into(), description.into());
        let message =
            if field.is_empty() { description.clone() } else { format!("{field}: {description}") };
        Self::new(Code::InvalidArgument, "INVALID_ARGUMENT", message)
            .with_violation(field, description)
    }

    /// Several fields of the request cannot be accepted.
    pub fn invalid_fields(violations: Vec<FieldViolation>) -> Self {
        let fields: Vec<&str> = violations.iter().map(|one| one.field.as_str()).collect();
        let message = format!("fields that cannot be accepted: {}", fields.join(", "));
        let mut error = Self::new(Code::InvalidArgument, "INVALID_ARGUMENT", message);
        error.0.violations = violations;
        error
    }

    /// What the request names does not exist, for this caller.
    pub fn not_found(reason: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, reason, message)
    }

    /// What the request wants to make exists already.
    pub fn already_exists(
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Code::AlreadyExists, reason, message)
    }

    /// Somebody else was first; look again and repeat.
    pub fn aborted(reason: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Code::Aborted, reason, message)
    }

    /// The caller has not proven who he is.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(Code::Unauthenticated, "UNAUTHENTICATED", message)
    }

    /// The caller may not do this here.
    pub fn not_permitted(act: Act, scope: &Scope) -> Self {
        let message = format!("no role of the caller allows `{act}` here");
        let mut error = Self::new(Code::PermissionDenied, "NOT_PERMITTED", message)
            .with_metadata("act", act.name());
        if let Some(study) = scope.study() {
            error = error.with_metadata("study", study);
        }
        if let Some(site) = scope.site() {
            error = error.with_metadata("site", site);
        }
        error
    }

    /// A limit is reached.
    pub fn exhausted(reason: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(Code::ResourceExhausted, reason, message)
    }

    /// The service cannot answer now; repeating later may help.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, "UNAVAILABLE", message)
    }

    /// The answer was not ready in time.
    pub fn deadline_exceeded() -> Self {
        let message = "the answer was not ready in time; the call may or may not have been done";
        Self::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message)
    }

    /// An incident: logged where it was handled, under the id that the client sees.
    pub fn incident(id: impl Into<String>) -> Self {
        Self::new(Code::Internal, "INCIDENT", "something went wrong; it has been logged")
            .with_metadata("incident", id)
    }

    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key.into(), value.into());
        self
    }

    #[must_use]
    pub fn with_violation(
        mut self,
        field: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        self.0.violations.push(FieldViolation::new(field, description));
        self
    }

    #[must_use]
    pub fn with_violations(mut self, all: impl IntoIterator<Item = FieldViolation>) -> Self {
        self.0.violations.extend(all);
        self
    }

    #[must_use]
    pub fn with_all_metadata(mut self, all: impl IntoIterator<Item = (String, String)>) -> Self {
        self.0.metadata.extend(all);
        self
    }

    /// Adds a message of the contract. A message whose JSON cannot be written is left out.
    #[must_use]
    pub fn with_detail<M: ErrorDetail>(mut self, message: &M) -> Self {
        self.0.detail = serde_json::to_value(message).ok().map(|json| Detail {
            type_name: M::full_name(),
            encoded: message.encode_to_vec(),
            json,
        });
        self
    }
}

impl Error {
    pub(crate) fn with_reason(mut self, reason: String) -> Self {
        self.0.reason = reason.into();
        self
    }

    pub(crate) fn with_raw_detail(mut self, detail: Detail) -> Self {
        self.0.detail = Some(detail);
        self
    }
}

/// Reading errors.
impl Error {
    /// Whether something went wrong that is nobody's fault but ours: it is logged, and a client
    /// outside sees no more than where to find it in the log.
    pub fn is_incident(&self) -> bool {
        matches!(self.code(), Code::Internal | Code::Unknown | Code::DataLoss)
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.0.metadata
    }

    pub fn violations(&self) -> &[FieldViolation] {
        &self.0.violations
    }

    pub fn detail(&self) -> Option<&Detail> {
        self.0.detail.as_ref()
    }
}

impl Code {
    pub const ALL: [Self; 16] = [
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The code of a number of `google.rpc.Code`.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|code| *code as i32 == number)
    }

    /// The name in `google.rpc.Code`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// The HTTP status, after `google/rpc/code.proto`, but 409 for a failed precondition: the
    /// request is well formed and conflicts with the state of the record (RFC 9110 §15.5.10).
    pub fn http_status(self) -> u16 {
        match self {
            Self::InvalidArgument | Self::OutOfRange => 400,
            Self::Unauthenticated => 401,
            Self::PermissionDenied => 403,
            Self::NotFound => 404,
            Self::AlreadyExists | Self::Aborted | Self::FailedPrecondition => 409,
            Self::ResourceExhausted => 429,
            Self::Cancelled => 499,
            Self::Unknown | Self::Internal | Self::DataLoss => 500,
            Self::Unimplemented => 501,
            Self::Unavailable => 503,
            Self::DeadlineExceeded => 504,
        }
    }
}
