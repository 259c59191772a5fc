use crate::world::{MINUTE_MS, PASSWORD, World, for_ever, log_in, monitor, system, user};
use contract::Authentication;
use identity::{DatedGrant, Password};

const WRONG: &str = "a wrong pass phrase";

#[tokio::test]
async fn the_right_password_makes_a_caller_with_the_roles_in_force() {
    let world = World::new();
    let identity = world.identity();
    let over = DatedGrant { until_ms: Some(world.now_ms()), ..for_ever(monitor()) };
    identity.add_user(&system(), user("one", vec![for_ever(monitor())])).await.unwrap();
    identity.add_user(&system(), user("two", vec![over])).await.unwrap();

    let one = log_in(&identity, "one", PASSWORD).await.unwrap();
    let two = log_in(&identity, "two", PASSWORD).await.unwrap();

    assert_eq!((one.user.as_str(), one.authentication), ("one", Authentication::Password));
    assert_eq!(one.grants, [monitor()]);
    assert_eq!(two.grants, []);
}

#[tokio::test]
async fn whoever_is_refused_does_not_learn_why() {
    let world = World::new();
    let identity = world.identity();
    for name in ["known", "disabled"] {
        identity.add_user(&system(), user(name, vec![])).await.unwrap();
    }
    identity.disable_user(&system(), "disabled").await.unwrap();

    let wrong = log_in(&identity, "known", WRONG).await.unwrap_err();
    let unknown = log_in(&identity, "nobody", PASSWORD).await.unwrap_err();
    let disabled = log_in(&identity, "disabled", PASSWORD).await.unwrap_err();
    let no_name = log_in(&identity, "\0 '; --", PASSWORD).await.unwrap_err();

    assert_eq!(wrong.reason(), "UNAUTHENTICATED");
    assert_eq!([&unknown, &disabled, &no_name], [&wrong; 3]);
}

#[tokio::test]
async fn five_wrong_passwords_lock_out_even_the_right_one_for_a_quarter_of_an_hour() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    for _ in 0..8 {
        world.wait_ms(10_000);
        assert!(log_in(&identity, "one", WRONG).await.is_err());
    }

    assert!(log_in(&identity, "one", PASSWORD).await.is_err());
    assert!(log_in(&world.identity(), "one", PASSWORD).await.is_err(), "after a restart too");
    let failures = world.kinds("one").await.iter().filter(|kind| *kind == "LogInFailed").count();
    assert_eq!(failures, 5, "nothing more is recorded while locked out");

    world.wait_ms(15 * MINUTE_MS);
    assert!(log_in(&identity, "one", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn log_ins_are_recorded_and_a_password_shown_again_within_minutes_is_not() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    log_in(&identity, "one", WRONG).await.unwrap_err();
    log_in(&identity, "one", PASSWORD).await.unwrap();
    log_in(&identity, "one", PASSWORD).await.unwrap();
    let expected = ["UserCreated", "PasswordSet", "LogInFailed", "LogInSucceeded"];
    assert_eq!(world.kinds("one").await, expected);

    world.wait_ms(5 * MINUTE_MS);
    log_in(&identity, "one", PASSWORD).await.unwrap();
    assert_eq!(world.kinds("one").await.len(), 5);
}

#[tokio::test]
async fn a_wrong_password_is_refused_while_the_right_one_is_remembered() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    log_in(&identity, "one", PASSWORD).await.unwrap();
    assert!(log_in(&identity, "one", WRONG).await.is_err());
    assert!(log_in(&identity, "one", "").await.is_err());
}

#[tokio::test]
async fn a_remembered_password_is_forgotten_when_it_is_reset_or_the_user_disabled_elsewhere() {
    let world = World::new();
    let (here, elsewhere) = (world.identity(), world.identity());
    for name in ["reset", "disabled"] {
        here.add_user(&system(), user(name, vec![])).await.unwrap();
        log_in(&here, name, PASSWORD).await.unwrap();
    }
    let other = Password::new("another long password");
    elsewhere.reset_password(&system(), "reset", other).await.unwrap();
    elsewhere.disable_user(&system(), "disabled").await.unwrap();

    assert!(log_in(&here, "reset", PASSWORD).await.is_err());
    assert!(log_in(&here, "reset", "another long password").await.is_ok());
    assert!(log_in(&here, "disabled", PASSWORD).await.is_err());
}

#[tokio::test]
async fn many_log_ins_at_once_are_all_answered() {
    let world = World::new();
    let identity = std::sync::Arc::new(world.identity());
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let identity = std::sync::Arc::clone(&identity);
            tokio::spawn(async move { log_in(&identity, "one", PASSWORD).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().user, "one");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_neither_disorders_the_log_nor_ends_a_lock_out() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    log_in(&identity, "one", PASSWORD).await.unwrap();
    world.wait_ms(-60 * MINUTE_MS);
    for _ in 0..5 {
        log_in(&identity, "one", WRONG).await.unwrap_err();
        world.wait_ms(-MINUTE_MS);
    }

    assert!(log_in(&identity, "one", PASSWORD).await.is_err());
    let times = world.times("one").await;
    assert!(times.is_sorted(), "{times:?}");
    world.wait_ms((65 + 15) * MINUTE_MS);
    assert!(log_in(&world.identity(), "one", PASSWORD).await.is_ok());
}
