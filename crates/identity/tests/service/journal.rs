//! What the journal keeps about access, and that the rows follow from it.

use crate::world::{PASSWORD, World, here, on_every_store, reason, system};
use contract::{AccessJournal as _, Authenticator as _, Credentials};
use contract::{Act, Authentication, Role, Scope, identity::v1 as p};
use store::{Batch, Effect, Head, LogName, View};

/// A world in which something of every kind has happened.
async fn lived_in(world: &World) {
    let one = world.somebody("one", &[here(Role::Investigator)]).await;
    world.add("crc", &[]).await;
    let key = p::CreateApiKeyRequest { label: "nightly".to_owned(), ..Default::default() };
    world.service.create_api_key(&one, key).await.unwrap();
    let delegate = p::DelegateRoleRequest {
        study_oid: "S1".to_owned(),
        site_oid: "101".to_owned(),
        username: "crc".to_owned(),
        role: p::Role::Coordinator.into(),
        tasks: vec!["data entry".to_owned()],
        ..Default::default()
    };
    world.service.delegate_role(&one, delegate).await.unwrap();
    assert!(world.log_in("crc", "not this password", None).await.is_err());
}

#[test]
fn the_rows_of_users_are_what_their_logs_say() {
    on_every_store(async |world| {
        lived_in(&world).await;
        let report = world.identity.verify_views().await.unwrap();
        assert_eq!((report.logs, report.faults), (3, Vec::<String>::new()));
        assert!(report.rows >= 6, "{}", report.rows);
    });
}

#[test]
fn rows_that_were_tampered_with_are_found_and_rebuilt() {
    on_every_store(async |world| {
        lived_in(&world).await;
        // Somebody with the database: another name, a session of his own, a user hidden.
        let effects = vec![
            Effect::Drop { view: View(40), key: "crc".to_owned() },
            Effect::Put { view: View(40), key: "one".to_owned(), bytes: b"{}".to_vec() },
            Effect::Put {
                view: View(41),
                key: "0".repeat(64),
                bytes: b"{\"user\":\"one\"}".to_vec(),
            },
        ];
        let draft = store::Draft { kind: "Other".to_owned(), ..Default::default() };
        let log = LogName::new("", "other", "x");
        world.store.append(Batch::seal(log, Head::default(), &[draft], effects)).await.unwrap();

        let report = world.identity.verify_views().await.unwrap();
        assert_eq!(report.faults_total, 3, "{:?}", report.faults);
        assert!(
            report.faults.iter().any(|fault| fault.contains("crc") && fault.contains("missing"))
        );
        assert_eq!(world.identity.rebuild_views().await.unwrap(), 3);
        assert_eq!(world.identity.verify_views().await.unwrap().faults_total, 0);
    });
}

#[test]
fn what_is_refused_is_noted_once_with_who_what_and_where() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[here(Role::Monitor)]).await;
        let error = one.caller.permit(Act::LockData, Scope::at_site("S1", "101")).unwrap_err();
        for _ in 0..1_000 {
            world.identity.refused("one", &error).await;
        }
        let kinds = world.kinds("access", "2026-03-02").await;
        assert_eq!(kinds, ["PermissionRefused"]);
        world.identity.flush_access().await.unwrap();
        let log = LogName::new("", "access", "2026-03-02");
        let entries = world.store.read(&log, 1, 10).await.unwrap();
        let read = |index: usize| {
            let payload = entries[index].view().unwrap().payload;
            serde_json::from_slice::<serde_json::Value>(payload).unwrap()
        };
        assert_eq!(
            (read(0)["act"].as_str(), read(0)["count"].as_u64()),
            (Some("lock_data"), Some(1))
        );
        assert_eq!((read(1)["site"].as_str(), read(1)["count"].as_u64()), (Some("101"), Some(999)));
        assert_eq!(entries[0].view().unwrap().actor, "one");
    });
}

#[test]
fn a_read_that_services_report_is_noted_and_only_they_report() {
    on_every_store(async |world| {
        let request = p::RecordAccessRequest {
            username: "one".to_owned(),
            decision: p::AccessDecision::SensitiveRead.into(),
            act: "read_unblinded".to_owned(),
            study_oid: Some("S1".to_owned()),
            site_oid: None,
            what: Some("subject 101-001".to_owned()),
        };
        world.service.record_access(&system(), request.clone()).await.unwrap();
        assert_eq!(world.kinds("access", "2026-03-02").await, ["SensitiveRead"]);
        let one = world.somebody("one", &[here(Role::Pharmacist)]).await;
        assert_eq!(reason(world.service.record_access(&one, request).await), "NOT_PERMITTED");
    });
}

#[test]
fn names_that_are_nobodys_are_not_kept() {
    on_every_store(async |world| {
        for number in 0..20 {
            let name = format!("my-secret-password-{number}");
            assert!(world.log_in(&name, PASSWORD, None).await.is_err());
        }
        assert!(!world.everything().await.contains("my-secret"), "they may be passwords");
        assert_eq!(world.kinds("access", "2026-03-02").await, ["LogInRefused"]);
    });
}

#[test]
fn doors_of_other_services_learn_who_shows_a_token() {
    on_every_store(async |world| {
        world.add("one", &[here(Role::Monitor)]).await;
        let token = world.log_in("one", PASSWORD, None).await.unwrap().token;
        let request = p::AuthenticateTokenRequest { token: Some(token), ..Default::default() };
        let answer = world.service.authenticate_token(&system(), request.clone()).await.unwrap();
        assert_eq!((answer.username.as_str(), answer.authentication.as_str()), ("one", "token"));
        assert_eq!(answer.grants.len(), 1);
        let one = world.session("one").await;
        assert_eq!(reason(world.service.authenticate_token(&one, request).await), "NOT_PERMITTED");
    });
}

#[test]
fn messages_with_secrets_are_not_printed() {
    let secret = || "hush hush hush".to_owned();
    let printed = format!(
        "{:?} {:?} {:?} {:?}",
        p::LogInRequest { username: "one".to_owned(), password: secret(), code: Some(secret()) },
        p::IssueTokenRequest { client_secret: secret(), ..Default::default() },
        p::CreateApiKeyResponse { key: secret(), ..Default::default() },
        p::ConfirmTotpResponse { recovery_codes: vec![secret()] },
    );
    assert!(!printed.contains("hush") && printed.contains("LogInRequest"), "{printed}");
}

#[test]
fn a_caller_by_password_is_told_from_one_by_token() {
    on_every_store(async |world| {
        world.add("one", &[]).await;
        let (user, password) = ("one".to_owned(), PASSWORD.to_owned());
        let basic = Credentials::Password { user, password };
        let caller = world.identity.authenticate(basic).await.unwrap();
        assert_eq!((caller.authentication, caller.session), (Authentication::Password, None));
    });
}
