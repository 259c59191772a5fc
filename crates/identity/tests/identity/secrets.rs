use crate::world::{PASSWORD, World, show, system, user};
use contract::Credentials;
use identity::Password;
use store::LogName;

#[tokio::test]
async fn no_password_and_no_token_is_ever_printed() {
    let world = World::new();
    let identity = world.identity();
    let request = user("one", vec![]);
    let first = format!("{request:?} {:#?}", Password::new(PASSWORD));
    identity.add_user(&system(), request).await.unwrap();
    let session = identity.open_session("one", Password::new(PASSWORD)).await.unwrap();
    let token = session.token.secret().to_owned();
    let password = Credentials::Password { user: "one".into(), password: PASSWORD.into() };
    let shown = Credentials::Token(token.clone());
    let wrong = identity.open_session("one", Password::new("a wrong pass phrase")).await;
    let printed = format!("{first} {session:?} {identity:?} {password:?} {shown:?} {wrong:?}");

    for secret in [PASSWORD, "a wrong pass phrase", &token, token.trim_start_matches("cbs_")] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("one"), "the names are printed: {printed}");
}

#[tokio::test]
async fn no_password_and_no_token_is_stored() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    let session = identity.open_session("one", Password::new(PASSWORD)).await.unwrap();
    let token = session.token.secret();
    show(&identity, token).await.unwrap();

    let log = LogName::new("", "user", "one");
    let entries = world.store.read(&log, 1, 100).await.unwrap();
    assert_eq!(entries.len(), 4);
    for entry in entries {
        let text = String::from_utf8_lossy(&entry.bytes).into_owned();
        assert!(!text.contains(PASSWORD) && !text.contains(token), "{text}");
    }
}
