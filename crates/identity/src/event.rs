//! What can be written in the log of a user.

use crate::password::Verifier;
use contract::Grant;
use serde::{Deserialize, Serialize};

/// Something that happened to a user, as it stands in the payload of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum UserEvent {
    UserCreated {
        /// As it is printed beside a signature.
        full_name: String,
    },
    PasswordSet {
        verifier: Verifier,
    },
    RoleGranted(DatedGrant),
    RoleWithdrawn(Grant),
    UserDisabled,
    UserEnabled,
    LogInSucceeded,
    LogInFailed,
    SessionOpened {
        token_sha256: String,
    },
    SessionClosed {
        token_sha256: String,
    },
}

/// A role for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedGrant {
    pub grant: Grant,
    /// UTC milliseconds since 1970 from which the role is in force.
    pub from_ms: i64,
    /// From here on it is no longer in force; for ever when absent.
    pub until_ms: Option<i64>,
}

impl DatedGrant {
    /// Whether the role is in force at a time.
    pub fn is_in_force(&self, now_ms: i64) -> bool {
        self.from_ms <= now_ms && self.until_ms.is_none_or(|until_ms| now_ms < until_ms)
    }
}

impl UserEvent {
    /// The kind of the entry.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::UserCreated { .. } => "UserCreated",
            Self::PasswordSet { .. } => "PasswordSet",
            Self::RoleGranted(_) => "RoleGranted",
            Self::RoleWithdrawn(_) => "RoleWithdrawn",
            Self::UserDisabled => "UserDisabled",
            Self::UserEnabled => "UserEnabled",
            Self::LogInSucceeded => "LogInSucceeded",
            Self::LogInFailed => "LogInFailed",
            Self::SessionOpened { .. } => "SessionOpened",
            Self::SessionClosed { .. } => "SessionClosed",
        }
    }
}
