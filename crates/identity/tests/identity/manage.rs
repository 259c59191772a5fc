use crate::world::{PASSWORD, World, context_of, for_ever, log_in, monitor, system, user};
use contract::{Grant, Role};
use identity::{DatedGrant, Password, UserSummary};

fn administrator() -> Grant {
    Grant { role: Role::Administrator, study: None, site: None }
}

#[tokio::test]
async fn a_user_is_added_once() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    let again = identity.add_user(&system(), user("one", vec![])).await.unwrap_err();
    assert_eq!(again.reason(), "USER_EXISTS");
    assert_eq!(world.kinds("one").await, ["UserCreated", "PasswordSet"]);
}

#[tokio::test]
async fn names_and_passwords_that_are_not_accepted_name_their_field() {
    let world = World::new();
    let identity = world.identity();
    let weak = identity::AddUser { password: Password::new("short"), ..user("one", vec![]) };
    let named = identity::AddUser { full_name: " ".into(), ..user("one", vec![]) };
    let requests = [(user("Not A Name", vec![]), "name"), (weak, "password"), (named, "full_name")];
    for (request, field) in requests {
        let refused = identity.add_user(&system(), request).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, field);
    }
    assert_eq!(world.kinds("one").await, Vec::<String>::new());
}

#[tokio::test]
async fn only_who_may_manage_users_does() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("mon", vec![for_ever(monitor())])).await.unwrap();
    let mon = context_of(log_in(&identity, "mon", PASSWORD).await.unwrap());

    let password = Password::new("another long password");
    let refusals = [
        identity.add_user(&mon, user("two", vec![])).await.unwrap_err(),
        identity.reset_password(&mon, "mon", password).await.unwrap_err(),
        identity.grant_role(&mon, "mon", for_ever(administrator())).await.unwrap_err(),
        identity.withdraw_role(&mon, "mon", &monitor()).await.unwrap_err(),
        identity.disable_user(&mon, "mon").await.unwrap_err(),
        identity.list_users(&mon, None, 10).await.unwrap_err(),
    ];

    assert_eq!(refusals.map(|error| error.reason().to_owned()), ["NOT_PERMITTED"; 6]);
}

#[tokio::test]
async fn nobody_grants_himself_a_role() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("adm", vec![for_ever(administrator())])).await.unwrap();
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    let adm = context_of(log_in(&identity, "adm", PASSWORD).await.unwrap());

    let own = identity.grant_role(&adm, "adm", for_ever(monitor())).await.unwrap_err();
    identity.grant_role(&adm, "one", for_ever(monitor())).await.unwrap();

    assert_eq!(own.reason(), "GRANT_TO_ONESELF");
    assert_eq!(log_in(&identity, "one", PASSWORD).await.unwrap().grants, [monitor()]);
}

#[tokio::test]
async fn who_manages_one_study_grants_no_role_beyond_it() {
    let world = World::new();
    let identity = world.identity();
    let manager = Grant { role: Role::InstitutionManager, study: Some("S".into()), site: None };
    identity.add_user(&system(), user("im", vec![for_ever(manager)])).await.unwrap();
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    let im = context_of(log_in(&identity, "im", PASSWORD).await.unwrap());

    let elsewhere = Grant { study: Some("T".into()), ..monitor() };
    identity.grant_role(&im, "one", for_ever(monitor())).await.unwrap();
    for grant in [elsewhere, administrator()] {
        let refused = identity.grant_role(&im, "one", for_ever(grant)).await.unwrap_err();
        assert_eq!(refused.reason(), "NOT_PERMITTED");
    }
}

#[tokio::test]
async fn a_withdrawn_role_is_gone_at_once() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("one", vec![for_ever(monitor())])).await.unwrap();
    log_in(&identity, "one", PASSWORD).await.unwrap();
    for _ in 0..2 {
        identity.withdraw_role(&system(), "one", &monitor()).await.unwrap();
    }
    assert_eq!(log_in(&identity, "one", PASSWORD).await.unwrap().grants, []);
    let last = world.kinds("one").await.pop();
    assert_eq!(last.as_deref(), Some("RoleWithdrawn"), "the second time nothing is written");
}

#[tokio::test]
async fn an_enabled_user_may_log_in_again() {
    let world = World::new();
    let identity = world.identity();
    identity.add_user(&system(), user("one", vec![])).await.unwrap();
    identity.disable_user(&system(), "one").await.unwrap();
    identity.enable_user(&system(), "one").await.unwrap();
    assert!(log_in(&identity, "one", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn what_is_asked_of_a_user_who_is_not_there_is_refused() {
    let world = World::new();
    let identity = world.identity();
    let password = Password::new("another long password");
    let refusals = [
        identity.reset_password(&system(), "nobody", password).await.unwrap_err(),
        identity.grant_role(&system(), "nobody", for_ever(monitor())).await.unwrap_err(),
        identity.enable_user(&system(), "nobody").await.unwrap_err(),
    ];
    assert_eq!(refusals.map(|error| error.reason().to_owned()), ["USER_UNKNOWN"; 3]);
}

#[tokio::test]
async fn users_are_listed_in_pages_and_the_rows_follow_from_the_logs() {
    let world = World::new();
    let identity = world.identity();
    for name in ["b", "c", "a"] {
        let ended = DatedGrant { until_ms: Some(1), ..for_ever(monitor()) };
        identity.add_user(&system(), user(name, vec![ended])).await.unwrap();
    }
    identity.disable_user(&system(), "b").await.unwrap();

    let first = identity.list_users(&system(), None, 2).await.unwrap();
    let second = identity.list_users(&system(), first.next.as_deref(), 2).await.unwrap();
    let shown = |users: &[UserSummary]| {
        users.iter().map(|user| (user.name.clone(), user.disabled)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&first.users), [("a".into(), false), ("b".into(), true)]);
    assert_eq!(shown(&second.users), [("c".into(), false)]);
    assert_eq!(second.next, None);

    assert_eq!(world.identity().rebuild_views().await.unwrap(), 3);
    assert_eq!(identity.list_users(&system(), None, 2).await.unwrap(), first);
}
