//! Logging in, sessions, and what the answers do not tell.

use crate::world::{PASSWORD, World, here, on_every_store, reason, with};
use contract::{Role, identity::v1 as p};
use identity::{Hashing, Settings};

#[test]
fn the_answer_does_not_tell_whether_a_name_exists() {
    on_every_store(async |world| {
        world.add("one", &[]).await;
        world.add("off", &[]).await;
        let admin = world.session("admin").await;
        let (username, reason) = ("off".to_owned(), "left".to_owned());
        let request = p::DisableUserRequest { username, reason };
        world.service.disable_user(&admin, request).await.unwrap();
        let before = world.identity.hashes_computed();
        let wrong = world.log_in("one", "not this password", None).await.unwrap_err();
        let per_attempt = world.identity.hashes_computed() - before;
        assert_eq!(per_attempt, 1);
        for (name, password) in
            [("nobody", PASSWORD), ("off", PASSWORD), ("No Name!", PASSWORD), ("", "")]
        {
            let before = world.identity.hashes_computed();
            let refused = world.log_in(name, password, None).await.unwrap_err();
            assert_eq!(refused, wrong, "{name}");
            assert_eq!(world.identity.hashes_computed() - before, per_attempt, "{name}");
        }
    });
}

#[test]
fn who_guesses_is_slowed_down_alike_whether_the_name_exists_or_not() {
    on_every_store(async |world| {
        world.add("one", &[]).await;
        let mut answers = Vec::new();
        for name in ["one", "nobody"] {
            for _ in 0..3 {
                let refused = world.log_in(name, "not this password", None).await;
                assert_eq!(reason(refused), "UNAUTHENTICATED");
            }
            answers.push(world.log_in(name, PASSWORD, None).await.unwrap_err());
        }
        assert_eq!(answers[0].reason(), "LOG_IN_SLOWED");
        assert_eq!(answers[0].metadata()["retry_after_seconds"], "1");
        assert_eq!(answers[0], answers[1]);
        world.wait(1);
        world.log_in("one", PASSWORD, None).await.unwrap();
    });
}

#[test]
fn five_failures_lock_out_and_the_journal_says_so_once() {
    on_every_store(async |world| {
        world.add("one", &[]).await;
        for _ in 0..5 {
            world.wait(10);
            let refused = world.log_in("one", "not this password", None).await;
            assert_eq!(reason(refused), "UNAUTHENTICATED");
        }
        for _ in 0..50 {
            world.wait(10);
            assert!(world.log_in("one", PASSWORD, None).await.is_err());
        }
        let kinds = world.kinds("user", "one").await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "LogInFailed").count(), 5);
        assert_eq!(kinds.last().unwrap(), "LockedOut");
        let access = world.kinds("access", "2026-03-02").await;
        assert_eq!(access, ["LogInRefused"], "what is refused again and again is counted");
        world.wait(15 * 60);
        world.log_in("one", PASSWORD, None).await.unwrap();
    });
}

async fn ids(world: &World, token: &str) -> Vec<p::Session> {
    let context = world.bearer(token).await.unwrap();
    let request = p::ListSessionsRequest { username: None };
    world.service.list_sessions(&context, request).await.unwrap().sessions
}

#[test]
fn sessions_are_listed_and_ended_one_by_one_or_all_at_once() {
    on_every_store(async |world| {
        world.add("one", &[here(Role::Monitor)]).await;
        let mut tokens = Vec::new();
        for _ in 0..3 {
            tokens.push(world.log_in("one", PASSWORD, None).await.unwrap().token);
            world.wait(1);
        }
        let listed = ids(&world, &tokens[0]).await;
        assert_eq!(listed.len(), 3);
        assert_eq!(listed.iter().position(|session| session.is_current), Some(2));
        assert_eq!(listed[0].method, "password");

        let context = world.bearer(&tokens[0]).await.unwrap();
        let session_id = listed[0].session_id.clone();
        let request = p::RevokeSessionRequest { session_id, username: None };
        world.service.revoke_session(&context, request.clone()).await.unwrap();
        assert_eq!(reason(world.bearer(&tokens[2]).await), "UNAUTHENTICATED");
        let again = world.service.revoke_session(&context, request).await;
        assert_eq!(reason(again), "SESSION_UNKNOWN");

        let request = p::RevokeAllSessionsRequest { username: None, keep_current: true };
        let ended = world.service.revoke_all_sessions(&context, request).await.unwrap().ended;
        assert_eq!((ended, ids(&world, &tokens[0]).await.len()), (1, 1));
        world.service.log_out(&context, p::LogOutRequest {}).await.unwrap();
        assert_eq!(reason(world.bearer(&tokens[0]).await), "UNAUTHENTICATED");
    });
}

#[test]
fn nobody_sees_or_ends_the_sessions_of_others_but_who_manages_users() {
    on_every_store(async |world| {
        world.add("one", &[]).await;
        let token = world.log_in("one", PASSWORD, None).await.unwrap().token;
        let two = world.somebody("two", &[here(Role::Monitor)]).await;
        let username = Some("one".to_owned());
        let list = p::ListSessionsRequest { username: username.clone() };
        let end = p::RevokeAllSessionsRequest { username, keep_current: false };
        let refused = world.service.list_sessions(&two, list).await;
        assert_eq!(reason(refused), "NOT_PERMITTED");
        let refused = world.service.revoke_all_sessions(&two, end.clone()).await;
        assert_eq!(reason(refused), "NOT_PERMITTED");
        let admin = world.session("admin").await;
        assert_eq!(world.service.revoke_all_sessions(&admin, end).await.unwrap().ended, 1);
        assert_eq!(reason(world.bearer(&token).await), "UNAUTHENTICATED");
    });
}

#[test]
fn the_limits_of_sessions_are_those_of_the_settings() {
    let short =
        || Settings { session_idle_ms: 60_000, session_lasts_ms: 150_000, ..Settings::default() };
    with(short, async |world| {
        world.add("one", &[]).await;
        let idle = world.log_in("one", PASSWORD, None).await.unwrap().token;
        let used = world.log_in("one", PASSWORD, None).await.unwrap().token;
        for _ in 0..2 {
            world.wait(59);
            world.bearer(&used).await.unwrap();
        }
        assert_eq!(reason(world.bearer(&idle).await), "UNAUTHENTICATED");
        world.wait(32);
        assert_eq!(reason(world.bearer(&used).await), "UNAUTHENTICATED");
    });
}

#[test]
fn a_session_in_use_outlives_a_restart() {
    on_every_store(async |world| {
        world.add("one", &[]).await;
        let token = world.log_in("one", PASSWORD, None).await.unwrap().token;
        for _ in 0..3 {
            world.wait(20 * 60);
            world.bearer(&token).await.unwrap();
        }
        let (random, quick) = (
            std::sync::Arc::new(|bytes: &mut [u8]| getrandom::fill(bytes).unwrap()),
            Hashing { memory_kib: 8, passes: 1, lanes: 1 },
        );
        let store = std::sync::Arc::clone(&world.store);
        let fresh = identity::Identity::new(store, world.clock.as_fn(), random, quick);
        world.wait(20 * 60);
        let shown = contract::Credentials::Token(token);
        assert!(contract::Authenticator::authenticate(&fresh, shown).await.is_ok());
        let used = world.kinds("user", "one").await;
        assert_eq!(used.iter().filter(|kind| *kind == "SessionUsed").count(), 4);
    });
}
