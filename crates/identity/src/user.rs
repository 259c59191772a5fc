//! What is known about a user: the fold of his log.

#[cfg(test)]
mod tests;

use crate::{
    event::{DatedGrant, Delegated, Link, Purpose, SigningTicket, UserEvent},
    key::ApiKey,
    limit::Limit,
    password::Verifier,
};
use contract::Grant;
use subtle::ConstantTimeEq;

/// Failures in a row after which a user is locked out.
pub(crate) const LOCKED_AFTER_FAILURES: u32 = 5;
/// How long a lock-out lasts, counted from the last failure.
pub(crate) const LOCKED_FOR_MS: i64 = 15 * 60 * 1000;
/// How long a session lasted before entries said it.
const SESSION_LASTED_MS: i64 = 12 * 60 * 60 * 1000;
/// More sessions than these end the oldest.
const MAX_SESSIONS: usize = 20;

/// A user as the log says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub full_name: String,
    pub email: Option<String>,
    pub is_service: bool,
    pub disabled: bool,
    pub grants: Vec<Held>,
    pub sessions: Vec<Session>,
    pub verifier: Option<Verifier>,
    pub totp: Option<Totp>,
    pub links: Vec<Link>,
    pub client_secrets: Vec<ClientSecret>,
    pub api_keys: Vec<ApiKey>,
    pub mailed: Vec<Mailed>,
    /// When a token to set another password was last sent, also if it is spent since.
    pub reset_sent_at_ms: Option<i64>,
    pub delegations: Vec<Delegation>,
    pub tickets: Vec<Ticket>,
    pub last_log_in_ms: Option<i64>,
    pub failures: u32,
    pub last_failure_ms: i64,
}

/// A role, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub dated: DatedGrant,
    pub by: String,
    pub delegation_id: Option<String>,
}

/// An open session: the hash of its token, and when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub token_sha256: String,
    pub opened_at_ms: i64,
    pub used_at_ms: i64,
    pub ends_at_ms: i64,
    pub method: String,
    pub limit: Limit,
    /// A signature was authorised in it with all components.
    pub has_signed: bool,
}

/// A second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totp {
    pub nonce: String,
    pub confirmed: bool,
    /// The newest step of time of which a code was taken.
    pub last_step: u64,
    pub recovery_sha256: Vec<String>,
}

/// The hash of a client's secret, and until when it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientSecret {
    pub sha256: String,
    pub until_ms: Option<i64>,
}

/// A token that was sent by mail and is not spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailed {
    pub token_sha256: String,
    pub purpose: Purpose,
    pub expires_at_ms: i64,
}

/// Tasks that were handed to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delegation {
    pub delegated: Delegated,
    pub by: String,
    pub at_ms: i64,
    pub ended: Option<Ended>,
}

/// Who ended a delegation before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub by: String,
    pub reason: String,
    pub at_ms: i64,
}

/// A signing ticket that is not run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub signing: SigningTicket,
    pub authorized_at_ms: i64,
    /// The call that redeemed it.
    pub redeemed_by: Option<String>,
}

/// Of an entry, what its event does not say itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp<'a> {
    pub at_ms: i64,
    pub actor: &'a str,
    pub reason: Option<&'a str>,
}

impl User {
    /// What is true after an event that was recorded at a time.
    pub(crate) fn apply(&mut self, event: UserEvent, stamp: Stamp<'_>) {
        let at_ms = stamp.at_ms;
        match event {
            UserEvent::UserCreated { full_name, email, service } => {
                (self.full_name, self.email, self.is_service) = (full_name, email, service);
            }
            UserEvent::PasswordSet { verifier } => {
                self.verifier = Some(verifier);
                self.sessions.clear();
                self.mailed.clear();
                self.failures = 0;
            }
            UserEvent::UserDisabled => {
                self.disabled = true;
                self.sessions.clear();
            }
            UserEvent::UserEnabled => {
                self.disabled = false;
                self.failures = 0;
            }
            UserEvent::LogInSucceeded => {
                self.failures = 0;
                self.last_log_in_ms = Some(at_ms);
            }
            UserEvent::LogInFailed => {
                self.failures = self.failures.saturating_add(1);
                self.last_failure_ms = at_ms;
            }
            UserEvent::LockedOut { .. } => {}
            UserEvent::ClientSecretSet { sha256, others_until_ms } => {
                ClientSecret::set(&mut self.client_secrets, sha256, others_until_ms, at_ms);
            }
            event @ (UserEvent::TokenSent { .. }
            | UserEvent::TokenSpent { .. }
            | UserEvent::OidcLinked(_)
            | UserEvent::OidcUnlinked { .. }) => self.apply_to_links(event, at_ms),
            event @ (UserEvent::RoleGranted(_)
            | UserEvent::RoleWithdrawn(_)
            | UserEvent::RoleDelegated(_)
            | UserEvent::DelegationEnded { .. }) => self.apply_to_roles(event, stamp),
            event @ (UserEvent::ApiKeyMade(_)
            | UserEvent::ApiKeyUsed { .. }
            | UserEvent::ApiKeyReplaced { .. }
            | UserEvent::ApiKeyRevoked { .. }) => ApiKey::apply(&mut self.api_keys, event, at_ms),
            event @ (UserEvent::SignatureAuthorized(_) | UserEvent::SignatureRedeemed { .. }) => {
                self.apply_to_tickets(event, at_ms);
            }
            event @ (UserEvent::SessionOpened { .. }
            | UserEvent::SessionUsed { .. }
            | UserEvent::SessionClosed { .. }
            | UserEvent::AllSessionsClosed { .. }) => self.apply_to_sessions(event, at_ms),
            event => self.apply_to_totp(event),
        }
    }

    fn apply_to_links(&mut self, event: UserEvent, at_ms: i64) {
        match event {
            UserEvent::TokenSent { token_sha256, purpose, expires_at_ms } => {
                self.mailed.retain(|one| one.purpose != purpose);
                if purpose == Purpose::PasswordReset {
                    self.reset_sent_at_ms = Some(at_ms);
                }
                self.mailed.push(Mailed { token_sha256, purpose, expires_at_ms });
            }
            UserEvent::TokenSpent { token_sha256 } => {
                self.mailed.retain(|one| one.token_sha256 != token_sha256);
            }
            UserEvent::OidcLinked(link) => {
                self.links.retain(|one| one.provider != link.provider);
                self.links.push(link);
            }
            UserEvent::OidcUnlinked { provider } => {
                self.links.retain(|one| one.provider != provider);
            }
            _ => {}
        }
    }

    fn apply_to_roles(&mut self, event: UserEvent, stamp: Stamp<'_>) {
        match event {
            UserEvent::RoleGranted(dated) => {
                self.grants
                    .retain(|one| one.delegation_id.is_some() || one.dated.grant != dated.grant);
                self.grants.push(Held { dated, by: stamp.actor.to_owned(), delegation_id: None });
            }
            UserEvent::RoleWithdrawn(grant) => {
                self.grants.retain(|one| one.delegation_id.is_some() || one.dated.grant != grant);
            }
            UserEvent::RoleDelegated(delegated) => {
                let (by, at_ms) = (stamp.actor.to_owned(), stamp.at_ms);
                self.grants.push(Held {
                    dated: delegated.granted.clone(),
                    by: by.clone(),
                    delegation_id: Some(delegated.delegation_id.clone()),
                });
                self.delegations.push(Delegation { delegated, by, at_ms, ended: None });
            }
            UserEvent::DelegationEnded { delegation_id } => {
                self.grants.retain(|one| one.delegation_id.as_ref() != Some(&delegation_id));
                let is_it = |one: &&mut Delegation| one.delegated.delegation_id == delegation_id;
                if let Some(delegation) = self.delegations.iter_mut().find(is_it) {
                    delegation.ended = Some(Ended {
                        by: stamp.actor.to_owned(),
                        reason: stamp.reason.unwrap_or_default().to_owned(),
                        at_ms: stamp.at_ms,
                    });
                }
            }
            _ => {}
        }
    }

    fn apply_to_sessions(&mut self, event: UserEvent, at_ms: i64) {
        match event {
            UserEvent::SessionOpened { token_sha256, ends_at_ms, method, limit } => {
                self.sessions.retain(|one| at_ms < one.ends_at_ms);
                let surplus = (self.sessions.len() + 1).saturating_sub(MAX_SESSIONS);
                self.sessions.drain(..surplus);
                self.sessions.push(Session {
                    token_sha256,
                    opened_at_ms: at_ms,
                    used_at_ms: at_ms,
                    ends_at_ms: ends_at_ms.unwrap_or(at_ms.saturating_add(SESSION_LASTED_MS)),
                    method,
                    limit,
                    has_signed: false,
                });
            }
            UserEvent::SessionUsed { token_sha256 } => {
                let is_it = |one: &&mut Session| one.token_sha256 == token_sha256;
                if let Some(session) = self.sessions.iter_mut().find(is_it) {
                    session.used_at_ms = at_ms;
                }
            }
            UserEvent::SessionClosed { token_sha256 } => {
                self.sessions.retain(|one| one.token_sha256 != token_sha256);
            }
            UserEvent::AllSessionsClosed { except } => {
                self.sessions.retain(|one| except.as_ref() == Some(&one.token_sha256));
            }
            _ => {}
        }
    }

    fn apply_to_totp(&mut self, event: UserEvent) {
        match event {
            UserEvent::TotpEnrolled { nonce } => {
                self.totp = Some(Totp { nonce, ..Totp::default() });
            }
            UserEvent::TotpDisabled => self.totp = None,
            event => {
                let Some(totp) = &mut self.totp else { return };
                match event {
                    UserEvent::TotpConfirmed { step, recovery_sha256 } => {
                        totp.confirmed = true;
                        totp.last_step = step;
                        totp.recovery_sha256 = recovery_sha256;
                    }
                    UserEvent::TotpUsed { step } => totp.last_step = step,
                    UserEvent::RecoveryCodeUsed { sha256 } => {
                        totp.recovery_sha256.retain(|one| *one != sha256);
                    }
                    UserEvent::RecoveryCodesRenewed { recovery_sha256 } => {
                        totp.recovery_sha256 = recovery_sha256;
                    }
                    _ => {}
                }
            }
        }
    }

    fn apply_to_tickets(&mut self, event: UserEvent, at_ms: i64) {
        match event {
            UserEvent::SignatureAuthorized(ticket) => {
                let of = ticket.session_sha256.as_ref();
                let is_it = |one: &&mut Session| of == Some(&one.token_sha256);
                if let Some(session) = self.sessions.iter_mut().find(is_it) {
                    session.has_signed = true;
                }
                self.tickets.retain(|one| at_ms < one.signing.expires_at_ms);
                self.tickets.push(Ticket {
                    signing: ticket,
                    authorized_at_ms: at_ms,
                    redeemed_by: None,
                });
            }
            UserEvent::SignatureRedeemed { ticket_sha256, request_id } => {
                let is_it = |one: &&mut Ticket| one.signing.ticket_sha256 == ticket_sha256;
                if let Some(ticket) = self.tickets.iter_mut().find(is_it) {
                    ticket.redeemed_by = Some(request_id);
                }
            }
            _ => {}
        }
    }

    /// Whether the user was locked out by failures and the time has not passed.
    pub(crate) fn is_locked_out(&self, now_ms: i64) -> bool {
        self.failures >= LOCKED_AFTER_FAILURES
            && now_ms.saturating_sub(self.last_failure_ms) < LOCKED_FOR_MS
    }

    /// The roles in force at a time.
    pub(crate) fn grants_in_force(&self, now_ms: i64) -> Vec<Grant> {
        let mut grants: Vec<Grant> = Vec::new();
        for held in self.grants.iter().filter(|one| one.dated.is_in_force(now_ms)) {
            if !grants.contains(&held.dated.grant) {
                grants.push(held.dated.grant.clone());
            }
        }
        grants
    }

    /// Whether a second factor is enrolled and confirmed.
    pub(crate) fn has_totp(&self) -> bool {
        self.totp.as_ref().is_some_and(|totp| totp.confirmed)
    }

    /// The session whose token has this hash. How long it takes tells of the hash at most, from which
    /// nobody finds a token; it was already looked for in an index.
    pub(crate) fn session(&self, token_sha256: &str) -> Option<&Session> {
        self.sessions.iter().rev().find(|one| one.token_sha256 == token_sha256)
    }
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

impl Session {
    /// The name of the session, which is no secret.
    pub(crate) fn id(&self) -> String {
        session_id(&self.token_sha256)
    }
}

impl ClientSecret {
    /// Adds a secret; those before it stay good until a time at the latest.
    fn set(secrets: &mut Vec<Self>, sha256: String, others_until_ms: i64, at_ms: i64) {
        for other in &mut *secrets {
            let until_ms = other.until_ms.unwrap_or(i64::MAX).min(others_until_ms);
            other.until_ms = Some(until_ms);
        }
        secrets.retain(|one| one.is_good(at_ms));
        secrets.push(Self { sha256, until_ms: None });
    }

    pub(crate) fn is_good(&self, now_ms: i64) -> bool {
        self.until_ms.is_none_or(|until_ms| now_ms < until_ms)
    }
}

/// The name of the session whose token has this hash.
pub(crate) fn session_id(token_sha256: &str) -> String {
    format!("ses_{}", token_sha256.get(..16).unwrap_or_default())
}
