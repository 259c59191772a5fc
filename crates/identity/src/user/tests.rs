//! What follows from the log of a user.

use super::*;
use contract::Role;

fn after(events: &[UserEvent], at_ms: i64) -> User {
    let mut user = User::default();
    for event in events {
        happen(&mut user, event.clone(), at_ms);
    }
    user
}

fn happen(user: &mut User, event: UserEvent, at_ms: i64) {
    user.apply(event, Stamp { at_ms, actor: "adm", reason: None });
}

fn granted(from_ms: i64, until_ms: Option<i64>) -> UserEvent {
    let grant = Grant { role: Role::Monitor, study: Some("S".into()), site: None };
    UserEvent::RoleGranted(DatedGrant { grant, from_ms, until_ms })
}

fn opened(token: &str, ends_at_ms: i64) -> UserEvent {
    UserEvent::SessionOpened {
        token_sha256: token.to_owned(),
        ends_at_ms: Some(ends_at_ms),
        method: "password".to_owned(),
        limit: Limit::default(),
    }
}

#[test]
fn five_failures_in_a_row_lock_out_for_a_quarter_of_an_hour() {
    let mut user = after(&vec![UserEvent::LogInFailed; 4], 1_000);
    assert!(!user.is_locked_out(1_000));
    happen(&mut user, UserEvent::LogInFailed, 1_000);
    assert!(user.is_locked_out(1_000 + LOCKED_FOR_MS - 1));
    assert!(!user.is_locked_out(1_000 + LOCKED_FOR_MS));
}

#[test]
fn a_failure_after_a_lock_out_locks_out_again_until_a_success() {
    let mut user = after(&vec![UserEvent::LogInFailed; 5], 0);
    happen(&mut user, UserEvent::LogInFailed, LOCKED_FOR_MS + 1);
    assert!(user.is_locked_out(LOCKED_FOR_MS + 2));
    happen(&mut user, UserEvent::LogInSucceeded, 2 * LOCKED_FOR_MS + 2);
    happen(&mut user, UserEvent::LogInFailed, 2 * LOCKED_FOR_MS + 3);
    assert!(!user.is_locked_out(2 * LOCKED_FOR_MS + 3));
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
        happen(&mut user, opened(&number.to_string(), 1_000), number);
    }
    assert_eq!(user.sessions.len(), MAX_SESSIONS);
    assert_eq!(user.sessions[0].token_sha256, "5");
}

#[test]
fn disabling_a_user_ends_all_sessions() {
    let events = [opened("a", 1_000), UserEvent::UserDisabled];
    assert_eq!(after(&events, 0).sessions, Vec::new());
}

#[test]
fn entries_of_before_are_still_understood() {
    let old = [
        r#"{"event":"user_created","full_name":"Wang Fang"}"#,
        r#"{"event":"session_opened","token_sha256":"ab"}"#,
    ];
    let events = old.map(|text| serde_json::from_str::<UserEvent>(text).expect("is understood"));
    let user = after(&events, 7);
    assert_eq!(user.sessions[0].ends_at_ms, 7 + SESSION_LASTED_MS);
    assert!(!user.is_service && user.email.is_none());
}
