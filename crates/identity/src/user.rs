//! What follows from the log of a user. Pure: events and times in, state out.

use crate::{
    event::{DatedGrant, UserEvent},
    password::Verifier,
};
use contract::Grant;

/// Failures in a row after which a user is locked out.
const LOCKED_AFTER_FAILURES: u32 = 5;
/// How long a lock-out lasts, counted from the last failure.
const LOCKED_FOR_MS: i64 = 15 * 60 * 1000;
/// A session ends this long after it was opened, used or not.
pub(crate) const SESSION_LASTS_MS: i64 = 12 * 60 * 60 * 1000;
/// More sessions than these end the oldest.
const MAX_SESSIONS: usize = 20;

/// A user as the log says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub full_name: String,
    pub disabled: bool,
    pub grants: Vec<DatedGrant>,
    pub sessions: Vec<Session>,
    pub verifier: Option<Verifier>,
    failures: u32,
    last_failure_ms: i64,
}

/// An open session: the hash of its token, and when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub token_sha256: String,
    pub opened_at_ms: i64,
}

impl User {
    /// What is true after an event that was recorded at a time.
    pub(crate) fn apply(&mut self, event: UserEvent, at_ms: i64) {
        match event {
            UserEvent::UserCreated { full_name } => self.full_name = full_name,
            UserEvent::PasswordSet { verifier } => {
                self.verifier = Some(verifier);
                self.sessions.clear();
                self.failures = 0;
            }
            UserEvent::RoleGranted(granted) => {
                self.grants.retain(|one| one.grant != granted.grant);
                self.grants.push(granted);
            }
            UserEvent::RoleWithdrawn(grant) => self.grants.retain(|one| one.grant != grant),
            UserEvent::UserDisabled => {
                self.disabled = true;
                self.sessions.clear();
            }
            UserEvent::UserEnabled => {
                self.disabled = false;
                self.failures = 0;
            }
            UserEvent::LogInSucceeded => self.failures = 0,
            UserEvent::LogInFailed => {
                self.failures = self.failures.saturating_add(1);
                self.last_failure_ms = at_ms;
            }
            UserEvent::SessionOpened { token_sha256 } => {
                self.sessions.retain(|one| one.is_open(at_ms));
                let surplus = (self.sessions.len() + 1).saturating_sub(MAX_SESSIONS);
                self.sessions.drain(..surplus);
                self.sessions.push(Session { token_sha256, opened_at_ms: at_ms });
            }
            UserEvent::SessionClosed { token_sha256 } => {
                self.sessions.retain(|one| one.token_sha256 != token_sha256);
            }
        }
    }

    /// Whether the user was locked out by failures and the time has not passed.
    pub(crate) fn is_locked_out(&self, now_ms: i64) -> bool {
        self.failures >= LOCKED_AFTER_FAILURES
            && now_ms.saturating_sub(self.last_failure_ms) < LOCKED_FOR_MS
    }

    /// The roles in force at a time.
    pub(crate) fn grants_in_force(&self, now_ms: i64) -> Vec<Grant> {
        let in_force = self.grants.iter().filter(|one| one.is_in_force(now_ms));
        in_force.map(|one| one.grant.clone()).collect()
    }
}

impl Session {
    pub(crate) fn is_open(&self, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.opened_at_ms) < SESSION_LASTS_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Role;

    fn after(events: &[UserEvent], at_ms: i64) -> User {
        let mut user = User::default();
        for event in events {
            user.apply(event.clone(), at_ms);
        }
        user
    }

    fn granted(from_ms: i64, until_ms: Option<i64>) -> UserEvent {
        let grant = Grant { role: Role::Monitor, study: Some("S".into()), site: None };
        UserEvent::RoleGranted(DatedGrant { grant, from_ms, until_ms })
    }

    #[test]
    fn five_failures_in_a_row_lock_out_for_a_quarter_of_an_hour() {
        let mut user = after(&vec![UserEvent::LogInFailed; 4], 1_000);
        assert!(!user.is_locked_out(1_000));
        user.apply(UserEvent::LogInFailed, 1_000);
        assert!(user.is_locked_out(1_000 + LOCKED_FOR_MS - 1));
        assert!(!user.is_locked_out(1_000 + LOCKED_FOR_MS));
    }

    #[test]
    fn a_failure_after_a_lock_out_locks_out_again_until_a_success() {
        let mut user = after(&vec![UserEvent::LogInFailed; 5], 0);
        user.apply(UserEvent::LogInFailed, LOCKED_FOR_MS + 1);
        assert!(user.is_locked_out(LOCKED_FOR_MS + 2));
        user.apply(UserEvent::LogInSucceeded, 2 * LOCKED_FOR_MS + 2);
        user.apply(UserEvent::LogInFailed, 2 * LOCKED_FOR_MS + 3);
        assert!(!user.is_locked_out(2 * LOCKED_FOR_MS + 3));
    }

    #[test]
    fn a_grant_is_in_force_from_its_first_to_before_its_last_millisecond() {
        let user = after(&[granted(10, Some(20))], 0);
        let in_force = [9, 10, 19, 20].map(|now_ms| user.grants_in_force(now_ms).len());
        assert_eq!(in_force, [0, 1, 1, 0]);
    }

    #[test]
    fn granting_the_same_role_again_changes_its_dates() {
        let user = after(&[granted(10, Some(20)), granted(30, None)], 0);
        assert_eq!(user.grants.len(), 1);
        assert_eq!(user.grants_in_force(15), Vec::new());
    }

    #[test]
    fn more_sessions_than_allowed_end_the_oldest() {
        let mut user = User::default();
        for number in 0..25 {
            user.apply(UserEvent::SessionOpened { token_sha256: number.to_string() }, number);
        }
        assert_eq!(user.sessions.len(), MAX_SESSIONS);
        assert_eq!(user.sessions[0].token_sha256, "5");
    }

    #[test]
    fn disabling_a_user_ends_all_sessions() {
        let opened = UserEvent::SessionOpened { token_sha256: "a".into() };
        assert_eq!(after(&[opened, UserEvent::UserDisabled], 0).sessions, Vec::new());
    }
}
