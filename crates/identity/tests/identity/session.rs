use crate::world::{MINUTE_MS, PASSWORD, World, for_ever, log_in, monitor, show, system, user};
use contract::Authentication;
use identity::{Identity, OpenSession, Password};

async fn opened(world: &World, identity: &Identity) -> OpenSession {
    identity.add_user(&system(), user("one", vec![for_ever(monitor())])).await.unwrap();
    let session = identity.open_session("one", Password::new(PASSWORD)).await.unwrap();
    assert_eq!(session.ends_at_ms, world.now_ms() + 12 * 60 * MINUTE_MS);
    session
}

#[tokio::test]
async fn a_token_makes_the_caller_whose_session_it_is() {
    let world = World::new();
    let identity = world.identity();
    let session = opened(&world, &identity).await;
    let caller = show(&identity, session.token.secret()).await.unwrap();
    assert_eq!((caller.user.as_str(), caller.authentication), ("one", Authentication::Token));
    assert_eq!(caller.grants, [monitor()]);
}

#[tokio::test]
async fn a_session_that_nobody_uses_for_half_an_hour_is_over() {
    let world = World::new();
    let identity = world.identity();
    let session = opened(&world, &identity).await;
    world.wait_ms(30 * MINUTE_MS - 1);
    assert!(show(&identity, session.token.secret()).await.is_ok());
    world.wait_ms(30 * MINUTE_MS - 1);
    assert!(show(&identity, session.token.secret()).await.is_ok(), "use keeps it open");
    world.wait_ms(30 * MINUTE_MS);
    assert!(show(&identity, session.token.secret()).await.is_err());
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_however_much_it_is_used() {
    let world = World::new();
    let identity = world.identity();
    let session = opened(&world, &identity).await;
    for _ in 0..71 {
        world.wait_ms(10 * MINUTE_MS);
        assert!(show(&identity, session.token.secret()).await.is_ok());
    }
    world.wait_ms(10 * MINUTE_MS);
    assert!(show(&identity, session.token.secret()).await.is_err());
}

#[tokio::test]
async fn a_session_survives_a_restart() {
    let world = World::new();
    let session = opened(&world, &world.identity()).await;
    world.wait_ms(MINUTE_MS);
    assert!(show(&world.identity(), session.token.secret()).await.is_ok());
}

#[tokio::test]
async fn closing_a_session_ends_it_once() {
    let world = World::new();
    let identity = world.identity();
    let session = opened(&world, &identity).await;
    for _ in 0..2 {
        identity.close_session(session.token.secret()).await.unwrap();
    }
    assert!(show(&identity, session.token.secret()).await.is_err());
    let closed = world.kinds("one").await.iter().filter(|kind| *kind == "SessionClosed").count();
    assert_eq!(closed, 1);
}

#[tokio::test]
async fn another_password_or_a_disabled_user_ends_all_sessions() {
    let world = World::new();
    let identity = world.identity();
    let session = opened(&world, &identity).await;
    let (old, new) = (Password::new(PASSWORD), Password::new("another long password"));
    identity.change_password("one", old, new.clone()).await.unwrap();
    assert!(show(&identity, session.token.secret()).await.is_err());

    let session = identity.open_session("one", new).await.unwrap();
    identity.disable_user(&system(), "one").await.unwrap();
    assert!(show(&identity, session.token.secret()).await.is_err());
}

#[tokio::test]
async fn what_another_process_has_written_counts_after_a_second_at_most() {
    let world = World::new();
    let (identity, other) = (world.identity(), world.identity());
    let session = opened(&world, &identity).await;
    let token = session.token.secret();
    assert!(show(&identity, token).await.is_ok());
    other.close_session(token).await.unwrap();
    assert!(show(&other, token).await.is_err());
    assert!(show(&identity, token).await.is_ok(), "he was looked up a moment ago");
    world.wait_ms(1_000);
    assert!(show(&identity, token).await.is_err());
}

#[tokio::test]
async fn a_token_that_was_never_issued_is_refused_like_a_wrong_password() {
    let world = World::new();
    let identity = world.identity();
    let wrong = log_in(&identity, "nobody", PASSWORD).await.unwrap_err();
    for token in ["", "cbs_", &format!("cbs_{}", "0".repeat(64))] {
        assert_eq!(show(&identity, token).await.unwrap_err(), wrong);
    }
}
