//! What can be written in the log of a user.

use crate::{limit::Limit, password::Verifier};
use contract::Grant;
use serde::{Deserialize, Serialize};

/// Something that happened to a user, as it stands in the payload of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum UserEvent {
    UserCreated {
        /// As it is printed beside a signature.
        full_name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
        /// It is a program.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        service: bool,
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
    /// Too many failures in a row: no log-in until then.
    LockedOut {
        until_ms: i64,
    },
    SessionOpened {
        token_sha256: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at_ms: Option<i64>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        method: String,
        #[serde(default, skip_serializing_if = "Limit::is_none")]
        limit: Limit,
    },
    /// Written now and then, so that a session that is in use outlives a restart.
    SessionUsed {
        token_sha256: String,
    },
    SessionClosed {
        token_sha256: String,
    },
    AllSessionsClosed {
        /// The hash of the token of the one that stays open.
        except: Option<String>,
    },
    /// A token was sent that is good once.
    TokenSent {
        token_sha256: String,
        purpose: Purpose,
        expires_at_ms: i64,
    },
    TokenSpent {
        token_sha256: String,
    },
    TotpEnrolled {
        /// From this and a key of the system follows the secret, which is not kept.
        nonce: String,
    },
    TotpConfirmed {
        step: u64,
        recovery_sha256: Vec<String>,
    },
    /// A code of this step of time was taken: neither it nor an earlier one is taken again.
    TotpUsed {
        step: u64,
    },
    RecoveryCodeUsed {
        sha256: String,
    },
    RecoveryCodesRenewed {
        recovery_sha256: Vec<String>,
    },
    TotpDisabled,
    OidcLinked(Link),
    OidcUnlinked {
        provider: String,
    },
    ClientSecretSet {
        sha256: String,
        /// Until when those before it stay good.
        others_until_ms: i64,
    },
    ApiKeyMade(KeyMade),
    ApiKeyUsed {
        key_id: String,
    },
    ApiKeyReplaced {
        key_id: String,
        by: String,
        until_ms: i64,
    },
    ApiKeyRevoked {
        key_id: String,
    },
    RoleDelegated(Delegated),
    DelegationEnded {
        delegation_id: String,
    },
    SignatureAuthorized(SigningTicket),
    SignatureRedeemed {
        ticket_sha256: String,
        /// Of the call that redeemed it: repeated with the same one, it is redeemed again.
        request_id: String,
    },
}

/// For what a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    Invitation,
    PasswordReset,
}

/// Who somebody is at an OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    pub provider: String,
    pub issuer: String,
    pub subject: String,
}

/// A key for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyMade {
    pub key_id: String,
    pub label: String,
    pub sha256: String,
    pub expires_at_ms: i64,
    #[serde(default, skip_serializing_if = "Limit::is_none")]
    pub limit: Limit,
}

/// Tasks that an investigator hands on, with the role that they need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delegated {
    pub delegation_id: String,
    pub granted: DatedGrant,
    pub tasks: Vec<String>,
}

/// A signature that its signer has authorised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SigningTicket {
    pub ticket_sha256: String,
    pub content_sha256: String,
    pub meaning: String,
    pub expires_at_ms: i64,
    /// The hash of the token of the session in which it was authorised, if it was one.
    pub session_sha256: Option<String>,
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
            Self::LockedOut { .. } => "LockedOut",
            Self::SessionOpened { .. } => "SessionOpened",
            Self::SessionUsed { .. } => "SessionUsed",
            Self::SessionClosed { .. } => "SessionClosed",
            Self::AllSessionsClosed { .. } => "AllSessionsClosed",
            Self::TokenSent { .. } => "TokenSent",
            Self::TokenSpent { .. } => "TokenSpent",
            Self::TotpEnrolled { .. } => "TotpEnrolled",
            Self::TotpConfirmed { .. } => "TotpConfirmed",
            Self::TotpUsed { .. } => "TotpUsed",
            Self::RecoveryCodeUsed { .. } => "RecoveryCodeUsed",
            Self::RecoveryCodesRenewed { .. } => "RecoveryCodesRenewed",
            Self::TotpDisabled => "TotpDisabled",
            Self::OidcLinked(_) => "OidcLinked",
            Self::OidcUnlinked { .. } => "OidcUnlinked",
            Self::ClientSecretSet { .. } => "ClientSecretSet",
            Self::ApiKeyMade(_) => "ApiKeyMade",
            Self::ApiKeyUsed { .. } => "ApiKeyUsed",
            Self::ApiKeyReplaced { .. } => "ApiKeyReplaced",
            Self::ApiKeyRevoked { .. } => "ApiKeyRevoked",
            Self::RoleDelegated(_) => "RoleDelegated",
            Self::DelegationEnded { .. } => "DelegationEnded",
            Self::SignatureAuthorized(_) => "SignatureAuthorized",
            Self::SignatureRedeemed { .. } => "SignatureRedeemed",
        }
    }
}
